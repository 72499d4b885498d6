#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor permute(const Tensor& x, const std::vector<int64_t>& dims) {
  int64_t rank = x.rank();
  check(static_cast<int64_t>(dims.size()) == rank, "permute", dims.size(),
        " dimensions do not order a tensor of shape ", x.shape(), ". Hint: name each of 0..", rank - 1,
        " once");
  Shape shape(rank, 0), strides(rank, 0);
  std::vector<int64_t> back(dims.size(), -1);
  for (int64_t i = 0; i < rank; ++i) {
    int64_t from = wrap_dim("permute", dims[i], rank);
    check(back[from] < 0, "permute", "Dimension ", from, " is named twice");
    back[from] = i;
    shape[i] = x.shape()[from];
    strides[i] = x.strides()[from];
  }
  return record("permute", detail::new_view(x, shape, strides, 0), {x},
                [back](const Tensor& dy, Grads& dx) { dx[0] += permute(dy, back); });
}
Tensor Tensor::permute(const std::vector<int64_t>& dims) const { return lexigrad::permute(*this, dims); }

EXAMPLE(
    permute, .shapes = {{{2, 3, 4}}, {{2, 0, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return permute(in[0], {2, 0, 1});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t a = in[0].size(0), b = in[0].size(1), c = in[0].size(2);
          Tensor y = zeros({c, a, b}, float64);
          for (int64_t i = 0; i < a * b * c; ++i)
            y.data<double>()[i % c * a * b + i / c] = in[0].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          permute(ones({2, 3}), {0, 0});
        },
    .error = "[permute] Dimension 0 is named twice");

}  // namespace lexigrad
