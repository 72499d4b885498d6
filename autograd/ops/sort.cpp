#include <algorithm>
#include <array>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/rows.h"
#include "lexigrad/autograd/ops/shared/sorting.h"

namespace lexigrad {
namespace {

constexpr size_t kDigits = 256;
constexpr int64_t kShortRow = 512;  // comparisons are faster up to here

// By one byte of the key after the other, from the lowest; a byte that is the same in all is skipped.
template <class Key>
void radix_sort(std::vector<detail::Keyed<Key>>& row, std::vector<detail::Keyed<Key>>& other) {
  std::array<std::array<size_t, kDigits>, sizeof(Key)> counts{};
  for (const detail::Keyed<Key>& entry : row)
    for (size_t b = 0; b < sizeof(Key); ++b) ++counts[b][entry.key >> (8 * b) & (kDigits - 1)];
  for (size_t b = 0; b < sizeof(Key); ++b) {
    if (counts[b][row[0].key >> (8 * b) & (kDigits - 1)] == row.size()) continue;
    std::array<size_t, kDigits> next{};
    for (size_t d = 1; d < kDigits; ++d) next[d] = next[d - 1] + counts[b][d - 1];
    for (const detail::Keyed<Key>& entry : row) other[next[entry.key >> (8 * b) & (kDigits - 1)]++] = entry;
    row.swap(other);
  }
}

// Sorts each row of n values; places and values of the sorted row go to the outputs.
template <class T>
void sort_rows(const T* x, T* values, int64_t* places, int64_t rows, int64_t n, bool descending) {
  using Key = decltype(detail::sort_key(T{}));
  parallel_ranges(rows, std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    std::vector<detail::Keyed<Key>> row(static_cast<size_t>(n)), other(n > kShortRow ? row.size() : 0);
    for (int64_t at = begin * n; at < end * n; at += n) {
      for (int64_t i = 0; i < n; ++i)
        row[static_cast<size_t>(i)] = {detail::sort_key(x[at + i], descending), i};
      if (n > kShortRow)
        radix_sort(row, other);
      else
        std::sort(row.begin(), row.end());
      for (int64_t i = 0; i < n; ++i) {
        places[at + i] = row[static_cast<size_t>(i)].place;
        values[at + i] = x[at + places[at + i]];
      }
    }
  });
}

}  // namespace

ValuesIndices sort(const Tensor& x, int64_t dim, bool descending) {
  check_arithmetic("sort", x.dtype());
  detail::Axis of("sort", x.shape(), dim);
  if (of.inner > 1) {
    auto [values, indices] = sort(transpose(x, of.dim, -1), -1, descending);
    return {transpose(values, of.dim, -1), transpose(indices, of.dim, -1)};
  }
  Tensor from = x.detach().contiguous(), values = empty(x.shape(), x.dtype()),
         places = empty(x.shape(), int64);
  dispatch(x.dtype(), [&]<class T>(T) {
    if (x.numel() > 0)
      sort_rows(detail::pointer<T>(from), detail::pointer<T>(values), detail::pointer<int64_t>(places),
                of.outer, of.n, descending);
  });
  Tensor y = record("sort", std::move(values), {x},
                    [places = Saved(places), whole = x.shape(), dim = of.dim](const Tensor& dy, Grads& dx) {
                      dx[0] += detail::back_to(places, dy, whole, dim);
                    });
  return {std::move(y), std::move(places)};
}

static Tensor sort_reference(const Tensor& x, int64_t outer, int64_t n, int64_t inner) {
  Tensor y = x.clone();
  for (int64_t i = 0; i < outer * inner; ++i) {
    double* column = y.data<double>() + i / inner * n * inner + i % inner;
    for (int64_t a = 1; a < n; ++a)
      for (int64_t b = a; b > 0 && column[b * inner] < column[(b - 1) * inner]; --b)
        std::swap(column[b * inner], column[(b - 1) * inner]);
  }
  return y;
}

EXAMPLE(
    sort, .shapes = {{{3, 5}}, {{}}, {{2, 0}}, {{3, 700}}},
    .apply = [](const std::vector<Tensor>& in) { return sort(in[0]).values; },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].rank() == 0 ? 1 : in[0].size(1);
          return sort_reference(in[0], in[0].rank() == 0 ? 1 : in[0].size(0), n, 1);
        },
    .bad =
        [] {
          sort(ones({2, 3}), 2);
        },
    .error = "[sort] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    sort, .shapes = {{{2, 4, 3}}, {{2, 0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return neg(sort(neg(in[0]), 1, true).values); },
    .reference =
        [](const std::vector<Tensor>& in) { return sort_reference(in[0], in[0].size(0), in[0].size(1), 3); });

}  // namespace lexigrad
