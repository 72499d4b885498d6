#include <cmath>

#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/rows.h"

namespace lexigrad {
Tensor softmax(const Tensor& x, int64_t dim) {
  dim = wrap_dim("softmax", dim, std::max<int64_t>(x.rank(), 1));  // a scalar is a row of one
  if (x.rank() > 0 && dim != x.rank() - 1) return transpose(softmax(transpose(x, dim, -1), -1), dim, -1);
  Tensor y = dispatch_floating("softmax", x.dtype(), [&]<class T>(T) {
    Tensor to = empty(x.shape(), x.dtype());
    detail::over_rows<T, 1>(to, {x}, [&](auto from, int64_t at, int64_t n) {
      kernels::softmax<T>(from[0], detail::pointer<T>(to) + at, n);
    });
    return to;
  });
  return record("softmax", std::move(y), {x}, [](const Tensor& dy, const Tensor& y, Grads& dx) {
    if (grad_enabled()) {
      dx[0] += y * (dy - sum(dy * y, {-1}, true));
      return;
    }
    Tensor out = empty(y.shape(), y.dtype());
    dispatch_floating("softmax", y.dtype(), [&]<class T>(T) {
      detail::over_rows<T, 2>(out, {y, dy}, [&](auto from, int64_t at, int64_t n) {
        kernels::softmax_gradient<T>(from[0], from[1], detail::pointer<T>(out) + at, n);
      });
    });
    dx[0] += std::move(out);
  });
}

static Tensor softmax_reference(const Tensor& x, int64_t outer, int64_t n, int64_t inner) {
  Tensor y = zeros(x.shape(), float64);
  const double* from = x.data<double>();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      double total = 0;
      for (int64_t k = 0; k < n; ++k) total += std::exp(from[(o * n + k) * inner + i]);
      for (int64_t k = 0; k < n; ++k) {
        double v = from[(o * n + k) * inner + i];
        y.data<double>()[(o * n + k) * inner + i] = std::exp(v) / total;
      }
    }
  return y;
}

EXAMPLE(
    softmax, .shapes = {{{3, 4}}, {{2, 70}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return softmax(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return softmax_reference(in[0], in[0].size(0), in[0].size(1), 1);
        },
    .bad =
        [] {
          softmax(ones({2, 3}), 2);
        },
    .error = "[softmax] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    softmax, .shapes = {{{3, 4, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return softmax(in[0], 1); },
    .reference = [](const std::vector<Tensor>& in) { return softmax_reference(in[0], 3, 4, 2); });

}  // namespace lexigrad
