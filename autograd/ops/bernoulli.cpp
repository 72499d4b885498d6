#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad {

Tensor bernoulli(const Tensor& p, Generator& from) {
  check(is_floating(p.dtype()), "bernoulli", "Needs float32 or float64, got ", name(p.dtype()),
        ". Hint: x.to(float32) converts");
  for (double each : p.to_vector<double>())
    check(each >= 0 && each <= 1, "bernoulli", "A probability is ", each, "; it must lie in 0..1");
  return lt(uniform_(empty(p.shape(), p.dtype()), 0, 1, from), p).to(p.dtype());
}

EXAMPLE(  // of 0 and 1; the draws of others are PyTorch's in torch/semantics_test.cpp
    bernoulli, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return bernoulli(gt(in[0], 0).to(in[0].dtype())); },
    .reference = elementwise([](double x) { return x > 0 ? 1.0 : 0.0; }),
    .bad = [] { bernoulli(full({2}, 1.5)); },
    .error = "[bernoulli] A probability is 1.5; it must lie in 0..1", .differentiable = false);

}  // namespace lexigrad
