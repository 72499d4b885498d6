#include "lexigrad/autograd/ops/shared/example.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {
std::vector<Example>& registry() {
  return detail::made_once([] { return std::vector<Example>(); });
}
}  // namespace

const std::vector<Example>& examples() {
  std::stable_sort(registry().begin(), registry().end(),
                   [](const Example& a, const Example& b) { return a.op < b.op; });
  return registry();
}

detail::Registration::Registration(const char* op, Example example) {
  example.op = op;
  registry().push_back(std::move(example));
}

std::vector<Tensor> example_inputs(const Example& example, const std::vector<Shape>& shapes, uint64_t seed) {
  std::vector<Tensor> inputs;
  for (size_t k = 0; k < shapes.size(); ++k) {
    std::vector<double> values;
    CounterRng random(seed, k);
    for (int64_t i = 0; i < shapes[k].numel(); ++i) {
      double u = -6;  // the sum of 12 uniform numbers has variance 1 and mean 6
      for (uint64_t j = 0; j < 12; ++j) u += random.uniform(static_cast<uint64_t>(i), j);
      values.push_back(example.domain ? example.domain(u) : u);
    }
    inputs.push_back(from_values<double>(values, shapes[k]));
  }
  return inputs;
}

Example::Function elementwise(double (*f)(double)) {
  return [f](const std::vector<Tensor>& in) {
    std::vector<double> values = in[0].to_vector<double>();
    for (double& v : values) v = f(v);
    return from_values<double>(values, in[0].shape());
  };
}

Example::Function elementwise(double (*f)(double, double)) {
  return [f](const std::vector<Tensor>& in) {
    Tensor out = zeros(broadcast("example", in[0].shape(), in[1].shape()), float64);
    auto read = [&](const Tensor& x, int64_t flat) {  // x broadcast to out, at out's flat position
      int64_t at = 0;
      for (int64_t d = out.rank() - 1, k = x.rank() - 1; k >= 0; --d, --k) {
        if (x.shape()[k] != 1) at += flat % out.shape()[d] * x.strides()[k];
        flat /= out.shape()[d];
      }
      return x.data<double>()[at];
    };
    for (int64_t i = 0; i < out.numel(); ++i) out.data<double>()[i] = f(read(in[0], i), read(in[1], i));
    return out;
  };
}

double away_from_zero(double x) { return x < 0 ? x - 0.1 : x + 0.1; }
double positive(double x) { return 0.2 + std::abs(x); }

}  // namespace lexigrad
