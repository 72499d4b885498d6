#include "lexigrad/autograd/checks/scattered.h"

#include <cmath>
#include <exception>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/checks/steady.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/grad_mode.h"

namespace lexigrad::detail {
namespace {

Tensor scattered(const Tensor& x) {
  NoGrad off;
  std::vector<int64_t> back;
  for (int64_t d = x.rank() - 1; d >= 0; --d) back.push_back(d);
  Tensor reversed = permute(x.detach(), back);
  Tensor between = is_floating(x.dtype()) ? reversed + 1.5 : reversed;
  return permute(select(stack({reversed, between}, -1), -1, 0), back);
}

struct Found {
  Outputs y;
  std::vector<Tensor> gradients;  ///< of the inputs that have some; undefined where nothing reaches one
};

Found run(const std::function<Outputs(const std::vector<Tensor>&)>& f,
          const std::vector<GradcheckInput>& inputs, uint64_t seed, bool scatter) {
  auto placed = [&](const Tensor& x) { return scatter ? scattered(x) : x.detach().clone(); };
  std::vector<Tensor> list, asked;
  for (const GradcheckInput& input : inputs) {
    list.push_back(placed(input.tensor).requires_grad_(is_checked(input)));
    if (is_checked(input)) asked.push_back(list.back());
  }
  Found out{f(list), {}};
  Outputs cotangents = random_cotangents(out.y, seed);
  for (Tensor& each : cotangents) each = placed(each);
  Roots roots = roots_of(out.y, cotangents);
  if (!roots.y.empty())
    out.gradients = grad(roots.y, asked, {.grad_outputs = roots.seeds, .allow_unused = true});
  return out;
}

std::string difference(const std::string& what, const Tensor& plain, const Tensor& scattered,
                       const GradcheckOptions& options) {
  if (plain.defined() != scattered.defined())
    return what + " is missing where inputs are not contiguous, or else";
  if (!plain.defined()) return "";
  std::vector<double> a = scattered.to_vector<double>(), b = plain.to_vector<double>();
  if (scattered.shape() != plain.shape())
    return text(what, " has shape ", scattered.shape(), " where inputs are not contiguous, else ",
                plain.shape());
  for (size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= options.atol + options.rtol * std::abs(b[i])))
      return text(what, ", index ", index_text(unravel(static_cast<int64_t>(i), plain.shape())), " is ", a[i],
                  " where inputs are not contiguous, else ", b[i]);
  return "";
}

std::string first_difference(const std::vector<GradcheckInput>& inputs, const Found& plain,
                             const Found& other, const GradcheckOptions& options) {
  std::string found;
  for (size_t k = 0; k < plain.y.size() && found.empty(); ++k)
    found = difference(text("output ", k), plain.y[k].detach(), other.y[k].detach(), options);
  size_t i = 0;
  for (const GradcheckInput& input : inputs)
    if (is_checked(input) && i < plain.gradients.size() && found.empty()) {
      found = difference("the gradient of " + input.name, plain.gradients[i], other.gradients[i], options);
      ++i;
    }
  return found;
}

}  // namespace

void check_scattered(const std::function<Outputs(const std::vector<Tensor>&)>& f,
                     const std::vector<GradcheckInput>& inputs, const GradcheckOptions& options,
                     GradcheckResult& result) {
  try {
    result.why = first_difference(inputs, run(f, inputs, options.seed, false),
                                  run(f, inputs, options.seed, true), options);
  } catch (const std::exception&) {
    add_left_out(result.left_out, "inputs that are not contiguous (refused)");
  }
  result.ok = result.why.empty();
}

}  // namespace lexigrad::detail
