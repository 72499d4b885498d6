#include "lexigrad/autograd/gradcheck.h"

#include <cmath>
#include <cstdio>
#include <ostream>

#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/autograd/tape.h"

namespace lexigrad {
namespace {

std::string short_number(double x, const char* format) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, format, x);
  std::string out = buffer;
  if (size_t zero = out.find("e-0"); zero != std::string::npos) out.erase(zero + 2, 1);
  return out;
}

std::string index_text(const Shape& index) {
  std::string out = "[";
  for (int64_t i = 0; i < index.rank(); ++i) out += text(i ? "," : "", index[i]);
  return out + "]";
}

Shape unravel(int64_t flat, const Shape& shape) {
  Shape index(shape.rank(), 0);
  for (int64_t d = shape.rank() - 1; d >= 0; flat /= shape[d--]) index[d] = flat % shape[d];
  return index;
}

// The element at a flat row-major position, whatever the strides.
double& element(const Tensor& x, const Shape& index) {
  int64_t at = 0;
  for (int64_t d = 0; d < x.rank(); ++d) at += index[d] * x.strides()[d];
  return x.data<double>()[at];
}

double dot(const Tensor& a, const Tensor& b) {
  std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double total = 0;
  for (size_t i = 0; i < x.size(); ++i) total += x[i] * y[i];
  return total;
}

Tensor random_cotangent(const Shape& shape, uint64_t seed) {
  std::vector<double> values;
  CounterRng random(seed, 0);
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(2 * random.uniform(0, static_cast<uint64_t>(i)) - 1);
  return from_values<double>(values, shape);
}

void weigh(GradcheckResult& result, const GradEntry& entry) {
  bool first = result.checked++ == 0;
  bool good = entry.error() <= entry.allowed;  // false for NaN
  if (!good) result.ok = false;
  double now = entry.error() / entry.allowed, worst = result.worst.error() / result.worst.allowed;
  if (first || std::isnan(now) || now > worst) result.worst = entry;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const GradcheckResult& result) {
  const GradEntry& w = result.worst;
  if (result.checked == 0) return out << "ok, nothing to check: no input has entries";
  std::string place = text(w.input, ", index ", index_text(w.index));
  if (result.ok)
    return out << text(w.op, ": ok, ", result.checked, " entries, worst ", short_number(w.error(), "%.1e"),
                       " at ", place, result.left_out.empty() ? "" : ", left out: ", result.left_out);
  return out << text(w.op, ": ", place, ": analytic ", short_number(w.analytic, "%.4g"), ", numeric ",
                     short_number(w.numeric, "%.4g"), " (off by ", short_number(w.error(), "%.1e"),
                     ", allowed ", short_number(w.allowed, "%.0e"), ")");
}

GradcheckResult gradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                          const GradcheckOptions& options) {
  for (const GradcheckInput& input : inputs) {
    check(input.tensor.dtype() == float64, "gradcheck", input.name, " is ", name(input.tensor.dtype()),
          "; differences need float64. Hint: randn(shape, float64), module.to(float64)");
    input.tensor.requires_grad_().zero_grad();
  }
  Tensor y = f();
  check(equal(y.detach(), f().detach()), "gradcheck",
        "The function gives other values when it is called again. Hint: fix its seed");
  std::string op = y.requires_grad() && !y.is_leaf() ? y.body()->node->name : "function";
  Tensor cotangent = random_cotangent(y.shape(), options.seed);
  if (y.requires_grad()) y.backward(cotangent.to(y.dtype()));

  GradcheckResult result;
  NoGrad off;
  for (const GradcheckInput& input : inputs) {
    Tensor analytic =
        input.tensor.has_grad() ? input.tensor.grad().contiguous() : zeros(input.tensor.shape(), float64);
    if (input.constant_row >= 0)
      result.left_out +=
          text(result.left_out.empty() ? "row " : ", row ", input.constant_row, " of ", input.name);
    for (int64_t i = 0; i < input.tensor.numel(); ++i) {
      Shape index = unravel(i, input.tensor.shape());
      double found = analytic.data<double>()[i];
      if (input.constant_row >= 0 && index[0] == input.constant_row) {
        if (found != 0) weigh(result, {op, input.name, index, found, 0, 0});
        continue;
      }
      double& x = element(input.tensor, index);
      double kept = x, h = 1e-5 * std::max(1.0, std::abs(kept));
      x = kept + h;
      double above = dot(f(), cotangent);
      x = kept - h;
      double below = dot(f(), cotangent);
      x = kept;
      double numeric = (above - below) / (2 * h);
      weigh(result, {op, input.name, index, found, numeric, options.atol + options.rtol * std::abs(numeric)});
    }
  }
  return result;
}

GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named;
  std::vector<Tensor> leaves;  // not the caller's handles: their gradients stay as they were
  for (const Tensor& input : inputs) {
    leaves.push_back(input.detach().clone());
    named.push_back({text("input ", named.size()), leaves.back()});
  }
  return gradcheck([&] { return f(leaves); }, named, options);
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&), const Tensor& x) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0]); }, {x});
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0], in[1]); }, {a, b});
}

}  // namespace lexigrad
