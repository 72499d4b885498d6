#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor hardtanh(const Tensor& x, double min, double max) {
  check(min <= max, "hardtanh", "min is ", min, ", max ", max, ": nothing lies between");
  return record("hardtanh", clamp(x.detach(), min, max), {x},
                [x = Saved(x), min, max](const Tensor& dy, Grads& dx) {
                  dx[0] += where(logical_or(le(x, min), ge(x, max)), 0, dy);
                });
}

EXAMPLE(
    hardtanh, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return hardtanh(in[0]); },
    .reference = elementwise([](double x) { return x < -1  ? -1
                                                   : x > 1 ? 1
                                                           : x; }),
    .domain = [](double x) { return x * (x * x > 0.7 && x * x < 1.5 ? 1.5 : 1); },  // off the bounds
    .bad = [] { hardtanh(ones({2}), 1, -1); }, .error = "[hardtanh] min is 1, max -1: nothing lies between");

}  // namespace lexigrad
