// One walk over every op's EXAMPLE.
#include "lexigrad/autograd/ops/shared/example.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "support/paths.h"

using namespace lexigrad;

namespace {

// FNV-1a of a case's name: its inputs stay the same whatever other ops there are.
uint64_t seed_of(const std::string& place) {
  uint64_t seed = 0xcbf29ce484222325 + 1;  // with 1 more, no two values of sort's long rows nearly tie
  for (unsigned char c : place) seed = (seed ^ c) * 0x100000001b3;
  return seed;
}

// Walks all EXAMPLEs and prints how many ops it checked, in how many cases, and the worst error among them:
// relative to the tensor's scale, where `check` returns one.
template <class Check>
void for_each_case(const Check& check) {
  std::set<std::string> ops;
  int cases = 0;
  double worst = 0;
  for (const Example& example : examples())
    for (const auto& shapes : example.shapes) {
      std::string place = example.op;
      for (const Shape& shape : shapes) place += " " + to_string(shape);
      INFO(place);
      std::optional<double> error = check(example, example_inputs(example, shapes, seed_of(place)));
      if (!error) continue;
      ops.insert(example.op);
      ++cases;
      worst = std::max(worst, *error);
    }
  std::printf("%s: %zu ops, %d checks, worst error %.1e\n",
              Catch::getResultCapture().getCurrentTestName().c_str(), ops.size(), cases, worst);
}

// The values in another memory order: every dimension reversed, then viewed back.
Tensor scrambled(const Tensor& x) {
  std::vector<int64_t> back;
  for (int64_t d = x.rank() - 1; d >= 0; --d) back.push_back(d);
  return permute(permute(x, back).clone(), back);
}

double error_between(const Tensor& a, const Tensor& b);

// The largest error of any output.
double error_between(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t k = 0; k < a.size(); ++k) worst = std::max(worst, error_between(a[k].to(float64), b[k]));
  return worst;
}

// The largest difference, relative to b's largest element.
double error_between(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  std::vector<double> left = a.to_vector<double>(), right = b.to_vector<double>();
  double scale = 1e-30, difference = 0;
  for (double v : right) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < left.size(); ++i) {
    double d = std::abs(left[i] - right[i]);
    difference = std::isnan(d) ? INFINITY : std::max(difference, d);
  }
  return difference / scale;
}

int64_t entries_of(const std::vector<Tensor>& list) {
  int64_t entries = 0;
  for (const Tensor& x : list) entries += x.numel();
  return entries;
}

// The worst error; nothing for a case without any entry to compare, which is never ok.
std::optional<double> worst_of(const GradcheckResult& result, const Example& example,
                               const std::vector<Tensor>& inputs) {
  INFO(result);
  bool is_empty = entries_of(inputs) == 0 || entries_of(example.apply(inputs)) == 0;
  if (result.checked == 0 && is_empty) {
    REQUIRE_FALSE(result.ok);
    REQUIRE(result.why.starts_with("nothing was compared: "));
    return {};
  }
  REQUIRE(result.ok);
  return result.worst.error();
}

// "attention" of "attention_composed", which the EXAMPLE of the fused op is tested against.
std::string without_composed(const std::string& op) {
  size_t suffix = op.rfind("_composed");
  return suffix == std::string::npos ? op : op.substr(0, suffix);
}

}  // namespace

TEST_CASE("every op agrees with its float64 reference") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) {
    double error = error_between(example.apply(inputs), example.reference(inputs));
    REQUIRE(error <= 1e-12);
    return error;
  });
}

TEST_CASE("every op gives the same for inputs that are not contiguous") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) -> std::optional<double> {
    if (example.op == "view") return {};
    std::vector<Tensor> others;
    for (const Tensor& x : inputs) others.push_back(scrambled(x));
    double error = error_between(example.apply(others), example.apply(inputs));
    REQUIRE(error <= 1e-12);
    return error;
  });
}

