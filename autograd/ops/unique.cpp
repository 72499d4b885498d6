#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

UniqueResult unique(const Tensor& x) {
  check_arithmetic("unique", x.dtype());
  int64_t n = x.numel();
  auto [sorted, order] = sort(x.detach().reshape({n}), 0);
  Tensor changes = ne(slice(sorted, 0, 1), slice(sorted, 0, 0, -1));
  Tensor starts = cat({ones({std::min<int64_t>(n, 1)}, boolean), changes});
  Tensor group = cumsum(starts, 0) - 1;
  Tensor inverse = scatter(zeros({n}, int64), 0, order, group);
  return {masked_select(sorted, starts), inverse.reshape(x.shape()), bincount(group)};
}
UniqueResult Tensor::unique() const { return lexigrad::unique(*this); }

EXAMPLE(
    unique, .shapes = {{{3, 4}}, {{}}, {{0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          auto [values, inverse, counts] = unique(round(in[0]));
          return std::vector<Tensor>{values, inverse, counts};
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> all = round(in[0]).to_vector<double>(), values, inverse, counts;
          for (int value = -9; value < 10; ++value)
            if (auto count = std::count(all.begin(), all.end(), value); count > 0) {
              values.push_back(value);
              counts.push_back(static_cast<double>(count));
            }
          for (double v : all)
            inverse.push_back(
                static_cast<double>(std::find(values.begin(), values.end(), v) - values.begin()));
          return std::vector<Tensor>{tensor(values), from_values<double>(inverse, in[0].shape()),
                                     tensor(counts)};
        },
    .bad = [] { unique(ones({2}, bfloat16)); },
    .error = "[unique] bfloat16 is for storage alone. Hint: x.to(float32) converts", .differentiable = false);

}  // namespace lexigrad
