#include "lexigrad/autograd/checks/check_numerics.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/nn.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

template <class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const NumericsError& error) { return error.what(); }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("the first op that makes a value that is not finite is named, with its inputs",
          "[check_numerics]") {
  Tensor x = tensor({{1.0, 2.0}, {200.0, -3.0}}).requires_grad_(), y;
  auto program = [&] { y = sum(exp(x * 2.0) + 1.0); };
  program();  // no one looks
  CHECK(std::isinf(y.item<double>()));
  CheckNumerics check;
  CHECK(
      message(program) ==
      "[check_numerics] exp made inf at index [1, 0] of its output float32 [2, 2] with 1 inf, 0 nan, 3 "
      "finite in 0.00247875..54.5982 with mean 20.6632; input 0 was float32 [2, 2], all finite in "
      "-6..400 with mean 100. Hint: a smaller learning rate, an eps in a division or a root, log_softmax for "
      "the log of a softmax");
  check.set_step(12);
  CHECK_THAT(message(program), Contains("exp at step 12 made inf at index [1, 0]"));
  NoGrad off;
  CHECK_THAT(message(program), Contains("exp at step 12 made inf"));
}

TEST_CASE("a value that was not finite before is said to be passed on", "[check_numerics]") {
  CheckNumerics check;
  Tensor bad = tensor({1.0, -inf, std::nan("")});  // making one is no op
  std::string line = message([&] { bad.reshape({3, 1}) * 2.0; });
  CHECK_THAT(line, Contains("mul passed on -inf at index [1, 0]") &&
                       Contains("in a parameter, the data or a mask") &&
                       Contains("input 0 was float32 [3, 1] with 1 inf, 1 nan, 1 finite in 1..1"));
  Tensor x = ones({3});
  CHECK_THAT(message([&] { x.add_(bad); }), Contains("add passed on -inf"));
  CHECK(equal(x, ones({3})));
}

TEST_CASE("views, whole numbers and finite values pass; nan only where infinities are allowed",
          "[check_numerics]") {
  CheckNumerics check({.step = 0, .infinities = false});
  Tensor mask = tensor({0.0, -inf}), x = tensor({0.5, 2.0}).requires_grad_();
  CHECK(message([&] {
          sum(softmax(x + mask, 0) * x).backward();
          arange(3) + 1;
          ones({0, 2}) * 2.0;
        }) == "nothing was thrown");
  CHECK_THAT(message([&] { mask - mask; }), Contains("sub at step 0 made nan at index [1]"));
  CheckNumerics strict;
  CHECK(message([&] { mask.reshape({2, 1}).t(); }) == "nothing was thrown");
  CHECK(message([&] {
          sum(softmax(masked_fill(x, tensor({true, false}), -inf), 0)).backward();
        }) == "nothing was thrown");
  CHECK(message([&] {
          Tensor masked = masked_fill(x, tensor({true, false}), -inf);
          log_softmax(cat({x, masked.reshape({2})}, 0) * 2.0, 0);
        }) == "nothing was thrown");
  CHECK_THAT(message([&] {
               log(masked_fill(x, tensor({true, false}), -inf));
             }),
             Contains("log") && Contains(" nan at index [0]"));
  CHECK_THAT(message([&] { masked_fill(x, tensor({true, false}), -inf) + mask; }), Contains("add passed on"));
  CHECK_THAT(message([&] { x + mask; }), Contains("add passed on -inf at index [1]"));
}

TEST_CASE("the gradient rule that makes the first value that is not finite is named", "[check_numerics]") {
  Tensor a = tensor({4.0, 1e-30}).requires_grad_(), b = tensor({1.0, 1e-25}).requires_grad_();
  Tensor y = sum(a / b);  // d/db = -a / b^2
  CHECK(message([&] { y.backward({.retain_graph = true}); }) == "nothing was thrown");
  Tensor z = sum(log(tensor({1.0, 1e-42}).requires_grad_()));
  CheckNumerics check;
  check.set_step(3);
  CHECK_THAT(
      message([&] { z.backward(); }),
      Contains("[check_numerics] The gradient rule of log at step 3 made inf at index [1] of the gradient "
               "of input 0, float32 [2] with 1 inf, 0 nan, 1 finite in 1..1 with mean 1; the gradient of "
               "its output was float32 [2], all finite in 1..1 with mean 1"));
  Tensor twice = ones({1}).requires_grad_() * 1.0;
  Tensor big = full({1}, 3e38);
  CHECK_THAT(message([&] { sum(twice * big + twice * big).backward(); }), Contains("add at step 3 made inf"));
  Tensor p = full({1}, 1e-3).requires_grad_() * 1.0;
  CHECK_THAT(message([&] { sum(p * big + p * big).backward(); }),
             Contains("The gradient of mul's output at step 3 is inf at index [0]") && Contains("the sum"));
  CHECK_THAT(message([&] { ones({1}).requires_grad_().reshape({1}).backward(full({1}, inf)); }),
             Contains("The gradient rule of backward at step 3 made inf"));
}

TEST_CASE("a lookup's row and token are named, and the module", "[check_numerics]") {
  nn::NextTokenModel model({.vocabulary = 5, .dim = 2, .max_length = 3});
  model.token().weight().detach()[4].fill_(std::nan(""));
  CheckNumerics check({.token_text = [](int64_t id) { return std::string(static_cast<size_t>(id), 'x'); }});
  Tensor ids = tensor({{0, 1, 2}, {3, 4, 0}});
  CHECK_THAT(
      message([&] { model(ids); }),
      Contains("embedding in NextTokenModel.token passed on nan from row 4 (\"xxxx\") at index [1, 1, 0] of "
               "its output float32 [2, 3, 2]"));
  model.token().weight().detach()[4].fill_(1);
  Tensor y = model.token()(ids);
  Tensor poison = ones(y.shape());
  poison[1][0].fill_(inf);
  y.register_hook([](const Tensor& g) { return g * 1.0; });
  CHECK_THAT(message([&] { y.backward(poison); }), Contains("made inf at index [1, 0, 0]"));
  Tensor table = ones({5, 2}).requires_grad_();
  Tensor rows = embedding(table, tensor({3, 3}));
  CHECK_THAT(
      message([&] {
        rows.backward(full({2, 2}, 3e38));
      }),
      Contains("The gradient rule of embedding made inf for row 3 (\"xxx\") of the gradient of input 0, 1 "
               "rows of 5"));
  CHECK(message([&] { model(ids); }) == "nothing was thrown");
}

TEST_CASE("checks nest, end in any order and see their own thread only", "[check_numerics]") {
  Tensor x = tensor({0.0}).requires_grad_();
  auto outer = std::make_unique<CheckNumerics>();
  auto inner = std::make_unique<CheckNumerics>();
  outer.reset();
  CHECK_THAT(message([&] { log(x); }), Contains("log made -inf"));
  inner.reset();
  CHECK(message([&] { log(x); }) == "nothing was thrown");
}
