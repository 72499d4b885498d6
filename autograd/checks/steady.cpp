#include "lexigrad/autograd/checks/steady.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/checks/elsewhere.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad::detail {
namespace {

// Runs of cheap functions, where dice that seldom fall otherwise would pass in a few.
constexpr int64_t kWork = 1024, kFewest = 4, kMost = 128;

void check_dtypes(const std::vector<GradcheckInput>& inputs) {
  for (const GradcheckInput& input : inputs) {
    Dtype dtype = input.tensor.dtype();
    check(dtype == float64 || dtype == int64 || dtype == boolean, "gradcheck", input.name, " is ",
          name(dtype), "; differences need float64. Hint: randn(shape, float64), module.to(float64)");
  }
}

void check_outputs(const Outputs& y) {
  auto floats = [](const Tensor& x) { return is_floating(x.dtype()); };
  check(!y.empty(), "gradcheck", "The function gives no tensor");
  check(std::any_of(y.begin(), y.end(), floats), "gradcheck", "The function gives ", name(y[0].dtype()),
        ", which has no gradient. Hint: check what it is made from, or return a floating result");
}

// The first entry that differs.
void check_same(const std::string& what, const Tensor& first, const Tensor& again, const char* when,
                const char* hint) {
  check(first.shape() == again.shape(), "gradcheck", "The ", what, " gives shape ", first.shape(), ", and ",
        when, " ", again.shape());
  std::vector<double> a = first.to_vector<double>(), b = again.to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i])))
      fail("gradcheck", text("The ", what, " gives other values ", when, ": ", a[i], " at index ",
                             index_text(unravel(static_cast<int64_t>(i), first.shape())), ", then ", b[i],
                             ". Hint: ", hint));
}

constexpr const char *kAgain = "when it is called again", *kFixSeed = "fix its seed";

void check_same_outputs(const Outputs& first, const Outputs& again) {
  check(first.size() == again.size(), "gradcheck", "The function gives ", first.size(), " tensors, and ",
        kAgain, " ", again.size());
  for (size_t k = 0; k < first.size(); ++k)
    check_same("function", first[k].detach(), again[k].detach(), kAgain, kFixSeed);
}

void check_same_gradients(const Steady& steady, const std::vector<Tensor>& again, const char* when,
                          const char* hint) {
  for (size_t i = 0; i < again.size(); ++i)
    if (again[i].defined())
      check_same("gradient of " + steady.seen.inputs[i].name, steady.gradients[i], again[i], when, hint);
}

void check_no_draws(const RandomState& before) {
  check(before == random_state(), "gradcheck",
        "The function or its gradient draws random numbers: others in every call. Hint: module.eval(), or a "
        "DrawStep or manual_seed within the function");
}

bool contains(const std::vector<GradcheckInput>& list, const Tensor& x) {
  return std::any_of(list.begin(), list.end(),
                     [&](const GradcheckInput& each) { return each.tensor.id() == x.id(); });
}

// Sets gradients of leaves aside, while it lives.
class SetAside {
 public:
  explicit SetAside(const std::vector<GradcheckInput>& leaves) {
    for (const GradcheckInput& leaf : leaves) {
      const Tensor& x = leaf.tensor;
      if (!is_checked(leaf) || !x.has_grad()) continue;
      if (x.row_grad())
        kept_.push_back([x, rows = *x.row_grad()] { x.set_grad(rows); });
      else
        kept_.push_back([x, dense = x.grad()] { x.set_grad(dense); });
      x.set_grad(Tensor());
    }
  }
  ~SetAside() {
    for (const auto& put_back : kept_) put_back();
  }
  SetAside(const SetAside&) = delete;
  SetAside& operator=(const SetAside&) = delete;

 private:
  std::vector<std::function<void()>> kept_;
};

int64_t rounds_of(const Overheard& seen) {
  int64_t entries = 1, nodes = 1;
  for (const GradcheckInput& input : seen.inputs) entries += is_checked(input) ? input.tensor.numel() : 0;
  for (const Tensor& y : seen.y) nodes += static_cast<int64_t>(tape_of(y).size());
  return std::clamp(kWork / (entries * nodes), kFewest, kMost);
}

