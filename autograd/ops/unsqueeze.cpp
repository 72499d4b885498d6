#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  dim = wrap_dim("unsqueeze", dim, x.rank() + 1);
  return view(x, x.shape().with(dim, 1));
}
Tensor Tensor::unsqueeze(int64_t dim) const { return lexigrad::unsqueeze(*this, dim); }

EXAMPLE(
    unsqueeze, .shapes = {{{2, 3}}, {{4}}, {{0, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return unsqueeze(in[0], -2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return from_values<double>(in[0].to_vector<double>(), in[0].shape().with(in[0].rank() - 1, 1));
        },
    .bad =
        [] {
          unsqueeze(ones({2, 3}), 3);
        },
    .error = "[unsqueeze] Dimension 3 is outside a tensor of rank 3 (valid are -3..2)");
EXAMPLE(
    unsqueeze, .shapes = {{{}}}, .apply = [](const std::vector<Tensor>& in) { return unsqueeze(in[0], 0); },
    .reference =
        [](const std::vector<Tensor>& in) { return from_values<double>(in[0].to_vector<double>(), {1}); });

}  // namespace lexigrad
