#include "lexigrad/autograd/ops/shared/matrix.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(weight.rank() == 2 && x.rank() >= 1, "linear", "Needs x (..., in) and weight (out, in), got ",
        x.shape(), " and ", weight.shape());
  int64_t in = weight.size(1), out = weight.size(0);
  check(x.size(-1) == in, "linear", "x ", x.shape(), " has ", x.size(-1), " features, weight ",
        weight.shape(), " takes ", in, ". Hint: weight is (out, in)");
  check(x.dtype() == weight.dtype() || x.dtype() == arithmetic_dtype(weight.dtype()), "linear", "x is ",
        name(x.dtype()), ", weight ", name(weight.dtype()), ". Hint: x.to(dtype) converts");
  check(is_floating(x.dtype()), "linear", "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
  if (bias.defined())
    check(bias.shape() == Shape{out} && bias.dtype() == x.dtype(), "linear", "Bias must be ", name(x.dtype()),
          " [", out, "], got ", name(bias.dtype()), " ", bias.shape());
  Shape shape = x.shape();
  shape[shape.rank() - 1] = out;
  Tensor y = empty(shape, x.dtype());
  if (bias.defined()) y.copy_(bias.detach());
  Tensor from = x.rank() == 1 ? detail::new_view(x, {1, in}, {0, x.strides()[0]}, 0) : x;
  Tensor to = x.rank() == 1 ? detail::new_view(y, {1, out}, {out, 1}, 0) : y;
  Tensor wide = weight.dtype() == x.dtype() ? weight : weight.detach().to(x.dtype());
  detail::multiply_into(from, detail::new_view(wide, {in, out}, {wide.strides()[1], wide.strides()[0]}, 0),
                        bias.defined(), to);
  std::vector<Tensor> inputs{x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return record("linear", std::move(y), inputs,
                [x = Saved(x), weight = Saved(weight)](const Tensor& dy, Grads& dx) {
                  int64_t rows = x->shape().without(x->rank() - 1).numel();
                  Tensor g = dy.reshape({rows, weight->size(0)});
                  if (dx.needs(0)) dx[0] += matmul(g, weight->to(dy.dtype())).reshape(x->shape());
                  if (dx.needs(1)) dx[1] += matmul(g.t(), x->reshape({rows, weight->size(1)}));
                  if (dx.count() > 2 && dx.needs(2)) dx[2] += sum(g, {0});
                });
}

static Tensor linear_reference(const std::vector<Tensor>& in) {
  int64_t k = in[1].size(1), m = in[1].size(0), n = in[0].numel() / std::max<int64_t>(k, 1);
  Shape shape = in[0].shape();
  shape[shape.rank() - 1] = m;
  Tensor y = zeros(shape, float64);
  for (int64_t i = 0; i < n * m; ++i) {
    double total = in.size() > 2 ? in[2].data<double>()[i % m] : 0;
    for (int64_t j = 0; j < k; ++j)
      total += in[0].data<double>()[i / m * k + j] * in[1].data<double>()[i % m * k + j];
    y.data<double>()[i] = total;
  }
  return y;
}

EXAMPLE(
    linear,
    .shapes = {{{3, 4}, {2, 4}, {2}}, {{2, 3, 4}, {5, 4}, {5}}, {{4}, {5, 4}, {5}}, {{0, 4}, {5, 4}, {5}}},
    .apply = [](const std::vector<Tensor>& in) { return linear(in[0], in[1], in[2]); },
    .reference = linear_reference,
    .bad =
        [] {
          linear(ones({2, 3}), ones({4, 2}));
        },
    .error = "[linear] x [2, 3] has 3 features, weight [4, 2] takes 2. Hint: weight is (out, in)");
EXAMPLE(
    linear, .shapes = {{{3, 4}, {2, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return linear(in[0], in[1]); },
    .reference = linear_reference);

}  // namespace lexigrad
