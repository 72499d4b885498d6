#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor diff(const Tensor& x, int64_t n, int64_t dim) {
  check(n >= 0, "diff", "Cannot take differences ", n, " times");
  dim = wrap_dim("diff", dim, x.rank());
  Tensor y = x;
  for (int64_t k = 0; k < n && y.size(dim) > 0; ++k) {
    Tensor later = slice(y, dim, 1), earlier = slice(y, dim, 0, -1);
    y = x.dtype() == boolean ? logical_xor(later, earlier) : later - earlier;
  }
  return y;
}
Tensor Tensor::diff(int64_t n, int64_t dim) const { return lexigrad::diff(*this, n, dim); }

EXAMPLE(
    diff, .shapes = {{{3, 4}}, {{2, 1}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return diff(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1), m = n > 0 ? n - 1 : 0;
          Tensor y = zeros({in[0].size(0), m}, float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double* at = in[0].data<double>() + i / m * n + i % m;
            y.data<double>()[i] = at[1] - at[0];
          }
          return y;
        },
    .bad = [] { diff(ones({3}), -1); }, .error = "[diff] Cannot take differences -1 times");
EXAMPLE(
    diff, .shapes = {{{5}}}, .apply = [](const std::vector<Tensor>& in) { return diff(in[0], 2, 0); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* x = in[0].data<double>();
          return tensor({x[2] - 2 * x[1] + x[0], x[3] - 2 * x[2] + x[1], x[4] - 2 * x[3] + x[2]}, float64);
        });

}  // namespace lexigrad