Tensor random_cotangent(const Shape& shape, uint64_t seed, uint64_t output) {
  std::vector<double> values;
  CounterRng random(seed, output);
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(2 * random.uniform(0, static_cast<uint64_t>(i)) - 1);
  return from_values<double>(values, shape);
}

// The gradients of the inputs, taken from them.
std::vector<Tensor> take_gradients(const std::vector<GradcheckInput>& inputs) {
  std::vector<Tensor> out;
  for (const GradcheckInput& input : inputs) {
    const Tensor& x = input.tensor;
    out.push_back(!is_checked(input) ? Tensor()
                  : x.has_grad()     ? x.grad().contiguous()
                                     : zeros(x.shape(), float64));
    if (is_checked(input)) x.set_grad(Tensor());
  }
  return out;
}

}  // namespace

bool is_checked(const GradcheckInput& input) { return is_floating(input.tensor.dtype()); }

Outputs random_cotangents(const Outputs& y, uint64_t seed) {
  Outputs out;
  for (size_t k = 0; k < y.size(); ++k) out.push_back(random_cotangent(y[k].shape(), seed, k));
  return out;
}

Roots roots_of(const Outputs& y, const Outputs& cotangents) {
  Roots out;
  for (size_t k = 0; k < y.size(); ++k) {
    if (!y[k].requires_grad()) continue;
    out.y.push_back(y[k]);
    out.seeds.push_back(cotangents[k].to(y[k].dtype()));
  }
  return out;
}

Overheard overhear(const Subject& f, const std::vector<GradcheckInput>& inputs) {
  check_dtypes(inputs);
  for (const GradcheckInput& input : inputs)
    if (is_checked(input)) input.tensor.requires_grad_();
  Heard first, second;
  Overheard out{listen(f.call, first), inputs, {}};
  check_outputs(out.y);
  RandomState random = random_state();
  check_same_outputs(out.y, listen(f.call, second));
  check_no_draws(random);
  out.narrow = first.narrow;
  for (const GradcheckInput& leaf : first.leaves) {  // one that f makes anew is no input
    if (contains(inputs, leaf.tensor) || !contains(second.leaves, leaf.tensor)) continue;
    if (leaf.tensor.dtype() == float64)
      out.inputs.push_back(leaf);
    else if (out.narrow.empty())
      out.narrow = text(leaf.name, " is ", name(leaf.tensor.dtype()),
                        "; differences need float64. Hint: module.to(float64), gradcheck(module, ...)");
  }
  return out;
}

Steady run_steadily(const Subject& f, const std::vector<GradcheckInput>& inputs, uint64_t seed) {
  Steady out{overhear(f, inputs), {}};
  Overheard& seen = out.seen;
  SetAside aside(seen.inputs);
  Outputs cotangents = random_cotangents(seen.y, seed);
  auto gradients = [&](const std::function<void()>& between) {
    Outputs y = f.call();
    check_same_outputs(seen.y, y);
    between();
    Roots roots = roots_of(y, cotangents);
    backward(roots.y, roots.seeds);
    return take_gradients(seen.inputs);
  };
  auto nothing = [] {};
  Heard heard;
  listen([&] { return out.gradients = gradients(nothing); }, heard);
  if (seen.narrow.empty() && !heard.narrow.empty()) seen.narrow = "in the gradient, " + heard.narrow;
  RandomState random = random_state();
  for (int64_t round = 1, rounds = rounds_of(seen); round < rounds; ++round) {
    check_same_gradients(out, gradients(nothing), kAgain, kFixSeed);
    check_no_draws(random);
  }
  for (Elsewhere::Place place : {Elsewhere::near, Elsewhere::negated, Elsewhere::reordered})
    check_same_gradients(
        out, gradients([&] { Elsewhere::run(f, seen.inputs, place); }),
        "where the function has run at other inputs since",
        "keep what backward reads in its rule (Saved, Context), not in a member or a global");
  return out;
}

}  // namespace lexigrad::detail
