// Steps of attention on one tile of scores, which lies with a row for each key and a column for each query:
// what softmax does to a query runs down a column, for all columns at once. T is float or double.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Columns of a tile: queries that are taken together.
inline constexpr int64_t kAttentionColumns = 32;

/// tile (rows, kAttentionColumns) of scores s becomes exp(s - max), where `max` holds the largest score of
/// each column so far and `sum` the sum of its exponentials; `factor` is what those before are multiplied by.
/// A column of -inf alone has sum 0.
template <class T>
void attention_softmax(T* tile, int64_t rows, T* max, T* sum, T* factor);

/// y (rows, kAttentionColumns) times a factor for each column.
template <class T>
void scale_columns(T* y, int64_t rows, const T* factor);

/// tile becomes exp(s - lse), lse for each column.
template <class T>
void attention_weights(T* tile, int64_t rows, const T* lse);

/// dp becomes p (dp - delta), delta for each column.
template <class T>
void attention_score_gradients(const T* p, T* dp, int64_t rows, const T* delta);

}  // namespace lexigrad::kernels
