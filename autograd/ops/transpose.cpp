#include <numeric>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor transpose(const Tensor& x, int64_t a, int64_t b) {
  a = wrap_dim_or_scalar("transpose", a, x.rank());
  b = wrap_dim_or_scalar("transpose", b, x.rank());
  if (x.rank() == 0) return view(x, {});
  Shape shape = x.shape(), strides = x.strides();
  std::swap(shape[a], shape[b]);
  std::swap(strides[a], strides[b]);
  return record("transpose", detail::new_view(x, shape, strides, 0), {x},
                [a, b](const Tensor& dy, Grads& dx) { dx[0] += transpose(dy, a, b); });
}

EXAMPLE(
    transpose, .shapes = {{{3, 4}}, {{2, 3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return transpose(in[0], -1, -2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(-2), m = in[0].size(-1), batch = in[0].numel() / (n * m);
          Tensor y = zeros(in[0].rank() == 2 ? Shape{m, n} : Shape{batch, m, n}, float64);
          for (int64_t b = 0; b < batch; ++b)
            for (int64_t i = 0; i < n; ++i)
              for (int64_t j = 0; j < m; ++j)
                y.data<double>()[(b * m + j) * n + i] = in[0].data<double>()[(b * n + i) * m + j];
          return y;
        },
    .bad =
        [] {
          transpose(ones({2, 3}), 0, 2);
        },
    .error = "[transpose] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");

}  // namespace lexigrad
