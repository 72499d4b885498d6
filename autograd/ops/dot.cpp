#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor dot(const Tensor& a, const Tensor& b) {
  check(a.rank() == 1 && b.rank() == 1 && a.numel() == b.numel(), "dot",
        "Needs two vectors of one length, got ", a.shape(), " and ", b.shape());
  return is_floating(a.dtype()) ? matmul(a, b) : sum(a * b);
}
Tensor Tensor::dot(const Tensor& other) const { return lexigrad::dot(*this, other); }

EXAMPLE(
    dot, .shapes = {{{3}, {3}}, {{0}, {0}}},
    .apply = [](const std::vector<Tensor>& in) { return dot(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({}, float64);
          for (int64_t i = 0; i < in[0].numel(); ++i)
            *y.data<double>() += in[0].data<double>()[i] * in[1].data<double>()[i];
          return y;
        },
    .bad = [] { dot(ones({2}), ones({3})); },
    .error = "[dot] Needs two vectors of one length, got [2] and [3]");

}  // namespace lexigrad
