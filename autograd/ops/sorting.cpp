// sort, argsort and topk: NaN is the largest number, -0 equals 0.
#include <algorithm>
#include <array>
#include <bit>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// An unsigned key in the order of the numbers.
template <class T>
auto sort_key(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    using Key = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Key sign = Key{1} << (sizeof(T) * 8 - 1);
    if (x != x) return static_cast<Key>(~Key{0});
    Key bits = std::bit_cast<Key>(x + T{0});  // -0 + 0 is 0
    return static_cast<Key>(bits & sign ? ~bits : bits | sign);
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<uint32_t>(x);
  } else {
    return static_cast<uint64_t>(x) ^ uint64_t { 1 } << 63;
  }
}
// The same, the other way round where `descending`.
template <class T>
auto sort_key(T x, bool descending) {
  auto key = sort_key(x);
  return descending ? static_cast<decltype(key)>(~key) : key;
}

// A key and the place it comes from.
template <class Key>
struct Keyed {
  Key key;
  int64_t place;
  bool operator<(const Keyed& other) const {
    return key < other.key || (key == other.key && place < other.place);
  }
};

constexpr size_t kDigits = 256;
constexpr int64_t kShortRow = 512;  // comparisons are faster up to here

// By one byte of the key after the other, from the lowest; a byte that is the same in all is skipped.
template <class Key>
void radix_sort(std::vector<Keyed<Key>>& row, std::vector<Keyed<Key>>& other) {
  std::array<std::array<size_t, kDigits>, sizeof(Key)> counts{};
  for (const Keyed<Key>& entry : row)
    for (size_t b = 0; b < sizeof(Key); ++b) ++counts[b][entry.key >> (8 * b) & (kDigits - 1)];
  for (size_t b = 0; b < sizeof(Key); ++b) {
    if (counts[b][row[0].key >> (8 * b) & (kDigits - 1)] == row.size()) continue;
    std::array<size_t, kDigits> next{};
    for (size_t d = 1; d < kDigits; ++d) next[d] = next[d - 1] + counts[b][d - 1];
    for (const Keyed<Key>& entry : row) other[next[entry.key >> (8 * b) & (kDigits - 1)]++] = entry;
    row.swap(other);
  }
}

// Sorts each row of n values; places and values of the sorted row go to the outputs.
template <class T>
void sort_rows(const T* x, T* values, int64_t* places, int64_t rows, int64_t n, bool descending) {
  using Key = decltype(sort_key(T{}));
  parallel_ranges(rows, std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    std::vector<Keyed<Key>> row(static_cast<size_t>(n)), other(n > kShortRow ? row.size() : 0);
    for (int64_t at = begin * n; at < end * n; at += n) {
      for (int64_t i = 0; i < n; ++i) row[static_cast<size_t>(i)] = {sort_key(x[at + i], descending), i};
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

// The k first of a row of n in the order of keys, kept in a heap whose top is the last of them.
template <class T, class Entry>
void first_of_row(const T* x, int64_t n, bool largest, std::vector<Entry>& heap) {
  int64_t k = static_cast<int64_t>(heap.size());
  for (int64_t i = 0; i < k; ++i) heap[static_cast<size_t>(i)] = {sort_key(x[i], largest), i};
  std::make_heap(heap.begin(), heap.end());
  for (int64_t i = k; i < n; ++i) {
    T worst = x[heap.front().place];
    if (largest ? x[i] <= worst : x[i] >= worst) continue;  // neither holds beside a NaN
    Entry entry{sort_key(x[i], largest), i};
    if (!(entry.key < heap.front().key)) continue;
    std::pop_heap(heap.begin(), heap.end());
    heap.back() = entry;
    std::push_heap(heap.begin(), heap.end());
  }
  std::sort_heap(heap.begin(), heap.end());
}

template <class T>
void top_rows(const T* x, T* values, int64_t* places, int64_t rows, int64_t n, int64_t k, bool largest) {
  using Entry = Keyed<decltype(sort_key(T{}))>;
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
ValuesIndices Tensor::sort(int64_t dim, bool descending) const {
  return lexigrad::sort(*this, dim, descending);
}

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  wrap_dim_or_scalar("argsort", dim, x.rank());
  return sort(x.detach(), dim, descending).indices;
}
Tensor Tensor::argsort(int64_t dim, bool descending) const {
  return lexigrad::argsort(*this, dim, descending);
}

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
ValuesIndices Tensor::topk(int64_t k, int64_t dim, bool largest) const {
  return lexigrad::topk(*this, k, dim, largest);
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

EXAMPLE(
    argsort, .shapes = {{{3, 70}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return argsort(in[0], -1, true); },
    .reference =
        [](const std::vector<Tensor>& in) {  // a place's rank is the number of larger values
          int64_t n = in[0].size(1);
          Tensor y = zeros(in[0].shape(), float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double* row = in[0].data<double>() + i / n * n;
            auto larger = std::count_if(row, row + n, [&](double v) { return v > row[i % n]; });
            y.data<double>()[i / n * n + larger] = static_cast<double>(i % n);
          }
          return y;
        },
    .bad =
        [] {
          argsort(ones({2, 3}), -3);
        },
    .error = "[argsort] Dimension -3 is outside a tensor of rank 2 (valid are -2..1)",
    .differentiable = false);

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
