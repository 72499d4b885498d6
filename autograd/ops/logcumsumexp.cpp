#include <cmath>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// log(e^a + e^b).
double log_sum(double a, double b) {
  if (a == b && std::isinf(a)) return a;
  return (a > b ? a : b) + std::log1p(std::exp(-std::abs(a - b)));
}

// e^(a - b) for a <= b; nothing has no share, of nothing either.
double share(double a, double b) { return a == -INFINITY ? 0 : std::exp(a - b); }

template <class T>
void running_logs(const T* x, T* y, int64_t n, int64_t step) {
  double total = -INFINITY;
  for (int64_t i = 0; i < n; ++i) y[i * step] = static_cast<T>(total = log_sum(total, x[i * step]));
}

// dx[i] = e^(x[i] - y[i]) r[i] with r[i] = dy[i] + e^(y[i] - y[i + 1]) r[i + 1]: no power is above 1.
template <class T>
void running_gradient(const T* x, const T* y, const T* dy, T* dx, int64_t n, int64_t step) {
  double r = 0;
  for (int64_t i = n - 1; i >= 0; --i) {
    int64_t at = i * step;
    r = dy[at] + (i + 1 < n ? share(y[at], y[at + step]) * r : 0);
    dx[at] = static_cast<T>(share(x[at], y[at]) * r);
  }
}

Tensor gradient(const Tensor& x, const Tensor& y, const Tensor& dy, const detail::Axis& of) {
  Tensor from = x.detach().contiguous(), logs = y.detach().contiguous(), source = dy.contiguous(),
         dx = empty(x.shape(), x.dtype());
  dispatch_floating("logcumsumexp", x.dtype(), [&]<class T>(T) {
    detail::each_column(of, [&](int64_t at) {
      running_gradient(detail::pointer<T>(from) + at, detail::pointer<T>(logs) + at,
                       detail::pointer<T>(source) + at, detail::pointer<T>(dx) + at, of.n, of.inner);
    });
  });
  return dx;
}

Tensor composed(const Tensor& x, int64_t dim) {
  return x.rank() == 0 ? clone(x) : detail::scan(x, dim, logaddexp);
}

}  // namespace

Tensor logcumsumexp(const Tensor& x, int64_t dim) {
  detail::Axis of("logcumsumexp", x.shape(), dim);
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  dispatch_floating("logcumsumexp", x.dtype(), [&]<class T>(T) {
    detail::each_column(of, [&](int64_t at) {
      running_logs(detail::pointer<T>(from) + at, detail::pointer<T>(y) + at, of.n, of.inner);
    });
  });
  return record("logcumsumexp", std::move(y), {x},
                [x = Saved(x), of](const Tensor& dy, const Tensor& y, Grads& dx) {
                  if (grad_enabled())
                    return detail::composed_gradients(
                        [&](const std::vector<Tensor>& in) { return composed(in[0], of.dim); }, {x}, dy, dx);
                  dx[0] += gradient(x, y, dy, of);
                });
}
Tensor Tensor::logcumsumexp(int64_t dim) const { return lexigrad::logcumsumexp(*this, dim); }

EXAMPLE(
    logcumsumexp, .shapes = {{{3, 4, 2}}, {{2, 0, 3}}, {{2, 5, 1}}},
    .apply = [](const std::vector<Tensor>& in) { return logcumsumexp(in[0], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1), inner = in[0].size(2);
          Tensor y = in[0].clone();
          double* at = y.data<double>();
          for (int64_t i = 0; i < y.numel(); ++i)
            at[i] = std::exp(at[i]) + (i / inner % n > 0 ? at[i - inner] : 0);
          for (int64_t i = 0; i < y.numel(); ++i) at[i] = std::log(at[i]);
          return y;
        },
    .bad = [] { logcumsumexp(arange(3), 0); },
    .error = "[logcumsumexp] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    logcumsumexp, .shapes = {{{}}},
    .apply = [](const std::vector<Tensor>& in) { return logcumsumexp(in[0], -1); },
    .reference = [](const std::vector<Tensor>& in) { return in[0]; });

}  // namespace lexigrad
