// softsign(x) = x / (1 + |x|): copy to autograd/ops/softsign.cpp and add its line to autograd/ops/ops.h.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor softsign(const Tensor& x) {
  Tensor y = x / (1 + abs(x));
  return record("softsign", y, {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / square(1 + abs(x)); });
}

EXAMPLE(
    softsign, .shapes = {{{3, 4}}, {{}}, {{0, 2}}},
    .apply = [](const std::vector<Tensor>& x) { return softsign(x[0]); },
    .reference = elementwise([](double x) { return x / (1 + std::abs(x)); }), .domain = away_from_zero,
    .bad = [] { softsign(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something without one");

}  // namespace lexigrad
