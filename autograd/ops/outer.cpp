#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor outer(const Tensor& a, const Tensor& b) {
  check(a.rank() == 1 && b.rank() == 1, "outer", "Needs two vectors, got ", a.shape(), " and ", b.shape());
  return unsqueeze(a, 1) * b;
}
Tensor Tensor::outer(const Tensor& other) const { return lexigrad::outer(*this, other); }

EXAMPLE(
    outer, .shapes = {{{3}, {4}}, {{0}, {2}}},
    .apply = [](const std::vector<Tensor>& in) { return outer(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t m = in[1].numel();
          Tensor y = zeros({in[0].numel(), m}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[i / m] * in[1].data<double>()[i % m];
          return y;
        },
    .bad =
        [] {
          outer(ones({2, 3}), ones({2}));
        },
    .error = "[outer] Needs two vectors, got [2, 3] and [2]");

}  // namespace lexigrad
