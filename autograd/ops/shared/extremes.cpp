#include "lexigrad/autograd/ops/shared/extremes.h"

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/elementwise_lambda.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"
#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::detail {
namespace {

template <class T>
struct Best {
  T value;
  int64_t place;
};

// The first of n >= 1 values for which `is` holds, of which there is one; whole blocks are passed by first.
template <class T, class Is>
int64_t first_place(const T* x, int64_t n, const Is& is) {
  constexpr int64_t step = 64;
  int64_t i = 0;
  for (; i + step <= n; i += step) {
    std::conditional_t<sizeof(T) == 8, int64_t, int32_t> here = 0;  // as wide as T: the loop becomes vectors
    for (int64_t k = 0; k < step; ++k) here |= is(x[i + k]) ? 1 : 0;
    if (here) break;
  }
  while (!is(x[i])) ++i;
  return i;
}

template <class T>
int64_t first_place_of(const T* x, int64_t n, T value) {
  if (value != value) return first_place(x, n, [](T v) { return v != v; });
  return first_place(x, n, [value](T v) { return v == value; });
}

template <class Reduction, class T>
void rows_best(const T* x, T* values, int64_t* places, int64_t rows, int64_t n) {
  auto best = [](const T* from, int64_t count) {
    T value = fold_row<Reduction>(from, count);
    return Best<T>{value, first_place_of(from, count, value)};
  };
  int64_t blocks = (n + kBlockElements - 1) / kBlockElements;
  std::vector<Best<T>> partial(static_cast<size_t>(rows * blocks));
  parallel_ranges(rows * blocks, std::max<int64_t>(1, kBlockElements / n), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      int64_t begin = i % blocks * kBlockElements;
      Best<T> found = best(x + i / blocks * n + begin, std::min(kBlockElements, n - begin));
      partial[static_cast<size_t>(i)] = {found.value, found.place + begin};
    }
  });
  for (int64_t i = 0; i < rows * blocks; ++i) {
    const Best<T>& found = partial[static_cast<size_t>(i)];
    int64_t row = i / blocks;
    if (i % blocks > 0 && !Reduction::better(found.value, values[row])) continue;
    values[row] = found.value;
    places[row] = found.place;
  }
}

template <class Reduction, class T>
void columns_best(const T* x, T* values, int64_t* places, const Axis& of) {
  using Place =
      std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;  // as wide as T: the loop becomes vectors
  over_columns(of, [&](int64_t o, int64_t first, int64_t count) {
    const T* from = x + o * of.n * of.inner + first;
    T best[kColumnsTogether];
    Place place[kColumnsTogether] = {};
    std::copy(from, from + count, best);
    for (int64_t r = 1; r < of.n; ++r) {
      const T* row = from + r * of.inner;
      for (int64_t c = 0; c < count; ++c) {
        bool wins = Reduction::better(row[c], best[c]);
        best[c] = wins ? row[c] : best[c];
        place[c] = wins ? static_cast<Place>(r) : place[c];
      }
    }
    std::copy(best, best + count, values + o * of.inner + first);
    std::copy(place, place + count, places + o * of.inner + first);
  });
}

void check_entries(const char* op, const Tensor& x, int64_t dim) {
  check(x.shape()[dim] > 0, op, "Dimension ", dim, " of a tensor of shape ", x.shape(),
        " is empty: there is nothing to choose from");
}

}  // namespace

Tensor extreme(const char* op, Extreme which, const Tensor& x, const std::vector<int64_t>* dims,
               bool keepdim) {
  check_arithmetic(op, x.dtype());
  std::vector<int64_t> over = dims ? checked_dims(op, *dims, x.rank()) : all_dims(x);
  for (int64_t d : over) check_entries(op, x, d);
  Shape kept = reduced_shape(x.shape(), over, true), shape = reduced_shape(x.shape(), over, keepdim);
  Tensor y = which == Extreme::largest ? fold<Largest>(x, over, x.dtype(), shape)
                                       : fold<Smallest>(x, over, x.dtype(), shape);
  return record(
      op, std::move(y), {x}, [x = Saved(x), over, kept](const Tensor& dy, const Tensor& y, Grads& dx) {
        Tensor best = y.detach().reshape(kept), values = x->detach();
        Tensor chosen =
            map_each("amax", values, best, values.dtype(), [](auto a, auto b) { return a == b || a != a; });
        dx[0] += dy.reshape(kept) * (chosen / sum(chosen, over, true));
      });
}

ValuesIndices extreme_along(const char* op, Extreme which, const Tensor& x, int64_t dim, bool keepdim) {
  check_arithmetic(op, x.dtype());
  Axis of(op, x.shape(), dim);
  if (x.rank() > 0) check_entries(op, x, of.dim);
  Shape kept = x.shape();
  if (x.rank() > 0) kept[of.dim] = 1;
  Shape shape = keepdim || x.rank() == 0 ? kept : kept.without(of.dim);
  Tensor source = x.detach().contiguous(), values = empty(shape, x.dtype()), places = empty(shape, int64);
  dispatch(x.dtype(), [&]<class T>(T) {
    auto run = [&]<class Reduction>(Reduction) {
      T *from = pointer<T>(source), *value = pointer<T>(values);
      if (of.inner == 1)
        rows_best<Reduction>(from, value, pointer<int64_t>(places), of.outer, of.n);
      else
        columns_best<Reduction>(from, value, pointer<int64_t>(places), of);
    };
    which == Extreme::largest ? run(Largest{}) : run(Smallest{});
  });
  Tensor y =
      record(op, std::move(values), {x},
             [places = Saved(places), kept, whole = x.shape(), dim = of.dim](const Tensor& dy, Grads& dx) {
               dx[0] += back_to(places->reshape(kept), dy.reshape(kept), whole, dim);
             });
  return {std::move(y), std::move(places)};
}

}  // namespace lexigrad::detail
