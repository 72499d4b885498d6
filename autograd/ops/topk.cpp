#include <algorithm>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/sorting.h"

namespace lexigrad {
namespace {

// The k first of a row of n in the order of keys, kept in a heap whose top is the last of them.
template <class T, class Entry>
void first_of_row(const T* x, int64_t n, bool largest, std::vector<Entry>& heap) {
  int64_t k = static_cast<int64_t>(heap.size());
  for (int64_t i = 0; i < k; ++i) heap[static_cast<size_t>(i)] = {detail::sort_key(x[i], largest), i};
  std::make_heap(heap.begin(), heap.end());
  for (int64_t i = k; i < n; ++i) {
    T worst = x[heap.front().place];
    if (largest ? x[i] <= worst : x[i] >= worst) continue;  // neither holds beside a NaN
    Entry entry{detail::sort_key(x[i], largest), i};
    if (!(entry.key < heap.front().key)) continue;
    std::pop_heap(heap.begin(), heap.end());
    heap.back() = entry;
    std::push_heap(heap.begin(), heap.end());
  }
  std::sort_heap(heap.begin(), heap.end());
}

template <class T>
void top_rows(const T* x, T* values, int64_t* places, int64_t rows, int64_t n, int64_t k, bool largest) {
  using Entry = detail::Keyed<decltype(detail::sort_key(T{}))>;
  parallel_ranges(rows, std::max<int64_t>(1, detail::kBlockElements / n), [&](int64_t begin, int64_t end) {
    std::vector<Entry> heap(static_cast<size_t>(k));
    for (int64_t r = begin; r < end; ++r) {
      first_of_row(x + r * n, n, largest, heap);
      for (int64_t i = 0; i < k; ++i) {
        places[r * k + i] = heap[static_cast<size_t>(i)].place;
        values[r * k + i] = x[r * n + places[r * k + i]];
      }
    }
  });
}

}  // namespace

ValuesIndices topk(const Tensor& x, int64_t k, int64_t dim, bool largest) {
  check_arithmetic("topk", x.dtype());
  detail::Axis of("topk", x.shape(), dim);
  check(k >= 0 && k <= of.n, "topk", "k is ", k, ", dimension ", of.dim, " of a tensor of shape ", x.shape(),
        " has ", of.n, " entries (valid are 0..", of.n, ")");
  if (of.inner > 1) {
    auto [values, indices] = topk(transpose(x, of.dim, -1), k, -1, largest);
    return {transpose(values, of.dim, -1), transpose(indices, of.dim, -1)};
  }
  Shape shape = x.shape();
  if (x.rank() > 0) shape[of.dim] = k;
  check(x.rank() > 0 || k == 1, "topk", "k is 0 for a scalar");
  Tensor from = x.detach().contiguous(), values = empty(shape, x.dtype()), places = empty(shape, int64);
  dispatch(x.dtype(), [&]<class T>(T) {
    if (values.numel() > 0)
      top_rows(detail::pointer<T>(from), detail::pointer<T>(values), detail::pointer<int64_t>(places),
               of.outer, of.n, k, largest);
  });
  Tensor y = record("topk", std::move(values), {x},
                    [places = Saved(places), whole = x.shape(), dim = of.dim](const Tensor& dy, Grads& dx) {
                      dx[0] += detail::back_to(places, dy, whole, dim);
                    });
  return {std::move(y), std::move(places)};
}

static Tensor topk_reference(const Tensor& x, int64_t k, const Shape& shape) {  // along the last dimension
  Tensor y = zeros(shape, float64);
  int64_t n = x.size(-1);
  for (int64_t i = 0; i < x.numel() && k > 0; ++i) {
    const double* row = x.data<double>() + i / n * n;
    int64_t larger = std::count_if(row, row + n, [&](double v) { return v > row[i % n]; });
    if (larger < k) y.data<double>()[i / n * k + larger] = row[i % n];
  }
  return y;
}

EXAMPLE(
    topk, .shapes = {{{3, 8}}, {{2, 900}}, {{0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return topk(in[0], 3).values; },
    .reference =
        [](const std::vector<Tensor>& in) {
          return topk_reference(in[0], 3, {in[0].size(0), 3});
        },
    .bad =
        [] {
          topk(ones({2, 3}), 4);
        },
    .error = "[topk] k is 4, dimension 1 of a tensor of shape [2, 3] has 3 entries (valid are 0..3)");
EXAMPLE(
    topk, .shapes = {{{5, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return transpose(neg(topk(neg(in[0]), 2, 0, false).values), 0, 1);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor turned = zeros({2, 5}, float64);
          for (int64_t i = 0; i < 10; ++i) turned.data<double>()[i] = in[0].data<double>()[i % 5 * 2 + i / 5];
          return topk_reference(turned, 2, {2, 2});
        });

}  // namespace lexigrad
