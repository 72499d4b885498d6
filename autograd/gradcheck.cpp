#include "lexigrad/autograd/gradcheck.h"

#include <cmath>
#include <cstdio>
#include <ostream>

#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/grad.h"
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

double product_sum(const Tensor& a, const Tensor& b) {
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

// A function whose slopes to the left and to the right differ by far more than its curvature explains has a
// kink here; a gradient between the two is right.
bool is_kink(double below, double middle, double above, double h, double found) {
  double left = (middle - below) / h, right = (above - middle) / h;
  double size = std::max({std::abs(left), std::abs(right), 1e-3});
  return std::abs(right - left) > 1e-2 * size && found >= std::min(left, right) - 1e-4 * size &&
         found <= std::max(left, right) + 1e-4 * size;
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
  double middle = product_sum(y.detach(), cotangent);
  auto leave_out = [&](const std::string& what) {
    result.left_out += (result.left_out.empty() ? "" : ", ") + what;
  };
  for (const GradcheckInput& input : inputs) {
    Tensor analytic =
        input.tensor.has_grad() ? input.tensor.grad().contiguous() : zeros(input.tensor.shape(), float64);
    if (input.constant_row >= 0) leave_out(text("row ", input.constant_row, " of ", input.name));
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
      double above = product_sum(f(), cotangent);
      x = kept - h;
      double below = product_sum(f(), cotangent);
      x = kept;
      double numeric = (above - below) / (2 * h), allowed = options.atol + options.rtol * std::abs(numeric);
      if (!(std::abs(found - numeric) <= allowed) && is_kink(below, middle, above, h, found)) {
        leave_out(text("kink at ", input.name, ", index ", index_text(index)));
        continue;
      }
      weigh(result, {op, input.name, index, found, numeric, allowed});
    }
  }
  return result;
}

namespace {

// The caller's inputs stay as they are: their gradients are their own.
std::vector<GradcheckInput> named_copies(const std::vector<Tensor>& inputs) {
  std::vector<GradcheckInput> named;
  for (const Tensor& input : inputs) named.push_back({text("input ", named.size()), input.detach().clone()});
  return named;
}

std::vector<Tensor> tensors_of(const std::vector<GradcheckInput>& inputs) {
  std::vector<Tensor> tensors;
  for (const GradcheckInput& input : inputs) tensors.push_back(input.tensor);
  return tensors;
}

}  // namespace

GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named = named_copies(inputs);
  return gradcheck([&] { return f(tensors_of(named)); }, named, options);
}

GradcheckResult gradgradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                              const GradcheckOptions& options) {
  for (const GradcheckInput& input : inputs) input.tensor.requires_grad_();
  std::vector<Tensor> asked = tensors_of(inputs);
  Tensor cotangent = random_cotangent(f().shape(), options.seed + 1);
  std::vector<GradcheckInput> all = inputs;
  all.push_back({"cotangent", cotangent});
  auto gradients = [&] {
    detail::Recording on(true);  // differences are taken with recording off
    Tensor y = f();
    std::vector<Tensor> flat;
    if (y.requires_grad())
      for (const Tensor& g :
           grad(y, asked, {.grad_outputs = {cotangent}, .create_graph = true, .allow_unused = true}))
        if (g.defined()) flat.push_back(g.reshape({-1}));
    return flat.empty() ? zeros({0}, float64) : cat(flat);
  };
  return gradcheck(gradients, all, options);
}

GradcheckResult gradgradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named = named_copies(inputs);
  return gradgradcheck([&] { return f(tensors_of(named)); }, named, options);
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&), const Tensor& x) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0]); }, {x});
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0], in[1]); }, {a, b});
}

}  // namespace lexigrad
