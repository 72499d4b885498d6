#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor bmm(const Tensor& a, const Tensor& b) {
  check(a.rank() == 3 && b.rank() == 3 && a.shape()[0] == b.shape()[0], "bmm",
        "Needs (batch, n, k) and (batch, k, m), got ", a.shape(), " and ", b.shape(),
        ". Hint: matmul() broadcasts");
  return matmul(a, b);
}
Tensor Tensor::bmm(const Tensor& other) const { return lexigrad::bmm(*this, other); }

EXAMPLE(
    bmm, .shapes = {{{2, 3, 4}, {2, 4, 5}}, {{0, 3, 4}, {0, 4, 5}}, {{2, 3, 0}, {2, 0, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return bmm(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t k = in[0].size(2);
          Tensor y = zeros({in[0].size(0), 3, 5}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            for (int64_t j = 0; j < k; ++j)
              y.data<double>()[i] +=
                  in[0].data<double>()[i / 5 * k + j] * in[1].data<double>()[(i / 15 * k + j) * 5 + i % 5];
          return y;
        },
    .bad =
        [] {
          bmm(ones({2, 3, 4}), ones({1, 4, 5}));
        },
    .error =
        "[bmm] Needs (batch, n, k) and (batch, k, m), got [2, 3, 4] and [1, 4, 5]. Hint: matmul() "
        "broadcasts");

}  // namespace lexigrad
