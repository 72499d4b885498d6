#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/triangle.h"

namespace lexigrad {

Tensor tril(const Tensor& x, int64_t diagonal) {
  auto keep = [diagonal](int64_t above) { return above <= diagonal; };
  return record("tril", detail::triangle("tril", x, keep), {x},
                [diagonal](const Tensor& dy, Grads& dx) { dx[0] += tril(dy, diagonal); });
}

static Tensor tril_reference(const Tensor& x, int64_t diagonal) {
  Tensor y = x.clone();
  int64_t n = x.size(-2), m = x.size(-1);
  for (int64_t i = 0; i < y.numel(); ++i)
    if (!(i % m - i / m % n <= diagonal)) y.data<double>()[i] = 0;
  return y;
}

EXAMPLE(
    tril, .shapes = {{{3, 4}}, {{2, 4, 3}}, {{2, 0, 3}}, {{1, 3}}, {{3, 1}}},
    .apply = [](const std::vector<Tensor>& in) { return tril(in[0]); },
    .reference = [](const std::vector<Tensor>& in) { return tril_reference(in[0], 0); },
    .bad = [] { tril(ones({3})); }, .error = "[tril] Needs matrices (..., n, m), got shape [3]");
EXAMPLE(
    tril, .shapes = {{{4, 3}}}, .apply = [](const std::vector<Tensor>& in) { return tril(in[0], -1); },
    .reference = [](const std::vector<Tensor>& in) { return tril_reference(in[0], -1); });

}  // namespace lexigrad
