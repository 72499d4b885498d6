#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// From the nearer end, so that weights 0 and 1 give just the ends.
Tensor between(const Tensor& start, const Tensor& end, const Tensor& weight) {
  NoGrad off;
  Tensor way = end - start;
  return where(lt(abs(weight), 0.5), start + weight * way, end - way * (1 - weight));
}

}  // namespace

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  bool fits = start.dtype() == end.dtype() && end.dtype() == weight.dtype() && is_floating(end.dtype());
  check(fits, "lerp", "start is ", name(start.dtype()), ", end ", name(end.dtype()), ", weight ",
        name(weight.dtype()), ". Hint: all must be float32 or all float64; x.to(dtype) converts");
  return record(
      "lerp", between(start, end, weight), {start, end, weight},
      [start = Saved(start), end = Saved(end), weight = Saved(weight)](const Tensor& dy, Grads& dx) {
        if (dx.needs(0)) dx[0] += dy * (1 - *weight);
        if (dx.needs(1)) dx[1] += dy * weight;
        if (dx.needs(2)) dx[2] += dy * (*end - *start);
      });
}

Tensor lerp(const Tensor& start, const Tensor& end, double weight) {
  return lerp(start, end, full({}, weight, start.dtype()));
}
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  return lexigrad::lerp(*this, end, weight);
}
Tensor Tensor::lerp(const Tensor& end, double weight) const { return lexigrad::lerp(*this, end, weight); }

EXAMPLE(
    lerp, .shapes = {{{3, 4}, {3, 4}, {3, 4}}, {{4}, {3, 1}, {}}, {{0, 3}, {3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return lerp(in[0], in[1], in[2]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          auto times = elementwise([](double a, double b) { return a * b; });
          auto plus = elementwise([](double a, double b) { return a + b; });
          Tensor kept = elementwise([](double w) { return 1 - w; })({in[2]})[0];
          return plus({times({in[0], kept})[0], times({in[1], in[2]})[0]});
        },
    .bad = [] { lerp(ones({2}), ones({2}, float64), 0.5); },
    .error =
        "[lerp] start is float32, end float64, weight float32. Hint: all must be float32 or all float64; "
        "x.to(dtype) converts");
EXAMPLE(
    lerp, .shapes = {{{3, 4}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return lerp(in[0], in[1], 0.25); },
    .reference = elementwise([](double a, double b) { return 0.75 * a + 0.25 * b; }));

}  // namespace lexigrad
