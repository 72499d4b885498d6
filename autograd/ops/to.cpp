#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor to(const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = empty(x.shape(), dtype);
  detail::convert_into(y, x);
  if (!is_floating(dtype) && dtype != bfloat16) return y;
  return record("to", std::move(y), {x},
                [from = arithmetic_dtype(x.dtype())](const Tensor& dy, Grads& dx) { dx[0] += to(dy, from); });
}

EXAMPLE(
    to, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return to(to(in[0], int64), float32); },
    .reference = elementwise([](double x) { return static_cast<double>(static_cast<int64_t>(x)); }),
    .bad = [] { to(Tensor(), float32); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something without one",
    .differentiable = false);

}  // namespace lexigrad
