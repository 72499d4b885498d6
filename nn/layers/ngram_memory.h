// Vectors of the last few ids together, from a table in which n-grams share rows by their hash.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lexigrad/nn/module.h"
#include "lexigrad/nn/row_table.h"

namespace lexigrad::nn {

struct NgramMemoryOptions {
  std::vector<int64_t> orders = {2, 3};  ///< ids of an n-gram, each order once
  uint64_t seed = 0;                     ///< of the hash: which n-grams share a row
};

/// 64 bits of an n-gram: each id in turn is added to them and mixed (SplitMix64: Steele, Lea and Flood 2014),
/// beginning from the seed and the order.
uint64_t hash_ids(std::span<const int64_t> ids, uint64_t seed = 0);

/// y[t] is the sum over orders n of sign(hash) * weight[hash % rows], the hash being that of the ids t-n+1 .. t:
/// causal, and without a term where the window begins later. The sign is the hash's highest bit, so that
/// n-grams which share a row add noise of mean zero to each other (Weinberger et al. 2009, "Feature hashing").
/// The weight (rows, dim) starts from zeros; its gradient holds the rows read only.
class NgramMemory final : public Module {
 public:
  NgramMemory(int64_t rows, int64_t dim, const NgramMemoryOptions& options = {});
  /// Over a table that moves its rows itself. It is no part of the module's state.
  NgramMemory(std::shared_ptr<RowTable> table, const NgramMemoryOptions& options = {});

  /// ids (int64, (..., T)) to (..., T, dim).
  Tensor forward(const Tensor& ids) const;

  /// The rows that forward(ids) reads, sorted, each once.
  std::vector<int64_t> rows_of(const Tensor& ids) const;
  /// Ids before a position that its vector depends on.
  int64_t reach() const;
  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  /// Undefined over a RowTable.
  const ParameterRef& weight() const { return weight_; }

 private:
  struct Bags;
  Bags bags_of(const Tensor& ids) const;
  std::string extra_repr() const override;

  NgramMemoryOptions options_;
  int64_t rows_, dim_;
  std::shared_ptr<RowTable> table_;
  Parameter weight_;
  LEXIGRAD_MODULE(NgramMemory, weight_)
};

}  // namespace lexigrad::nn
