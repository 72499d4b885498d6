// product_and_sum(a, b) = (a b, a + b): copy to autograd/ops/product_and_sum.cpp and add its line to
// autograd/ops/ops.h.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

std::vector<Tensor> product_and_sum(const Tensor& a, const Tensor& b) {
  check(a.shape() == b.shape(), "product_and_sum", "The shapes are ", a.shape(), " and ", b.shape());
  std::vector<Tensor> y{a.detach() * b.detach(), a.detach() + b.detach()};
  return record("product_and_sum", std::move(y), {a, b},
                [a = Saved(a), b = Saved(b)](const OutputGrads& dy, Grads& dx) {
                  dx[0] += dy[0] * b + dy[1];
                  dx[1] += dy[0] * a + dy[1];
                });
}

EXAMPLE(
    product_and_sum, .shapes = {{{3, 4}, {3, 4}}, {{}, {}}},
    .apply = [](const std::vector<Tensor>& in) { return product_and_sum(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<Tensor> y{zeros(in[0].shape(), float64), zeros(in[0].shape(), float64)};
          const double *a = in[0].data<double>(), *b = in[1].data<double>();
          for (int64_t i = 0; i < in[0].numel(); ++i) {
            y[0].data<double>()[i] = a[i] * b[i];
            y[1].data<double>()[i] = a[i] + b[i];
          }
          return y;
        },
    .bad = [] { product_and_sum(ones({2}), ones({3})); },
    .error = "[product_and_sum] The shapes are [2] and [3]");

}  // namespace lexigrad
