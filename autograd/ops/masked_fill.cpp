#include "lexigrad/autograd/ops/shared/op.h"

#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad {

Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  Tensor y = detail::pick("masked_fill", mask, full({}, value, x.dtype()), x);
  return record("masked_fill", std::move(y), {x},
                [mask = Saved(mask)](const Tensor& dy, Grads& dx) { dx[0] += masked_fill(dy, mask, 0); });
}
Tensor Tensor::masked_fill(const Tensor& mask, Scalar value) const {
  return lexigrad::masked_fill(*this, mask, value);
}

static const Tensor& example_mask() {
  return detail::made_once([] { return tensor({true, false, false, true}); });
}

EXAMPLE(
    masked_fill, .shapes = {{{3, 4}}, {{3, 1}}, {{}}, {{0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return masked_fill(in[0], example_mask(), -2.5); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return elementwise([](double x, double at) { return at == 0 || at == 3 ? -2.5 : x; })(
              {in[0], tensor({0.0, 1.0, 2.0, 3.0}, float64)});
        },
    .bad = [] { masked_fill(ones({2}), ones({2}), 0); },
    .error =
        "[masked_fill] The condition must be bool, got float32. Hint: a comparison makes one, such as gt(x, "
        "0); x.to(boolean) converts");

}  // namespace lexigrad
