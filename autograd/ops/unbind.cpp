#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  dim = wrap_dim("unbind", dim, x.rank());
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < x.shape()[dim]; ++i)
    parts.push_back(
        detail::new_view(x, x.shape().without(dim), x.strides().without(dim), i * x.strides()[dim]));
  return record("unbind", std::move(parts), {x}, [dim](const OutputGrads& dy, Grads& dx) {
    if (dy.present().size() == dy.size()) return dx[0] += stack(dy.present(), dim);
    for (size_t k = 0; k < dy.size(); ++k) {
      int64_t i = static_cast<int64_t>(k);
      if (dy.has(k)) dx[0] += SliceGrad{unsqueeze(dy[k], dim), dim, i, i + 1, 1};
    }
  });
}
std::vector<Tensor> Tensor::unbind(int64_t dim) const { return lexigrad::unbind(*this, dim); }

static Tensor row_of(const Tensor& x, int64_t i, int64_t step, int64_t n) {  // x[i], x[i + step], ...
  Tensor y = zeros({n}, float64);
  for (int64_t k = 0; k < n; ++k) y.data<double>()[k] = x.data<double>()[i + k * step];
  return y;
}

EXAMPLE(
    unbind, .shapes = {{{3, 4}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return unbind(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<Tensor> rows;
          int64_t n = in[0].size(1);
          for (int64_t i = 0; i < in[0].size(0); ++i) rows.push_back(row_of(in[0], i * n, 1, n));
          return rows;
        },
    .bad =
        [] {
          unbind(ones({2, 3}), 2);
        },
    .error = "[unbind] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    unbind, .shapes = {{{3, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          std::vector<Tensor> parts = unbind(in[0], -1);
          return (parts.size() > 1 ? parts[1] : in[0]) * 2;
        },
    .reference = [](const std::vector<Tensor>& in) { return row_of(in[0], 1, 2, 3) * 2; });

}  // namespace lexigrad
