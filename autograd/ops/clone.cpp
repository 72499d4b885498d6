#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor clone(const Tensor& x) {
  Tensor y = empty(x.shape(), x.dtype());
  detail::convert_into(y, x);
  return record("clone", std::move(y), {x}, [](const Tensor& dy, Grads& dx) { dx[0] += dy; });
}

EXAMPLE(
    clone, .shapes = {{{3, 4}}, {{}}}, .apply = [](const std::vector<Tensor>& in) { return clone(in[0]); },
    .reference = elementwise([](double x) { return x; }), .bad = [] { clone(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something without one");

}  // namespace lexigrad