TEST_CASE("every op in float32 agrees with float64") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> singles;
    for (const Tensor& x : inputs) singles.push_back(x.to(float32));
    double error = error_between(example.apply(singles), example.apply(inputs));
    REQUIRE(error <= 1e-5);
    return error;
  });
}

TEST_CASE("every op's gradient agrees with finite differences") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) -> std::optional<double> {
    if (!example.differentiable) {
      for (const Tensor& y : example.apply(inputs)) REQUIRE_FALSE(y.requires_grad());
      return {};
    }
    if (inputs[0].numel() > 10000) return {};
    return worst_of(gradcheck(example.apply, inputs), example, inputs);
  });
}

TEST_CASE("every op's gradient can be differentiated again") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) -> std::optional<double> {
    if (!example.differentiable || inputs[0].numel() > 1000) return {};
    return worst_of(gradgradcheck(example.apply, inputs), example, inputs);
  });
}

TEST_CASE("every op's rule notices what was changed in place, or does not need it") {
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) -> std::optional<double> {
    if (!example.differentiable) return {};
    std::vector<Tensor> leaves;
    auto gradients = [&](bool change) {
      leaves.clear();
      std::vector<Tensor> used;
      for (const Tensor& x : inputs) {
        leaves.push_back(x.clone().requires_grad_());
        used.push_back(leaves.back() + 0);
      }
      std::vector<Tensor> y = example.apply(used), dy;
      for (const Tensor& each : y) dy.push_back(full(each.shape(), 0.5, each.dtype()));
      if (change) {
        NoGrad off;
        for (const Tensor& x : used) x.fill_(0.77);
        for (const Tensor& each : y)
          if (!each.shares_storage(used[0])) each.fill_(0.77);
      }
      backward(y, dy);
      std::vector<Tensor> found;
      for (const Tensor& x : leaves) found.push_back(x.has_grad() ? x.grad() : zeros(x.shape(), x.dtype()));
      return found;
    };
    std::vector<Tensor> expected = gradients(false), found;
    try {
      found = gradients(true);
    } catch (const std::invalid_argument& e) {
      REQUIRE(std::string(e.what()).find("was changed in place by fill_") != std::string::npos);
      return 0;
    }
    for (size_t i = 0; i < found.size(); ++i) REQUIRE(equal(found[i], expected[i]));
    return 0;
  });
}

TEST_CASE("every op gives the same bits for 1, 2, 3 and 8 threads") {
  int before = num_threads();
  for_each_case([](const Example& example, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> first;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      std::vector<Tensor> y = example.apply(inputs);
      if (first.empty()) first = y;
      for (size_t k = 0; k < y.size(); ++k) REQUIRE(equal(first[k], y[k]));
    }
    return 0;
  });
  set_num_threads(before);
}

TEST_CASE("every op's error reads as its EXAMPLE says") {
  for (const Example& example : examples()) {
    if (!example.bad) continue;
    INFO(example.op);
    try {
      example.bad();
      FAIL("nothing was thrown");
    } catch (const std::invalid_argument& e) { REQUIRE(std::string(e.what()) == example.error); }
  }
}

TEST_CASE("every op on the menu has an EXAMPLE with an error, and every EXAMPLE names an op on the menu") {
  std::set<std::string> menu, with_error;
  std::ifstream file(lexigrad::test::in_source("autograd/ops/ops.h"));
  for (std::string line; std::getline(file, line);)
    for (std::string type :
         {"Tensor ", "std::vector<Tensor> ", "ValuesIndices ", "LstmState ", "UniqueResult "})
      if (line.rfind(type, 0) == 0) menu.insert(line.substr(type.size(), line.find('(') - type.size()));
  menu.erase("scalar_like");  // what operators make of numbers
  std::erase_if(menu, [](const std::string& name) { return name.starts_with("operator"); });
  for (const Example& example : examples()) {
    INFO(example.op);
    CHECK(menu.count(example.op) == 1);
    if (example.bad) with_error.insert(example.op);
  }
  for (const std::string& op : menu) {
    INFO(op);
    CHECK(with_error.count(without_composed(op)) == 1);
  }
  REQUIRE(menu.size() >= 100);
}
