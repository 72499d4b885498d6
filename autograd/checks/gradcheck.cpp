#include "lexigrad/autograd/checks/gradcheck.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/checks/scattered.h"
#include "lexigrad/autograd/checks/steady.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/grad_mode.h"

namespace lexigrad {

using detail::Outputs;
using detail::Subject;

namespace {

using Inputs = std::vector<GradcheckInput>;
using Check = GradcheckResult (*)(const Subject&, const Inputs&, const GradcheckOptions&);
using ListFunction = std::function<Outputs(const std::vector<Tensor>&)>;

GradcheckResult check_together(const Subject& f, const Inputs& inputs, const GradcheckOptions& options) {
  detail::Steady steady = detail::run_steadily(f, inputs, options.seed);
  NoGrad off;
  detail::Comparison comparison(f.call, steady.seen.y, options);
  comparison.refuse(steady.seen.narrow);
  for (size_t i = 0; i < steady.gradients.size(); ++i)
    comparison.input(steady.seen.inputs[i], steady.gradients[i]);
  return comparison.result();
}

void rename(GradcheckResult& result, const std::string& before, const std::string& behind) {
  result.worst.op = before + result.worst.op + behind;
  for (GradEntry& entry : result.wrong) entry.op = before + entry.op + behind;
}

// <f(), cotangents>'s gradients of `asked`, one behind the other.
Outputs flat_gradients(const std::function<Outputs()>& f, const Outputs& cotangents,
                       const std::vector<Tensor>& asked) {
  detail::Recording on(true);  // differences are taken with recording off
  detail::Roots roots = detail::roots_of(f(), cotangents);
  Outputs flat;
  if (!roots.y.empty())
    for (const Tensor& g :
         grad(roots.y, asked, {.grad_outputs = roots.seeds, .create_graph = true, .allow_unused = true}))
      if (g.defined()) flat.push_back(g.reshape({-1}));
  return {flat.empty() ? zeros({0}, float64) : cat(flat)};
}

GradcheckResult check_gradients_together(const Subject& f, const Inputs& inputs,
                                         const GradcheckOptions& options) {
  detail::Overheard seen = detail::overhear(f, inputs);
  Inputs all = seen.inputs;
  std::vector<Tensor> asked;
  for (const GradcheckInput& input : all)
    if (detail::is_checked(input)) asked.push_back(input.tensor);
  Outputs cotangents = detail::random_cotangents(seen.y, options.seed + 1);
  for (size_t k = 0; k < cotangents.size(); ++k)
    if (is_floating(seen.y[k].dtype()))
      all.push_back({cotangents.size() == 1 ? "cotangent" : text("cotangent ", k), cotangents[k]});
  GradcheckResult result = check_together(
      {[&] { return flat_gradients(f.call, cotangents, asked); }, f.over_copies}, all, options);
  if (std::string why = detail::not_finite(seen.y); !why.empty()) result.why = why;
  result.ok = result.ok && result.why.empty();
  result.worst.op.clear();
  for (GradEntry& entry : result.wrong) entry.op.clear();
  rename(result, "gradient of " + detail::path_of(seen.y), "");
  return result;
}

// Adds what the check of one output alone has found.
void add(GradcheckResult& all, GradcheckResult part, const std::string& where, size_t most) {
  rename(part, "", where);
  for (const GradEntry& entry : part.wrong)
    if (all.wrong.size() < most) all.wrong.push_back(entry);
  double now = part.worst.error() / part.worst.allowed, worst = all.worst.error() / all.worst.allowed;
  if (part.checked > 0 && (all.checked == 0 || std::isnan(now) || now > worst)) all.worst = part.worst;
  if (all.why.empty() && !part.why.empty()) all.why = part.why + where;
  all.ok = all.ok && part.ok;
  all.checked += part.checked;
  all.wrong_count += part.wrong_count;
  all.left_out_count += part.left_out_count;
  if (!part.left_out.empty()) detail::add_left_out(all.left_out, part.left_out + where);
}

template <Check check_outputs>
GradcheckResult together_and_alone(const Subject& f, const Inputs& inputs, const GradcheckOptions& options) {
  Outputs y = f.call();
  GradcheckResult result = check_outputs(f, inputs, options);
  for (size_t k = 0; k < y.size() && y.size() > 1; ++k)
    if (is_floating(y[k].dtype()))
      add(result, check_outputs({[&] { return Outputs{f.call().at(k)}; }, f.over_copies}, inputs, options),
          text(", output ", k, " alone"), static_cast<size_t>(options.max_wrong));
  return result;
}

// The caller's inputs stay as they are: their gradients are their own.
Inputs named_copies(const std::vector<Tensor>& inputs) {
  Inputs named;
  for (const Tensor& input : inputs) named.push_back({text("input ", named.size()), input.detach().clone()});
  return named;
}

std::vector<Tensor> tensors_of(const Inputs& inputs) {
  std::vector<Tensor> tensors;
  for (const GradcheckInput& input : inputs) tensors.push_back(input.tensor);
  return tensors;
}

ListFunction as_list(const std::function<Tensor(const std::vector<Tensor>&)>& f) {
  return [f](const std::vector<Tensor>& in) { return Outputs{f(in)}; };
}

GradcheckResult check_list(Check check, const ListFunction& f, const std::vector<Tensor>& inputs,
                           const GradcheckOptions& options) {
  Inputs named = named_copies(inputs);
  auto over_copies = [&] {
    std::vector<Tensor> copies;
    for (const GradcheckInput& input : named)
      copies.push_back(input.tensor.detach().clone().requires_grad_(detail::is_checked(input)));
    f(copies);
  };
  return check({[&] { return f(tensors_of(named)); }, over_copies}, named, options);
}

GradcheckResult check_list_scattered(Check check, const ListFunction& f, const std::vector<Tensor>& inputs,
                                     const GradcheckOptions& options) {
  GradcheckResult result = check_list(check, f, inputs, options);
  if (result.ok) detail::check_scattered(f, named_copies(inputs), options, result);
  return result;
}

}  // namespace

GradcheckResult detail::gradcheck_subject(const Subject& f, const Inputs& inputs,
                                          const GradcheckOptions& options) {
  return together_and_alone<check_together>(f, inputs, options);
}

GradcheckResult detail::gradgradcheck_subject(const Subject& f, const Inputs& inputs,
                                              const GradcheckOptions& options) {
  return together_and_alone<check_gradients_together>(f, inputs, options);
}

GradcheckResult gradcheck(const std::function<Outputs()>& f, const Inputs& inputs,
                          const GradcheckOptions& options) {
  return detail::gradcheck_subject({f}, inputs, options);
}

GradcheckResult gradcheck(const ListFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  return check_list_scattered(together_and_alone<check_together>, f, inputs, options);
}

GradcheckResult gradcheck(const std::function<Tensor()>& f, const Inputs& inputs,
                          const GradcheckOptions& options) {
  return check_together({[&] { return Outputs{f()}; }}, inputs, options);
}

GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  return check_list_scattered(check_together, as_list(f), inputs, options);
}

GradcheckResult gradgradcheck(const std::function<Outputs()>& f, const Inputs& inputs,
                              const GradcheckOptions& options) {
  return detail::gradgradcheck_subject({f}, inputs, options);
}

GradcheckResult gradgradcheck(const ListFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  return check_list(together_and_alone<check_gradients_together>, f, inputs, options);
}

GradcheckResult gradgradcheck(const std::function<Tensor()>& f, const Inputs& inputs,
                              const GradcheckOptions& options) {
  return check_gradients_together({[&] { return Outputs{f()}; }}, inputs, options);
}

GradcheckResult gradgradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  return check_list(check_gradients_together, as_list(f), inputs, options);
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&), const Tensor& x) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0]); }, {x});
}

GradcheckResult gradcheck(Tensor (*f)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b) {
  return gradcheck([f](const std::vector<Tensor>& in) { return f(in[0], in[1]); }, {a, b});
}

}  // namespace lexigrad
