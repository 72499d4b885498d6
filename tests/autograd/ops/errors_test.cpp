// What the public ops say of wrong calls, whole: shape, rank, dtype, range. More of each
// op's is in its EXAMPLE, and the calls are in wrong_calls/.
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "catch.h"
#include "lexigrad/autograd/autograd.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "support/paths.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

std::vector<WrongCall> wrong_calls() {
  std::vector<WrongCall> all;
  for (const auto& calls : {wrong_elementwise_calls(), wrong_shape_calls(), wrong_products_calls(),
                            wrong_losses_calls(), wrong_tensor_calls()})
    all.insert(all.end(), calls.begin(), calls.end());
  return all;
}

constexpr const char* undefined =
    "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of something "
    "without one";

}  // namespace

TEST_CASE("ops say what was wrong with a call, and with which values") {
  std::set<std::string> kinds;
  for (const WrongCall& wrong : wrong_calls()) {
    INFO(wrong.op << ", " << wrong.kind);
    CHECK(message_of(wrong.call) == wrong.text);
    kinds.insert(wrong.kind);
  }
  CHECK(kinds == std::set<std::string>{"dtype", "range", "rank", "shape"});
}

TEST_CASE("each op on the menu has a wrong call here or in its EXAMPLE") {
  std::set<std::string> shown;
  for (const WrongCall& wrong : wrong_calls()) shown.insert(wrong.op);
  for (const Example& example : examples())
    if (example.bad) shown.insert(example.op);
  std::ifstream menu(lexigrad::test::in_source("autograd/ops/ops.h"));
  int ops = 0;
  for (std::string line; std::getline(menu, line);) {
    if (line.rfind("Tensor ", 0) != 0) continue;
    std::string op = line.substr(7, line.find('(') - 7);
    if (op == "scalar_like" || op.starts_with("operator")) continue;  // what operators make of numbers
    INFO(op);
    CHECK(shown.count(op) == 1);
    ++ops;
  }
  CHECK(ops >= 45);
}

TEST_CASE("an undefined tensor is named as such by every op") {
  Tensor none, some = ones({2, 3}), ids = tensor({0, 1});
  for (Tensor (*op)(const Tensor&) :
       {neg, lexigrad::abs, sign, square, lexigrad::exp, lexigrad::log, lexigrad::erf, lexigrad::tanh, relu,
        sigmoid, sum, mean, causal_mean, lexigrad::clone})
    CHECK(message_of([&] { op(none); }) == undefined);
  for (Tensor (*op)(const Tensor&, const Tensor&) :
       {add, sub, mul, lexigrad::div, eq, ne, lt, le, gt, ge, matmul}) {
    CHECK(message_of([&] { op(none, some); }) == undefined);
    CHECK(message_of([&] { op(some, none); }) == undefined);
  }
  const std::function<void()> calls[] = {
      [&] { gelu(none); },
      [&] { softmax(none); },
      [&] { log_softmax(none); },
      [&] { sum(none, {0}); },
      [&] { mean(none, {0}); },
      [&] { reshape(none, {1}); },
      [&] { view(none, {1}); },
      [&] { transpose(none, 0, 1); },
      [&] { permute(none, {}); },
      [&] { expand(none, {1}); },
      [&] { slice(none, 0, 0); },
      [&] { select(none, 0, 0); },
      [&] {
        cat({some, none});
      },
      [&] { to(none, float64); },
      [&] { linear(none, some); },
      [&] { linear(some, none); },
      [&] { embedding(none, ids); },
      [&] { embedding(some, none); },
      [&] { one_hot(none, 2); },
      [&] { cross_entropy_sum(none, ids); },
      [&] { cross_entropy_sum(some, none); },
      [&] { linear_cross_entropy_sum(none, some, {}, ids); },
      [&] { linear_cross_entropy_sum(some, none, {}, ids); },
      [&] { linear_cross_entropy_sum(some, some, {}, none); },
      [&] { some.add_(none); },
      [&] { none.copy_(some); },
      [&] { some.copy_(none); },
      [&] { none.fill_(1); },
      [&] { none.backward(); },
      [&] { grad(none, {ones({2}).requires_grad_()}); },
      [&] { grad(some, {none}); },
      [&] { none.shape(); },
      [&] { none.item<float>(); },
      [&] { none.detach(); },
      [&] { none.requires_grad_(); },
  };
  for (size_t i = 0; i < std::size(calls); ++i) {
    INFO("call " << i);
    CHECK(message_of(calls[i]) == undefined);
  }
}
