#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor stack(const std::vector<Tensor>& parts, int64_t dim) {
  check(!parts.empty(), "stack", "Needs at least one tensor");
  dim = wrap_dim("stack", dim, parts[0].rank() + 1);
  std::vector<Tensor> rows;
  for (const Tensor& part : parts) {
    check(part.shape() == parts[0].shape(), "stack", "Shapes ", parts[0].shape(), " and ", part.shape(),
          " differ. Hint: cat() joins along a dimension that is there");
    rows.push_back(unsqueeze(part, dim));
  }
  return cat(rows, dim);
}

EXAMPLE(
    stack, .shapes = {{{2, 3}, {2, 3}}, {{0, 3}, {0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return stack(in, 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(0);
          Tensor y = zeros({n, 2, 3}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[static_cast<size_t>(i / 3 % 2)].data<double>()[i / 6 * 3 + i % 3];
          return y;
        },
    .bad =
        [] {
          stack({ones({2, 3}), ones({3})});
        },
    .error = "[stack] Shapes [2, 3] and [3] differ. Hint: cat() joins along a dimension that is there");
EXAMPLE(
    stack, .shapes = {{{}, {}, {}}}, .apply = [](const std::vector<Tensor>& in) { return stack(in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> values;
          for (const Tensor& x : in) values.push_back(x.item<double>());
          return from_values<double>(values, {3});
        });

}  // namespace lexigrad
