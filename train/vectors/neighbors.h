// The words whose vectors point the same way: exact search by cosine.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad {

struct Neighbor {
  std::string word;
  double similarity;  ///< cosine, -1..1
};

struct NearRow {
  int64_t id;
  double similarity;
};

/// The k rows of `weight` (V, D) nearest to row `id`, most similar first, ties by id; all
/// others where k >= V - 1. Cosines are in double; a row of zeros has cosine 0 with every
/// other. Throws for k < 1, an id outside the table, a query that is all zeros, and a value
/// that is not finite.
std::vector<NearRow> nearest_rows(const Tensor& weight, int64_t id, int64_t k);
/// The same for each of many rows: the table is read once for hundreds of them, by matrix products.
std::vector<std::vector<NearRow>> nearest_rows(const Tensor& weight, const std::vector<int64_t>& ids,
                                               int64_t k);
/// The k rows nearest to a vector (D), floating; rows in `except` are left out. Throws as nearest_rows, and where
/// the vector is not D wide.
std::vector<NearRow> nearest(const Tensor& weight, const Tensor& vector, int64_t k,
                             const std::vector<int64_t>& except = {});
/// How a row is weighed as the answer: `add` takes its cosine with the mean of the unit vectors of `positive` and of
/// the opposites of those of `negative` (3CosAdd, Mikolov et al. 2013, "Linguistic Regularities"; gensim's
/// most_similar), `multiply` the product of (1 + cosine) / 2 with each of `positive` over that with each of `negative`,
/// plus 1e-6 (3CosMul, Levy and Goldberg 2014; gensim's most_similar_cosmul).
enum class AnalogyMethod { add, multiply };
/// What is to `positive` as they are to `negative`: the k rows that weigh most, all these left out. king - man + woman
/// is ({king, woman}, {man}). Throws as nearest_rows, and where nothing is given.
std::vector<NearRow> analogy(const Tensor& weight, const std::vector<int64_t>& positive,
                             const std::vector<int64_t>& negative, int64_t k,
                             AnalogyMethod method = AnalogyMethod::add);
/// The one of `ids` whose direction is farthest from the mean of all of theirs, the first among equals: gensim's
/// doesnt_match. Throws as nearest_rows, and for fewer than three ids.
int64_t odd_one_out(const Tensor& weight, const std::vector<int64_t>& ids);
/// Cosine of rows a and b; 0 where one is all zeros. Throws as nearest_rows.
double cosine(const Tensor& weight, int64_t a, int64_t b);

/// The same by word: row i of `weight` is the vector of token i. Throws also where sizes differ
/// or the word is not in the vocabulary (naming the nearest spellings).
std::vector<Neighbor> neighbors(const Tensor& weight, const data::Vocabulary& vocabulary,
                                std::string_view word, int64_t k = 10);
double cosine(const Tensor& weight, const data::Vocabulary& vocabulary, std::string_view a,
              std::string_view b);

}  // namespace lexigrad
