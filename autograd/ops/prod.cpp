#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {
namespace {

struct Product {
  template <class T>
  using Out = T;
  template <class T>
  static T identity() {
    return T{1};
  }
  template <class T>
  static T value(T x) {
    return x;
  }
  template <class T>
  static T combine(T a, T b) {
    return static_cast<T>(a * b);
  }
};

// The product along dimension `dim` of x, which becomes 1, by halves: the gradient of mul is right at 0.
Tensor by_halves(Tensor x, int64_t dim) {
  if (x.size(dim) == 0)
    return full(detail::reduced_shape(x.shape(), {dim}, true), 1, x.dtype()) + sum(x, {dim}, true);
  while (x.size(dim) > 1) {
    int64_t n = x.size(dim), half = n / 2;
    Tensor pairs = slice(x, dim, 0, half) * slice(x, dim, half, 2 * half);
    x = n % 2 == 0 ? pairs : cat({pairs, slice(x, dim, n - 1)}, dim);
  }
  return x;
}

Tensor composed(const Tensor& x, const std::vector<int64_t>& over, const Shape& shape) {
  Tensor y = x;
  for (int64_t dim : over) y = by_halves(y, dim);
  return y.reshape(shape);
}

// dx = dy times the product of the others: of those before, then of those after.
template <class T>
void others(const T* x, const T* dy, T* dx, int64_t n, int64_t stride) {
  T before = dy[0], after{1};
  for (int64_t k = 0; k < n; ++k) {
    dx[k * stride] = before;
    before *= x[k * stride];
  }
  for (int64_t k = n - 1; k >= 0; --k) {
    dx[k * stride] *= after;
    after *= x[k * stride];
  }
}

// dx for x (outer, rows, cols) as detail::axes_view has it.
Tensor gradient(const detail::AxesView& x, const Tensor& dy) {
  Tensor in = x.source.contiguous(), source = dy.contiguous(),
         y = empty({x.outer, x.rows, x.cols}, dy.dtype());
  dispatch_floating("prod", dy.dtype(), [&]<class T>(T) {
    detail::over_columns(detail::Axis("prod", y.shape(), 1), [&](int64_t o, int64_t first, int64_t count) {
      for (int64_t c = first, at = o * x.rows * x.cols; c < first + count; ++c)
        others(detail::pointer<T>(in) + at + c, detail::pointer<T>(source) + o * x.cols + c,
               detail::pointer<T>(y) + at + c, x.rows, x.cols);
    });
  });
  return y;
}

}  // namespace

Tensor prod(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim) {
  if (x.dtype() == boolean) return prod(x.to(int64), dims, keepdim);
  check_arithmetic("prod", x.dtype());
  std::vector<int64_t> over = detail::checked_dims("prod", dims, x.rank());
  Shape shape = detail::reduced_shape(x.shape(), over, keepdim);
  Tensor y = detail::reduce_by<Product>(x, over, shape);
  return record("prod", std::move(y), {x}, [x = Saved(x), over, shape](const Tensor& dy, Grads& dx) {
    if (grad_enabled())
      return detail::composed_gradients(
          [&](const std::vector<Tensor>& in) { return composed(in[0], over, shape); }, {x}, dy, dx);
    detail::AxesView from = detail::axes_view(x, over);
    dx[0] += detail::from_axes_view(gradient(from, dy), *x, over);
  });
}

Tensor prod(const Tensor& x) { return prod(x, detail::all_dims(x)); }

Tensor prod(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim, Dtype dtype) {
  return prod(x.to(dtype), dims, keepdim);
}

static Tensor prod_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor y = ones(shape, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i)
    y.data<double>()[i / (rows * cols) * cols + i % cols] *= x.data<double>()[i];
  return y;
}

EXAMPLE(
    prod, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return prod(in[0]); },
    .reference = [](const std::vector<Tensor>& in) { return prod_reference(in[0], 1, in[0].numel(), 1, {}); },
    .bad =
        [] {
          prod(ones({2, 3}), {2});
        },
    .error = "[prod] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    prod, .shapes = {{{3, 5, 4}}, {{70, 5, 30}}, {{2, 0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return prod(in[0], {1}, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return prod_reference(in[0], s[0], s[1], s[2], {s[0], 1, s[2]});
        });
EXAMPLE(
    prod, .shapes = {{{2, 3, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return prod(in[0], {0, 2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return prod_reference(prod_reference(in[0], 1, 2, 9, {3, 3}), 3, 3, 1, {3});
        });

}  // namespace lexigrad
