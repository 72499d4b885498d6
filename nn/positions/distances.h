// Distances between queries and keys, for the methods that learn something for each.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::nn::detail {

/// (T, S) numbers of rows in a table of distances: entry [t][s] is clamp(d, -limit, limit) +
/// limit, where d = t + S - T - s is how far the key lies before the query.
Tensor distance_rows(int64_t length, int64_t keys, int64_t limit);
/// Scores (B, H, T, S) of x (B, T, H, D) with the rows of table (rows, D) that `index`
/// (T, S) names.
Tensor scores_by_distance(const Tensor& x, const Tensor& table, const Tensor& index);
/// a + b, where b may be undefined.
inline Tensor plus(const Tensor& a, const Tensor& b) { return b.defined() ? a + b : a; }

}  // namespace lexigrad::nn::detail
