#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Whole numbers wrap.
template <class T>
using Product = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

template <class T>
void running_products(const T* x, T* y, int64_t n, int64_t step) {
  Product<T> total = 1;
  for (int64_t i = 0; i < n; ++i) y[i * step] = static_cast<T>(total *= static_cast<Product<T>>(x[i * step]));
}

// dx[i] = (product of x before i) s[i], s[i] = dy[i] + x[i + 1] s[i + 1] the sum of dy[k] times the
// product of x after i up to k: nothing is divided by, so 0 is no exception.
template <class T>
void running_gradient(const T* x, const T* dy, T* dx, int64_t n, int64_t step) {
  Product<T> before = 1, s = 0;
  for (int64_t i = 0; i < n; ++i) {
    dx[i * step] = static_cast<T>(before);
    before *= x[i * step];
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    s = dy[i * step] + (i + 1 < n ? x[(i + 1) * step] * s : 0);
    dx[i * step] = static_cast<T>(dx[i * step] * s);
  }
}

Tensor gradient(const Tensor& x, const Tensor& dy, const detail::Axis& of) {
  Tensor from = x.detach().contiguous(), source = dy.contiguous(), y = empty(x.shape(), x.dtype());
  dispatch_floating("cumprod", x.dtype(), [&]<class T>(T) {
    detail::each_column(of, [&](int64_t at) {
      running_gradient(detail::pointer<T>(from) + at, detail::pointer<T>(source) + at,
                       detail::pointer<T>(y) + at, of.n, of.inner);
    });
  });
  return y;
}

Tensor composed(const Tensor& x, int64_t dim) { return x.rank() == 0 ? clone(x) : detail::scan(x, dim, mul); }

}  // namespace

Tensor cumprod(const Tensor& x, int64_t dim) {
  if (x.dtype() == boolean) return cumprod(x.to(int64), dim);
  detail::Axis of("cumprod", x.shape(), dim);
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  auto run = [&]<class T>(T) {
    detail::each_column(of, [&](int64_t at) {
      running_products(detail::pointer<T>(from) + at, detail::pointer<T>(y) + at, of.n, of.inner);
    });
  };
  if (x.dtype() == int64)
    run(int64_t{});
  else
    dispatch_floating("cumprod", x.dtype(), run);
  return record("cumprod", std::move(y), {x}, [x = Saved(x), of](const Tensor& dy, Grads& dx) {
    if (grad_enabled())
      return detail::composed_gradients(
          [&](const std::vector<Tensor>& in) { return composed(in[0], of.dim); }, {x}, dy, dx);
    dx[0] += gradient(x, dy, of);
  });
}
Tensor Tensor::cumprod(int64_t dim) const { return lexigrad::cumprod(*this, dim); }

EXAMPLE(
    cumprod, .shapes = {{{3, 4, 2}}, {{2, 0, 3}}, {{2, 5, 1}}},
    .apply = [](const std::vector<Tensor>& in) { return cumprod(in[0], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1), inner = in[0].size(2);
          Tensor y = in[0].clone();
          for (int64_t i = 0; i < y.numel(); ++i)
            if (i / inner % n > 0) y.data<double>()[i] *= y.data<double>()[i - inner];
          return y;
        },
    .bad =
        [] {
          cumprod(ones({2, 3}), 2);
        },
    .error = "[cumprod] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(  // with a 0 here and there
    cumprod, .shapes = {{{4, 5}}, {{}}},
    .apply =
        [](const std::vector<Tensor>& in) { return cumprod(in[0] * gt(in[0], -0.5).to(in[0].dtype()), 0); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          for (int64_t i = 0; i < y.numel(); ++i) {
            double* at = y.data<double>() + i;
            *at = (*at > -0.5 ? *at : 0) * (i >= 5 ? at[-5] : 1);
          }
          return y;
        },
    .domain = away_from_zero);

}  // namespace lexigrad
