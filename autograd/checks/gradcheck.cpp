#include "lexigrad/autograd/checks/gradcheck.h"

#include <cmath>
#include <cstdio>
#include <ostream>
#include <sstream>
#include <utility>

#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

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

void weigh(GradcheckResult& result, const GradEntry& entry, const GradcheckOptions& options) {
  bool first = result.checked++ == 0;
  bool good = entry.error() <= entry.allowed;  // false for NaN
  if (!good) {
    result.ok = false;
    if (result.wrong_count++ < options.max_wrong) result.wrong.push_back(entry);
  }
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

// A function whose change over a tenth of the step is still that over the whole step jumps here.
bool is_jump(double change, double change_near, double value) {
  return std::abs(change) > 1e-6 * std::max(1.0, std::abs(value)) &&
         std::abs(change_near) > 0.5 * std::abs(change);
}

std::string place_of(const GradEntry& e) { return text(e.input, ", index ", index_text(e.index)); }

std::string numbers_of(const GradEntry& e) {
  return text(": analytic ", short_number(e.analytic, "%.4g"), ", numeric ", short_number(e.numeric, "%.4g"),
              " (off by ", short_number(e.error(), "%.1e"), ", allowed ", short_number(e.allowed, "%.0e"),
              ")");
}

std::string op_of(const Tensor& y) {
  return y.requires_grad() && !y.is_leaf() ? detail::body_of(y)->node->name : "function";
}

bool is_checked(const GradcheckInput& input) { return is_floating(input.tensor.dtype()); }

void check_dtypes(const std::vector<GradcheckInput>& inputs) {
  for (const GradcheckInput& input : inputs) {
    Dtype dtype = input.tensor.dtype();
    check(dtype == float64 || dtype == int64 || dtype == boolean, "gradcheck", input.name, " is ",
          name(dtype), "; differences need float64. Hint: randn(shape, float64), module.to(float64)");
  }
}

void check_same(const std::string& what, const Tensor& first, const Tensor& again) {
  check(first.shape() == again.shape(), "gradcheck", "The ", what, " gives shape ", first.shape(),
        ", and when it is called again ", again.shape());
  std::vector<double> a = first.to_vector<double>(), b = again.to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i])))
      fail("gradcheck", text("The ", what, " gives other values when it is called again: ", a[i],
                             " at index ", index_text(unravel(static_cast<int64_t>(i), first.shape())),
                             ", then ", b[i], ". Hint: fix its seed"));
}

struct Run {
  Tensor y;
  std::vector<Tensor> gradients;  // zeros where there is none, nothing for what is not checked
};

Run run(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs, uint64_t seed) {
  Run out{f(), {}};
  if (out.y.requires_grad()) out.y.backward(random_cotangent(out.y.shape(), seed).to(out.y.dtype()));
  for (const GradcheckInput& input : inputs) {
    const Tensor& x = input.tensor;
    out.gradients.push_back(!is_checked(input) ? Tensor()
                            : x.has_grad()     ? x.grad().contiguous()
                                               : zeros(x.shape(), float64));
    if (is_checked(input)) x.set_grad(Tensor());
  }
  return out;
}

// Differences of <f(), cotangent> against the gradient that the rules gave.
class Comparison {
 public:
  Comparison(const std::function<Tensor()>& f, const Run& run, const GradcheckOptions& options)
      : f_(f), options_(options), cotangent_(random_cotangent(run.y.shape(), options.seed)) {
    const Tensor& y = run.y;
    result_.worst.op = op_of(y);
    middle_ = product_sum(y.detach(), cotangent_);
  }
  void left_out(const std::string& what) {
    result_.left_out += (result_.left_out.empty() ? "" : ", ") + what;
  }
  void input(const GradcheckInput& input, const Tensor& analytic) {
    if (!is_checked(input)) return left_out(text(input.name, " (", name(input.tensor.dtype()), ")"));
    if (input.constant_row >= 0) left_out(text("row ", input.constant_row, " of ", input.name));
    for (int64_t i = 0; i < input.tensor.numel(); ++i) {
      Shape index = unravel(i, input.tensor.shape());
      GradEntry entry{result_.worst.op, input.name, index, analytic.data<double>()[i]};
      if (input.constant_row < 0 || index[0] != input.constant_row)
        differences(entry, element(input.tensor, index));
      else if (entry.analytic != 0)
        weigh(result_, entry, options_);
    }
  }
  const GradcheckResult& result() const { return result_; }

 private:
  double at(double& x, double value) const {
    double kept = std::exchange(x, value), y = product_sum(f_(), cotangent_);
    x = kept;
    return y;
  }
  void differences(GradEntry entry, double& x) {
    double h = 1e-5 * std::max(1.0, std::abs(x)), above = at(x, x + h), below = at(x, x - h);
    entry.numeric = (above - below) / (2 * h);
    entry.allowed = options_.atol + options_.rtol * std::abs(entry.numeric);
    if (!(entry.error() <= entry.allowed)) {
      if (is_kink(below, middle_, above, h, entry.analytic)) return left_out("kink at " + place_of(entry));
      if (is_jump(above - below, at(x, x + h / 10) - at(x, x - h / 10), middle_))
        return left_out("jump at " + place_of(entry));
    }
    weigh(result_, entry, options_);
  }

  const std::function<Tensor()>& f_;
  const GradcheckOptions& options_;
  Tensor cotangent_;
  double middle_ = 0;
  GradcheckResult result_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const GradcheckResult& result) {
  const GradEntry& w = result.worst;
  std::string rest = result.left_out.empty() ? "" : ", left out: " + result.left_out;
  if (result.checked == 0)
    return out << (rest.empty() ? "ok, nothing to check: no input has entries"
                                : text(w.op, ": ok, nothing to check", rest));
  if (result.ok)
    return out << text(w.op, ": ok, ", result.checked, " entries, worst ", short_number(w.error(), "%.1e"),
                       " at ", place_of(w), rest);
  return out << text(w.op, ": ", place_of(w), numbers_of(w));
}

std::string GradcheckResult::report() const {
  std::ostringstream out;
  out << *this << "\n";
  if (wrong.empty()) return out.str();
  out << text(wrong_count, " of ", checked, " entries are wrong:\n");
  for (const GradEntry& entry : wrong) out << "  " << place_of(entry) << numbers_of(entry) << "\n";
  int64_t more = wrong_count - static_cast<int64_t>(wrong.size());
  if (more > 0) out << text("  and ", more, " more\n");
  return out.str();
}

GradcheckResult gradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                          const GradcheckOptions& options) {
  check_dtypes(inputs);
  for (const GradcheckInput& input : inputs)
    if (is_checked(input)) input.tensor.requires_grad_().zero_grad();
  Run first = run(f, inputs, options.seed), again = run(f, inputs, options.seed);
  check_same("function", first.y.detach(), again.y.detach());
  NoGrad off;
  Comparison comparison(f, first, options);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_checked(inputs[i]))
      check_same("gradient of " + inputs[i].name, first.gradients[i], again.gradients[i]);
    comparison.input(inputs[i], first.gradients[i]);
  }
  return comparison.result();
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
  check_dtypes(inputs);
  std::vector<Tensor> asked;
  for (const GradcheckInput& input : inputs)
    if (is_checked(input)) asked.push_back(input.tensor.requires_grad_());
  Tensor made = f(), cotangent = random_cotangent(made.shape(), options.seed + 1);
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
  GradcheckResult result = gradcheck(gradients, all, options);
  result.worst.op = "gradient of " + op_of(made);
  for (GradEntry& entry : result.wrong) entry.op = result.worst.op;
  return result;
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
