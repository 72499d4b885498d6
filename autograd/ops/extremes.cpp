// max, min, amax, amin, argmax and argmin. NaN is the most extreme value of all, as in PyTorch.
#include <cmath>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {
namespace {

enum class Extreme { largest, smallest };

struct Ordered {
  template <class T>
  using Out = T;
  template <class T>
  static T value(T x) {
    return x;
  }
};

// Beside combine(), which lets NaN win, better(a, b) says whether a is the better of two.
struct Largest : Ordered {
  template <class T>
  static T identity() {
    if constexpr (std::numeric_limits<T>::has_infinity) return -std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::lowest();
  }
  template <class T>
  static T combine(T a, T b) {
    return b > a || b != b ? b : a;
  }
  template <class T>
  static bool better(T a, T b) {
    return (a > b) | ((a != a) & (b == b));
  }
};

struct Smallest : Ordered {
  template <class T>
  static T identity() {
    if constexpr (std::numeric_limits<T>::has_infinity) return std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::max();
  }
  template <class T>
  static T combine(T a, T b) {
    return b < a || b != b ? b : a;
  }
  template <class T>
  static bool better(T a, T b) {
    return (a < b) | ((a != a) & (b == b));
  }
};

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
    T value = detail::reduce_row<Reduction>(from, count);
    return Best<T>{value, first_place_of(from, count, value)};
  };
  int64_t blocks = (n + detail::kBlockElements - 1) / detail::kBlockElements;
  std::vector<Best<T>> partial(static_cast<size_t>(rows * blocks));
  parallel_ranges(
      rows * blocks, std::max<int64_t>(1, detail::kBlockElements / n), [&](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i) {
          int64_t begin = i % blocks * detail::kBlockElements;
          Best<T> found = best(x + i / blocks * n + begin, std::min(detail::kBlockElements, n - begin));
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
void columns_best(const T* x, T* values, int64_t* places, const detail::Axis& of) {
  // As wide as T: the loop becomes vectors.
  using Place = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;
  detail::over_columns(of, [&](int64_t o, int64_t first, int64_t count) {
    const T* from = x + o * of.n * of.inner + first;
    T best[detail::kColumnsTogether];
    Place place[detail::kColumnsTogether] = {};
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

// Values over `dims`: ties share the gradient evenly.
Tensor extreme(const char* op, Extreme which, const Tensor& x, const std::vector<int64_t>& dims,
               bool keepdim) {
  check_arithmetic(op, x.dtype());
  std::vector<int64_t> over = detail::reduced_dims(op, dims, x.rank());
  for (int64_t d : over) check_entries(op, x, d);
  Shape kept = detail::reduced_shape(x.shape(), over, true),
        shape = detail::reduced_shape(x.shape(), over, keepdim);
  Tensor y = which == Extreme::largest ? detail::reduce_by<Largest>(x, over, shape)
                                       : detail::reduce_by<Smallest>(x, over, shape);
  return record(
      op, std::move(y), {x}, [x = Saved(x), over, kept](const Tensor& dy, const Tensor& y, Grads& dx) {
        Tensor best = y.detach().reshape(kept);
        Tensor chosen =
            detail::map_floating("amax", x->detach(), best, [](auto a, auto b) { return a == b || a != a; });
        dx[0] += dy.reshape(kept) * (chosen / sum(chosen, over, true));
      });
}

// Values along `dim` and the first place of each, which gets the gradient.
ValuesIndices extreme_along(const char* op, Extreme which, const Tensor& x, int64_t dim, bool keepdim) {
  check_arithmetic(op, x.dtype());
  detail::Axis of(op, x.shape(), dim);
  if (x.rank() > 0) check_entries(op, x, of.dim);
  Shape kept = x.shape();
  if (x.rank() > 0) kept[of.dim] = 1;
  Shape shape = keepdim || x.rank() == 0 ? kept : kept.without(of.dim);
  Tensor source = x.detach().contiguous(), values = empty(shape, x.dtype()), places = empty(shape, int64);
  dispatch(x.dtype(), [&]<class T>(T) {
    auto run = [&]<class Reduction>(Reduction) {
      T *from = detail::pointer<T>(source), *value = detail::pointer<T>(values);
      if (of.inner == 1)
        rows_best<Reduction>(from, value, detail::pointer<int64_t>(places), of.outer, of.n);
      else
        columns_best<Reduction>(from, value, detail::pointer<int64_t>(places), of);
    };
    which == Extreme::largest ? run(Largest{}) : run(Smallest{});
  });
  Tensor y =
      record(op, std::move(values), {x},
             [places = Saved(places), kept, whole = x.shape(), dim = of.dim](const Tensor& dy, Grads& dx) {
               dx[0] += detail::back_to(places->reshape(kept), dy.reshape(kept), whole, dim);
             });
  return {std::move(y), std::move(places)};
}

}  // namespace

Tensor max(const Tensor& x) { return extreme("max", Extreme::largest, x, {}, false); }
Tensor min(const Tensor& x) { return extreme("min", Extreme::smallest, x, {}, false); }

Tensor amax(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("amax", Extreme::largest, x, dims, keepdim);
}
Tensor Tensor::amax(const Dims& dims, bool keepdim) const { return lexigrad::amax(*this, dims, keepdim); }
Tensor amin(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("amin", Extreme::smallest, x, dims, keepdim);
}
Tensor Tensor::amin(const Dims& dims, bool keepdim) const { return lexigrad::amin(*this, dims, keepdim); }

ValuesIndices max(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("max", Extreme::largest, x, dim, keepdim);
}
Tensor Tensor::max() const { return lexigrad::max(*this); }
ValuesIndices Tensor::max(int64_t dim, bool keepdim) const { return lexigrad::max(*this, dim, keepdim); }
ValuesIndices min(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("min", Extreme::smallest, x, dim, keepdim);
}
Tensor Tensor::min() const { return lexigrad::min(*this); }
ValuesIndices Tensor::min(int64_t dim, bool keepdim) const { return lexigrad::min(*this, dim, keepdim); }

Tensor argmax(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("argmax", Extreme::largest, x.detach(), dim, keepdim).indices;
}
Tensor argmax(const Tensor& x) { return argmax(x.detach().reshape({x.numel()}), 0); }
Tensor Tensor::argmax() const { return lexigrad::argmax(*this); }
Tensor Tensor::argmax(int64_t dim, bool keepdim) const { return lexigrad::argmax(*this, dim, keepdim); }

Tensor argmin(const Tensor& x, int64_t dim, bool keepdim) {
  return extreme_along("argmin", Extreme::smallest, x.detach(), dim, keepdim).indices;
}
Tensor argmin(const Tensor& x) { return argmin(x.detach().reshape({x.numel()}), 0); }
Tensor Tensor::argmin() const { return lexigrad::argmin(*this); }
Tensor Tensor::argmin(int64_t dim, bool keepdim) const { return lexigrad::argmin(*this, dim, keepdim); }

namespace {

using Along = ValuesIndices (*)(const Tensor&, int64_t, bool);
using Over = Tensor (*)(const Tensor&, const Dims&, bool);
using Place = Tensor (*)(const Tensor&, int64_t, bool);

// The best row, or its number, in each column of x (outer, rows, cols).
Tensor best(Extreme which, bool number, const Tensor& x, int64_t outer, int64_t rows, int64_t cols,
            const Shape& shape) {
  double sign = which == Extreme::largest ? 1 : -1;
  std::vector<double> most(static_cast<size_t>(outer * cols), -INFINITY);
  Tensor y = full(shape, -sign * INFINITY, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i) {
    int64_t column = i / (rows * cols) * cols + i % cols, row = i / cols % rows;
    double value = x.data<double>()[i];
    if (!(sign * value > most[static_cast<size_t>(column)])) continue;
    most[static_cast<size_t>(column)] = sign * value;
    y.data<double>()[column] = number ? static_cast<double>(row) : value;
  }
  return y;
}

Tensor best_of_all(Extreme which, bool number, const Tensor& x) {
  return best(which, number, x, 1, x.numel(), 1, {});
}

Tensor best_of_rows(Extreme which, bool number, const Tensor& x) {
  return best(which, number, x, x.size(0), x.size(1), 1, {x.size(0), 1});
}

Tensor best_of_the_middle(Extreme which, const Tensor& x) {
  return best(which, false, x, x.size(0), x.size(1), x.size(2), {x.size(0), x.size(2)});
}

Example of_all(const char* name, Tensor (*op)(const Tensor&), Extreme which) {
  return {.shapes = {{{3, 4}}, {{}}, {{200, 300}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0]); },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_all(which, false, in[0]); },
          .bad =
              [op] {
                op(ones({0, 2}));
              },
          .error = text("[", name, "] Dimension 0 of a tensor of shape [0, 2] is empty: there is nothing to ",
                        "choose from")};
}

Example along_rows(const char* name, Along op, Extreme which) {
  return {.shapes = {{{3, 70}}, {{0, 3}}, {{1, 70000}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], 1, true).values; },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_rows(which, false, in[0]); },
          .bad =
              [op] {
                op(ones({2, 3}), 2, false);
              },
          .error = text("[", name, "] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)")};
}

Example along_the_middle(Along op, Extreme which) {
  return {.shapes = {{{3, 5, 70}}, {{2, 3, 0}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], 1, false).values; },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_the_middle(which, in[0]); }};
}

