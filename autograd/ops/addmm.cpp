#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) {
  check(a.rank() == 2 && b.rank() == 2, "addmm", "Needs matrices, got shapes ", a.shape(), " and ", b.shape(),
        ". Hint: matmul takes batches");
  Tensor product = matmul(a, b);
  check(broadcast("addmm", input.shape(), product.shape()) == product.shape(), "addmm", "Input of shape ",
        input.shape(), " does not broadcast to the product, of shape ", product.shape());
  if (alpha != 1) product = product * alpha;
  if (beta == 0) return product;
  return (beta == 1 ? input : input * beta) + product;
}

// beta v + alpha x w for x (n, k), w (k, m) and v (m).
static Tensor addmm_reference(const std::vector<Tensor>& in, double beta, double alpha) {
  int64_t n = in[1].size(0), k = in[1].size(1), m = in[2].size(1);
  Tensor y = zeros({n, m}, float64);
  for (int64_t i = 0; i < n * m; ++i) {
    y.data<double>()[i] = beta * in[0].data<double>()[i % m];
    for (int64_t j = 0; j < k; ++j)
      y.data<double>()[i] +=
          alpha * in[1].data<double>()[i / m * k + j] * in[2].data<double>()[j * m + i % m];
  }
  return y;
}

EXAMPLE(
    addmm, .shapes = {{{4}, {2, 3}, {3, 4}}, {{4}, {2, 0}, {0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return addmm(in[0], in[1], in[2], 0.5, -2); },
    .reference = [](const std::vector<Tensor>& in) { return addmm_reference(in, 0.5, -2); },
    .bad =
        [] {
          addmm(ones({3}), ones({2, 3}), ones({3}));
        },
    .error = "[addmm] Needs matrices, got shapes [2, 3] and [3]. Hint: matmul takes batches");
EXAMPLE(
    addmm, .shapes = {{{4}, {2, 3}, {3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return addmm(in[0], in[1], in[2]); },
    .reference = [](const std::vector<Tensor>& in) { return addmm_reference(in, 1, 1); },
    .bad =
        [] {
          addmm(ones({2, 2, 4}), ones({2, 3}), ones({3, 4}));
        },
    .error = "[addmm] Input of shape [2, 2, 4] does not broadcast to the product, of shape [2, 4]");

}  // namespace lexigrad
