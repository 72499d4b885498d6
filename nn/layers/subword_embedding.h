// Words as the mean of vectors of their pieces (Bojanowski et al. 2017; fastText).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct SubwordOptions {
  int64_t minn = 3, maxn = 6;   ///< UTF-8 characters of an n-gram
  int64_t buckets = 2'000'000;  ///< rows that n-grams share by their hash
};

/// The n-grams of minn..maxn UTF-8 characters of "<word>", by where they begin and then by
/// length; "<" and ">" alone are none.
std::vector<std::string> character_ngrams(std::string_view word, int64_t minn, int64_t maxn);
/// FNV-1a of 32 bits as fastText has it, which extends each byte with its sign.
uint32_t ngram_hash(std::string_view ngram);

/// A word's vector is the mean of its own row and of those of its n-grams, row words + hash %
/// buckets; words never seen have n-grams, too. Weight (words + buckets, dim) starts from
/// U(-1/dim, 1/dim); its gradient holds the rows read only. The words are no part of the state.
class SubwordEmbedding final : public Module {
 public:
  /// `words` are those of the ids 0, 1, ...; throws where one is empty or occurs twice.
  SubwordEmbedding(std::vector<std::string> words, int64_t embedding_dim, const SubwordOptions& options = {});

  /// ids (int64, any shape) to ids' shape + (embedding_dim).
  Tensor forward(const Tensor& ids) const;
  /// (embedding_dim) of any word, also one that is not among words(); zeros where it
  /// has no n-grams.
  Tensor vector(std::string_view word) const;

  const std::vector<std::string>& words() const { return words_; }
  const ParameterRef& weight() const { return weight_; }
  /// The rows whose mean is the word's vector, its own first if it has one.
  std::vector<int64_t> rows_of(std::string_view word) const;

 private:
  void add_ngrams(std::string_view word, std::vector<int64_t>& rows) const;
  std::string extra_repr() const override;

  std::vector<std::string> words_;
  std::vector<int64_t> rows_, begin_;  ///< of all words, one after another, and where each begins
  SubwordOptions options_;
  Parameter weight_;
  LEXIGRAD_MODULE(SubwordEmbedding, weight_)
};

}  // namespace lexigrad::nn