Example over_the_middle(const char* name, Over op, Extreme which) {
  return {.shapes = {{{3, 4, 5}}, {{2, 300, 700}}, {{0, 2, 3}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], {1}, false); },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_the_middle(which, in[0]); },
          .bad =
              [op] {
                op(ones({2, 0}), {0, 1}, false);
              },
          .error = text("[", name, "] Dimension 1 of a tensor of shape [2, 0] is empty: there is nothing to ",
                        "choose from")};
}

Example over_both_ends(const char* name, Over op, Extreme which) {
  return {.shapes = {{{3, 4, 5}}, {{30, 20, 50}}},
          .apply =
              [op](const std::vector<Tensor>& in) {
                return op(in[0], {0, -1}, true);
              },
          .reference =
              [which](const std::vector<Tensor>& in) {
                const Shape& s = in[0].shape();
                Tensor first = best(which, false, in[0], 1, s[0], s[1] * s[2], {s[1], s[2]});
                return best(which, false, first, s[1], s[2], 1, {1, s[1], 1});
              },
          .bad =
              [op] {
                op(ones({2, 3}), {1, -1}, false);
              },
          .error = text("[", name, "] Dimension 1 is named twice")};
}

Example over_all(Over op, Extreme which) {
  return {.shapes = {{{3, 4}}, {{70, 1000}}, {{}}},
          .apply =
              [op](const std::vector<Tensor>& in) {
                return in[0].rank() == 0 ? op(in[0], {}, false) : op(in[0], {0, 1}, false);
              },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_all(which, false, in[0]); }};
}

