#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor squeeze(const Tensor& x) {
  Shape shape;
  for (int64_t size : x.shape())
    if (size != 1) shape = shape.with(shape.rank(), size);
  return view(x, shape);
}

Tensor squeeze(const Tensor& x, int64_t dim) {
  dim = wrap_dim_or_scalar("squeeze", dim, x.rank());
  return x.rank() > 0 && x.shape()[dim] == 1 ? select(x, dim, 0) : x;
}
Tensor Tensor::squeeze() const { return lexigrad::squeeze(*this); }
Tensor Tensor::squeeze(int64_t dim) const { return lexigrad::squeeze(*this, dim); }

static Tensor same_values(const Tensor& x, const Shape& shape) {
  return from_values<double>(x.to_vector<double>(), shape);
}

EXAMPLE(
    squeeze, .shapes = {{{1, 3, 1, 4, 1}}, {{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return squeeze(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return same_values(in[0], {3, 4});
        },
    .bad =
        [] {
          squeeze(ones({2, 1}), 2);
        },
    .error = "[squeeze] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    squeeze, .shapes = {{{3, 1, 4}}, {{3, 4}}, {{0, 1}}},
    .apply = [](const std::vector<Tensor>& in) { return squeeze(in[0], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return same_values(in[0], s[1] == 1 ? s.without(1) : s);
        });

}  // namespace lexigrad
