#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor detail::unslice(const SliceGrad& g, const Shape& whole) {
  auto [x, dim, start, end, step] = g;
  Tensor y = zeros(whole, x.dtype());
  slice(y, dim, start, end, step).copy_(x.detach());
  return record("unslice", std::move(y), {x},
                [dim = dim, start = start, end = end, step = step](const Tensor& dy, Grads& dx) {
                  dx[0] += slice(dy, dim, start, end, step);
                });
}

Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end, int64_t step) {
  dim = wrap_dim("slice", dim, x.rank());
  check(step >= 1, "slice", "Step ", step, " is not positive (valid are 1, 2, ...)");
  int64_t size = x.shape()[dim];
  auto bound = [size](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
  start = bound(start);
  end = std::max(start, bound(end));
  Shape shape = x.shape(), strides = x.strides();
  shape[dim] = end > start ? (end - start - 1) / step + 1 : 0;
  if (shape[dim] > 1) strides[dim] *= step;
  return record("slice", detail::new_view(x, shape, strides, start * x.strides()[dim]), {x},
                [dim, start, end, step](const Tensor& dy, Grads& dx) {
                  dx[0] += SliceGrad{dy, dim, start, end, step};
                });
}

EXAMPLE(
    slice, .shapes = {{{3, 7}}, {{0, 7}}},
    .apply = [](const std::vector<Tensor>& in) { return slice(in[0], 1, 1, -1, 2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({in[0].size(0), 3}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[i / 3 * 7 + 1 + i % 3 * 2];
          return y;
        },
    .bad =
        [] {
          slice(ones({2, 3}), 1, 0, 2, 0);
        },
    .error = "[slice] Step 0 is not positive (valid are 1, 2, ...)");

}  // namespace lexigrad
