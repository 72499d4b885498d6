#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor expand(const Tensor& x, const Shape& sizes) {
  Shape shape = sizes;
  int64_t added = shape.rank() - x.rank();
  for (int64_t d = 0; d < shape.rank(); ++d) {
    if (sizes[d] == -1 && d >= added) shape[d] = x.shape()[d - added];
    check(shape[d] >= 0, "expand", "A tensor of shape ", x.shape(), " does not expand to ", sizes,
          ". Hint: sizes are >= 0, or -1 to keep the tensor's own");
  }
  check(added >= 0 && broadcast("expand", x.shape(), shape) == shape, "expand", "A tensor of shape ",
        x.shape(), " does not expand to ", sizes,
        ". Hint: only sizes of 1 are repeated, and new dimensions come first");
  Shape strides = detail::broadcast_strides(x.shape(), x.strides(), shape);
  return record("expand", detail::new_view(x, shape, strides, 0), {x},
                [](const Tensor& dy, Grads& dx) { dx[0] += dy; });
}
Tensor Tensor::expand(const Shape& shape) const { return lexigrad::expand(*this, shape); }

EXAMPLE(
    expand, .shapes = {{{3, 1}}, {{1}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return expand(in[0], {2, in[0].numel() == 3 ? -1 : 3, 4});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({2, 3, 4}, float64);
          for (int64_t i = 0; i < 24; ++i)
            y.data<double>()[i] = in[0].data<double>()[in[0].numel() == 1 ? 0 : i / 4 % 3];
          return y;
        },
    .bad =
        [] {
          expand(ones({2, 3}), {3});
        },
    .error =
        "[expand] A tensor of shape [2, 3] does not expand to [3]. Hint: only sizes of 1 are repeated, and "
        "new dimensions come first");

}  // namespace lexigrad