Example place_of_all(const char* name, Tensor (*op)(const Tensor&), Place along, Extreme which) {
  return {.shapes = {{{3, 4}}, {{}}, {{200, 300}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0]); },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_all(which, true, in[0]); },
          .bad =
              [along] {
                along(ones({2, 0}), 1, false);
              },
          .error = text("[", name, "] Dimension 1 of a tensor of shape [2, 0] is empty: there is nothing to ",
                        "choose from"),
          .differentiable = false};
}

Example place_along_rows(Place op, Extreme which) {
  return {.shapes = {{{3, 70}}, {{0, 3}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], -1, true); },
          .reference = [which](const std::vector<Tensor>& in) { return best_of_rows(which, true, in[0]); },
          .differentiable = false};
}

}  // namespace

EXAMPLE(max, of_all("max", max, Extreme::largest));
EXAMPLE(max, along_rows("max", max, Extreme::largest));
EXAMPLE(max, along_the_middle(max, Extreme::largest));
EXAMPLE(min, of_all("min", min, Extreme::smallest));
EXAMPLE(min, along_rows("min", min, Extreme::smallest));
EXAMPLE(min, along_the_middle(min, Extreme::smallest));
EXAMPLE(amax, over_the_middle("amax", amax, Extreme::largest));
EXAMPLE(amax, over_both_ends("amax", amax, Extreme::largest));
EXAMPLE(amax, over_all(amax, Extreme::largest));
EXAMPLE(amin, over_the_middle("amin", amin, Extreme::smallest));
EXAMPLE(amin, over_both_ends("amin", amin, Extreme::smallest));
EXAMPLE(amin, over_all(amin, Extreme::smallest));
EXAMPLE(argmax, place_of_all("argmax", argmax, argmax, Extreme::largest));
EXAMPLE(argmax, place_along_rows(argmax, Extreme::largest));
EXAMPLE(argmin, place_of_all("argmin", argmin, argmin, Extreme::smallest));
EXAMPLE(argmin, place_along_rows(argmin, Extreme::smallest));

}  // namespace lexigrad
