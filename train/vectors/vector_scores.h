// Do the vectors of words of one class stand together? Scores of any table of vectors against known classes.
// `rows` is n x dim, row after row; class_of[i] >= 0 is the class of row i, -1 a row that has none.
// Similarity is the cosine in double (0 with a row of zeros); a row with a NaN or infinity throws. The cost
// is n^2 dim / 2 at most.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lexigrad::data {
struct PlantedTruth;
}

namespace lexigrad::train {

/// The share of its own class among the k rows nearest to each row of a class of two or more; fewer than k
/// count where its class has fewer others. Rows without a class are candidates too. Ties count by
/// expectation. Random rows give about 1 / classes.
double class_precision_at_k(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of,
                            int64_t k);

/// The probability that a pair of one class is more similar than a pair of two classes, a tie counting half
/// (exact area under the ROC curve, from ranks). Rows without a class take no part. Random rows give about
/// 0.5. Holds 8 bytes for each pair.
double same_class_auc(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of);

/// For the rows with control_of[i] >= 0 (a nominal class; class_of[i] must be -1): the share of the k nearest
/// rows that have a class whose class is the nominal one. Chance is the nominal class's share of those rows.
double control_share_at_k(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of,
                          const std::vector<int64_t>& control_of, int64_t k);

struct PlantedScores {
  double precision = 0;      ///< class_precision_at_k, controls among the candidates
  double auc = 0;            ///< same_class_auc
  double control_share = 0;  ///< control_share_at_k; 0 where there are no controls
  double chance = 0;         ///< 1 / classes: what control_share should be near
};

/// Scores the planted words of a table. `row_of(word)` is the word's row in `table` (dim floats), nullptr
/// where it has none: that throws, naming the word.
PlantedScores planted_scores(const data::PlantedTruth& truth, int64_t dim,
                             const std::function<const float*(const std::string&)>& row_of, int64_t k = 5);

}  // namespace lexigrad::train
