#include "lexigrad/autograd/checks/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <sstream>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/reader.h"

namespace lexigrad {

using detail::index_text;
using detail::is_checked;
using detail::Outputs;
using detail::place_of;
using detail::random_cotangents;
using detail::unravel;

namespace {

std::string short_number(double x, const char* format) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, format, x);
  std::string out = buffer;
  if (size_t zero = out.find("e-0"); zero != std::string::npos) out.erase(zero + 2, 1);
  return out;
}

std::string numbers_of(const GradEntry& e) {
  return text(": analytic ", short_number(e.analytic, "%.4g"), ", numeric ", short_number(e.numeric, "%.4g"),
              " (off by ", short_number(e.error(), "%.1e"), ", allowed ", short_number(e.allowed, "%.0e"),
              ")");
}

std::string op_of(const Outputs& y) {
  auto made = [](const Tensor& x) { return x.requires_grad() && !x.is_leaf(); };
  auto found = std::find_if(y.begin(), y.end(), made);
  return found == y.end() ? "function" : TapeNode(*found).name();
}

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
  Outputs y;
  std::vector<Tensor> gradients;  // zeros where there is none, nothing for what is not checked
};

Run run(const std::function<Outputs()>& f, const std::vector<GradcheckInput>& inputs, uint64_t seed) {
  Run out{f(), {}};
  Outputs roots, seeds, cotangents = random_cotangents(out.y, seed);
  for (size_t k = 0; k < out.y.size(); ++k) {
    if (!out.y[k].requires_grad()) continue;
    roots.push_back(out.y[k]);
    seeds.push_back(cotangents[k].to(out.y[k].dtype()));
  }
  backward(roots, seeds);
  for (const GradcheckInput& input : inputs) {
    const Tensor& x = input.tensor;
    out.gradients.push_back(!is_checked(input) ? Tensor()
                            : x.has_grad()     ? x.grad().contiguous()
                                               : zeros(x.shape(), float64));
    if (is_checked(input)) x.set_grad(Tensor());
  }
  return out;
}

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

namespace {

GradcheckResult check_together(const std::function<Outputs()>& f, const std::vector<GradcheckInput>& inputs,
                               const GradcheckOptions& options) {
  check_dtypes(inputs);
  for (const GradcheckInput& input : inputs)
    if (is_checked(input)) input.tensor.requires_grad_().zero_grad();
  Run first = run(f, inputs, options.seed), again = run(f, inputs, options.seed);
  check(first.y.size() == again.y.size(), "gradcheck", "The function gives ", first.y.size(),
        " tensors, and when it is called again ", again.y.size());
  for (size_t k = 0; k < first.y.size(); ++k)
    check_same("function", first.y[k].detach(), again.y[k].detach());
  NoGrad off;
  detail::Comparison comparison(f, first.y, op_of(first.y), options);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_checked(inputs[i]))
      check_same("gradient of " + inputs[i].name, first.gradients[i], again.gradients[i]);
    comparison.input(inputs[i], first.gradients[i]);
  }
  return comparison.result();
}

GradcheckResult check_gradients_together(const std::function<Outputs()>& f,
                                         const std::vector<GradcheckInput>& inputs,
                                         const GradcheckOptions& options) {
  check_dtypes(inputs);
  std::vector<Tensor> asked;
  for (const GradcheckInput& input : inputs)
    if (is_checked(input)) asked.push_back(input.tensor.requires_grad_());
  Outputs made = f(), cotangents = random_cotangents(made, options.seed + 1);
  std::vector<GradcheckInput> all = inputs;
  for (size_t k = 0; k < made.size(); ++k)
    all.push_back({made.size() == 1 ? "cotangent" : text("cotangent ", k), cotangents[k]});
  auto gradients = [&]() -> Outputs {
    detail::Recording on(true);  // differences are taken with recording off
    Outputs y = f(), roots, seeds;
    for (size_t k = 0; k < y.size(); ++k) {
      if (!y[k].requires_grad()) continue;
      roots.push_back(y[k]);
      seeds.push_back(cotangents[k]);
    }
    std::vector<Tensor> flat;
    if (!roots.empty())
      for (const Tensor& g :
           grad(roots, asked, {.grad_outputs = seeds, .create_graph = true, .allow_unused = true}))
        if (g.defined()) flat.push_back(g.reshape({-1}));
    return {flat.empty() ? zeros({0}, float64) : cat(flat)};
  };
  GradcheckResult result = check_together(gradients, all, options);
  result.worst.op = "gradient of " + op_of(made);
  for (GradEntry& entry : result.wrong) entry.op = result.worst.op;
  return result;
}

// Adds what the check of one output alone has found.
void add(GradcheckResult& all, GradcheckResult part, const std::string& where, size_t most) {
  part.worst.op += where;
  for (GradEntry& entry : part.wrong) {
    entry.op += where;
    if (all.wrong.size() < most) all.wrong.push_back(entry);
  }
  double now = part.worst.error() / part.worst.allowed, worst = all.worst.error() / all.worst.allowed;
  if (part.checked > 0 && (all.checked == 0 || std::isnan(now) || now > worst)) all.worst = part.worst;
  all.ok = all.ok && part.ok;
  all.checked += part.checked;
  all.wrong_count += part.wrong_count;
  if (!part.left_out.empty()) all.left_out += text(all.left_out.empty() ? "" : ", ", part.left_out, where);
}

template <class Check>
GradcheckResult together_and_alone(const Check& check_outputs, const std::function<Outputs()>& f,
                                   const std::vector<GradcheckInput>& inputs,
                                   const GradcheckOptions& options) {
  size_t count = f().size();
  GradcheckResult result = check_outputs(f, inputs, options);
  for (size_t k = 0; k < count && count > 1; ++k)
    add(result, check_outputs([&] { return Outputs{f().at(k)}; }, inputs, options),
        text(", output ", k, " alone"), static_cast<size_t>(options.max_wrong));
  return result;
}

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

GradcheckResult gradcheck(const std::function<Outputs()>& f, const std::vector<GradcheckInput>& inputs,
                          const GradcheckOptions& options) {
  return together_and_alone(check_together, f, inputs, options);
}

GradcheckResult gradcheck(const std::function<Outputs(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named = named_copies(inputs);
  return gradcheck([&] { return f(tensors_of(named)); }, named, options);
}

GradcheckResult gradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                          const GradcheckOptions& options) {
  return check_together([&] { return Outputs{f()}; }, inputs, options);
}

GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named = named_copies(inputs);
  return gradcheck([&] { return f(tensors_of(named)); }, named, options);
}

GradcheckResult gradgradcheck(const std::function<Outputs()>& f, const std::vector<GradcheckInput>& inputs,
                              const GradcheckOptions& options) {
  return together_and_alone(check_gradients_together, f, inputs, options);
}

GradcheckResult gradgradcheck(const std::function<Outputs(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<GradcheckInput> named = named_copies(inputs);
  return gradgradcheck([&] { return f(tensors_of(named)); }, named, options);
}

GradcheckResult gradgradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                              const GradcheckOptions& options) {
  return check_gradients_together([&] { return Outputs{f()}; }, inputs, options);
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
