#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor repeat(const Tensor& x, const std::vector<int64_t>& repeats) {
  Shape counts(repeats), grown, wide, result;  // x as (1, size, 1, size, ...), expanded, merged
  int64_t lead = counts.rank() - x.rank();
  check(lead >= 0, "repeat", counts.rank(), " repeats do not fit a tensor of shape ", x.shape(),
        ". Hint: one for each dimension, new ones in front");
  for (int64_t d = 0; d < counts.rank(); ++d) {
    check(counts[d] >= 0, "repeat", "Repeats ", counts, " include a negative one");
    int64_t size = d < lead ? 1 : x.shape()[d - lead];
    grown = grown.with(2 * d, 1).with(2 * d + 1, size);
    wide = wide.with(2 * d, counts[d]).with(2 * d + 1, size);
  }
  Tensor tiled = expand(view(x, grown), wide);
  for (int64_t d = 0; d < counts.rank(); ++d) result = result.with(d, wide[2 * d] * wide[2 * d + 1]);
  return view(clone(tiled), result);
}
Tensor Tensor::repeat(const std::vector<int64_t>& repeats) const { return lexigrad::repeat(*this, repeats); }

EXAMPLE(
    repeat, .shapes = {{{3, 2}}, {{3, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return repeat(in[0], {2, 1, 3});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(0), m = in[0].size(1);
          Tensor y = zeros({2, n, 3 * m}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[i / (3 * m) % n * m + i % m];
          return y;
        },
    .bad =
        [] {
          repeat(ones({2, 3}), {2});
        },
    .error =
        "[repeat] 1 repeats do not fit a tensor of shape [2, 3]. Hint: one for each dimension, new ones in "
        "front");
EXAMPLE(
    repeat, .shapes = {{{}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return repeat(in[0], {2, 0});
        },
    .reference =
        [](const std::vector<Tensor>&) {
          return zeros({2, 0}, float64);
        });

}  // namespace lexigrad
