#include <cmath>
#include <limits>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {
namespace {

// Products of floats are made in double, those of whole numbers wrap.
struct Product {
  template <class T>
  using Out = T;
  template <class T>
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
  template <class T>
  static Wide<T> identity() {
    return 1;
  }
  template <class T>
  static Wide<T> value(T x) {
    return static_cast<Wide<T>>(x);
  }
  template <class T>
  static T combine(T a, T b) {
    return a * b;
  }
};

// A number as mantissa times 2^exponent, which no product takes out of range.
struct Scaled {
  double mantissa = 1;
  int64_t exponent = 0;

  Scaled() = default;
  Scaled(double x) : mantissa(x) { normalise(); }
  template <class T>
  explicit operator T() const {
    return static_cast<T>(std::ldexp(mantissa, static_cast<int>(std::clamp<int64_t>(exponent, -5000, 5000))));
  }
  friend Scaled operator*(Scaled a, Scaled b) {
    a.mantissa *= b.mantissa;
    a.exponent += b.exponent;
    a.normalise();
    return a;
  }

 private:
  void normalise() {
    int shift = 0;
    mantissa = std::frexp(mantissa, &shift);
    if (std::isfinite(mantissa)) exponent += shift;
  }
};

// For what has gone out of range on the way.
struct ScaledProduct {
  template <class T>
  using Out = T;
  template <class T>
  static Scaled identity() {
    return {};
  }
  template <class T>
  static Scaled value(T x) {
    return static_cast<double>(x);
  }
  static Scaled combine(Scaled a, Scaled b) { return a * b; }
};

Tensor product(const Tensor& x, const std::vector<int64_t>& over, const Shape& shape) {
  Tensor y = detail::reduce_by<Product>(x, over, shape);
  if (!is_floating(x.dtype())) return y;
  NoGrad off;
  Tensor odd = logical_or(eq(y, 0), logical_not(lt(abs(y), std::numeric_limits<double>::infinity())));
  return any(odd).item<bool>() ? where(odd, detail::reduce_by<ScaledProduct>(x, over, shape), y) : y;
}

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
  Tensor y = x.to(float64);
  for (int64_t dim : over) y = by_halves(y, dim);
  return y.reshape(shape).to(x.dtype());
}

// dx = dy times the product of the others: of those before, then of those after.
template <class T>
void others(const T* x, T dy, T* dx, int64_t n, int64_t stride) {
  std::vector<Scaled> before(static_cast<size_t>(n));
  Scaled so_far(static_cast<double>(dy)), after;
  auto next = [&](int64_t k) { return Scaled(static_cast<double>(x[k * stride])); };
  for (int64_t k = 0; k < n; ++k) {
    before[static_cast<size_t>(k)] = so_far;
    so_far = so_far * next(k);
  }
  for (int64_t k = n - 1; k >= 0; --k) {
    dx[k * stride] = static_cast<T>(before[static_cast<size_t>(k)] * after);
    after = after * next(k);
  }
}

// dx for x (outer, rows, cols) as detail::axes_view has it.
Tensor gradient(const detail::AxesView& x, const Tensor& dy) {
  Tensor in = x.source.contiguous(), source = dy.contiguous(),
         y = empty({x.outer, x.rows, x.cols}, dy.dtype());
  dispatch_floating("prod", dy.dtype(), [&]<class T>(T) {
    detail::over_columns(detail::Axis("prod", y.shape(), 1), [&](int64_t o, int64_t first, int64_t count) {
      for (int64_t c = first, at = o * x.rows * x.cols; c < first + count; ++c)
        others(detail::pointer<T>(in) + at + c, detail::pointer<T>(source)[o * x.cols + c],
               detail::pointer<T>(y) + at + c, x.rows, x.cols);
    });
  });
  return y;
}

}  // namespace

Tensor prod(const Tensor& x, const Dims& dims, bool keepdim) {
  if (x.dtype() == boolean) return prod(x.to(int64), dims, keepdim);
  check_arithmetic("prod", x.dtype());
  std::vector<int64_t> over = detail::reduced_dims("prod", dims, x.rank());
  Shape shape = detail::reduced_shape(x.shape(), over, keepdim);
  Tensor y = product(x, over, shape);
  return record("prod", std::move(y), {x}, [x = Saved(x), over, shape](const Tensor& dy, Grads& dx) {
    if (grad_enabled())
      return detail::composed_gradients(
          [&](const std::vector<Tensor>& in) { return composed(in[0], over, shape); }, {x}, dy, dx);
    detail::AxesView from = detail::axes_view(x, over);
    dx[0] += detail::from_axes_view(gradient(from, dy), *x, over);
  });
}

Tensor prod(const Tensor& x) { return prod(x, {}); }

Tensor prod(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype) {
  return prod(x.to(dtype), dims, keepdim);
}
Tensor Tensor::prod() const { return lexigrad::prod(*this); }
Tensor Tensor::prod(const Dims& dims, bool keepdim, std::optional<Dtype> dtype) const {
  return dtype ? lexigrad::prod(*this, dims, keepdim, *dtype) : lexigrad::prod(*this, dims, keepdim);
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
