#include "lexigrad/autograd/gradcheck.h"

#include <sstream>

#include "../catch.h"
#include "../support/throws.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/autograd/tape.h"

using namespace lexigrad;

namespace {
std::string text_of(const GradcheckResult& result) {
  std::ostringstream out;
  out << result;
  return out.str();
}
// x^2 whose rule forgets the 2, at one place only where asked.
Tensor wrong_square(const Tensor& x, bool one_entry) {
  Tensor y = (x * x).detach();
  return record("wrong_square", y, {x}, [x, one_entry](const Tensor& dy, Grads& dx) {
    Tensor g = (dy * x * 2).clone();
    if (one_entry)
      g.data<double>()[3] *= 0.5;
    else
      g = dy * x;
    dx[0] += g;
  });
}
}  // namespace

TEST_CASE("gradcheck passes a right rule and says how well") {
  manual_seed(1);
  GradcheckResult result = gradcheck(tanh, randn({2, 3}, float64));
  REQUIRE(result.ok);
  REQUIRE(result.checked == 6);
  REQUIRE(result.worst.op == "tanh");
  REQUIRE(result.worst.error() < 1e-8);
  REQUIRE(text_of(result).substr(0, 26) == "tanh: ok, 6 entries, worst");
}

TEST_CASE("gradcheck names the entry of a wrong rule") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, float64);
  GradcheckResult result =
      gradcheck([](const std::vector<Tensor>& in) { return wrong_square(in[0], true); }, {x});
  REQUIRE_FALSE(result.ok);
  REQUIRE(result.worst.op == "wrong_square");
  REQUIRE(result.worst.input == "input 0");
  REQUIRE(result.worst.index == Shape{1, 1});
  REQUIRE(result.worst.analytic == Approx(result.worst.numeric / 2));
  REQUIRE(text_of(result).substr(0, 42) == "wrong_square: input 0, index [1,1]: analyt");
}

TEST_CASE("gradcheck finds a rule that is wrong everywhere, missing, or NaN") {
  Tensor x = randn({2, 2}, float64);
  REQUIRE_FALSE(gradcheck([](const std::vector<Tensor>& in) { return wrong_square(in[0], false); }, {x}).ok);
  REQUIRE_FALSE(gradcheck([](const std::vector<Tensor>& in) { return in[0] * in[0].detach(); }, {x}).ok);
  REQUIRE_FALSE(gradcheck(
                    [](const std::vector<Tensor>& in) {
                      return record("nan", in[0] * 1, {in[0]},
                                    [](const Tensor& dy, Grads& dx) { dx[0] += dy / 0.0 * 0.0; });
                    },
                    {x})
                    .ok);
}

TEST_CASE("gradcheck's random cotangent sees what sum() would hide") {
  // The gradient of sum(softmax(x)) is 0 whatever softmax's rule gives for equal cotangents.
  auto zero_rule = [](const std::vector<Tensor>& in) {
    return record("lazy_softmax", softmax(in[0]).detach(), {in[0]},
                  [](const Tensor& dy, Grads& dx) { dx[0] += dy * 0; });
  };
  REQUIRE_FALSE(gradcheck(zero_rule, {randn({2, 3}, float64)}).ok);
}

TEST_CASE("gradcheck leaves inputs and their gradients as they were, and refuses float32 and dice") {
  Tensor x = randn({2, 2}, float64).requires_grad_(), before = x.clone();
  sum(x).backward();
  gradcheck(tanh, x);
  REQUIRE(equal(x.detach(), before.detach()));
  REQUIRE(equal(x.grad(), ones({2, 2}, float64)));
  REQUIRE(message_of([] { gradcheck(tanh, randn({2})); }) ==
          "[gradcheck] input 0 is float32; differences need float64. Hint: randn(shape, float64), "
          "module.to(float64)");
  REQUIRE(message_of([] {
            gradcheck([](const std::vector<Tensor>& in) { return in[0] * randn({2}, float64); },
                      {ones({2}, float64)});
          }).substr(0, 48) == "[gradcheck] The function gives other values when");
}
