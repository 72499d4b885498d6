#include "lexigrad/autograd/checks/gradcheck.h"

#include <algorithm>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

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

using List = std::vector<Tensor>;

// The largest entry, with the gradient to the first of equals (or to another, or wrongly to all).
Tensor max_of(const Tensor& x, std::vector<double> shares) {
  std::vector<double> v = x.to_vector<double>();
  Tensor y = tensor(*std::max_element(v.begin(), v.end()), float64);
  return record("max_of", y, {x}, [shares](const Tensor& dy, Grads& dx) { dx[0] += dy * tensor(shares); });
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

TEST_CASE("gradcheck says where values or gradients change from call to call") {
  int calls = 0;
  auto drifts = [&](const List& in) {
    Tensor y = in[0] * 1;
    if (++calls == 2) y.detach().data<double>()[4] += 0.25;
    return y;
  };
  REQUIRE(message_of([&] {
            gradcheck(drifts, {ones({2, 3}, float64)});
          }) ==
          "[gradcheck] The function gives other values when it is called again: 1 at index [1,1], then 1.25. "
          "Hint: fix its seed");
  auto grows = [&](const List& in) { return (++calls, ones({calls}, float64) * sum(in[0])); };
  calls = 0;
  REQUIRE(message_of([&] { gradcheck(grows, {ones({2}, float64)}); }) ==
          "[gradcheck] The function gives shape [1], and when it is called again [2]");
  calls = 0;
  auto dice = [&](const List& in) {
    return record("dice", (in[0] * in[1]).detach(), {in[0], in[1]}, [&, in](const Tensor& dy, Grads& dx) {
      dx[0] += dy * in[1].detach();
      Tensor g = (dy * in[0].detach()).clone();
      g.data<double>()[2] *= ++calls;
      dx[1] += g;
    });
  };
  std::string text = message_of([&] { gradcheck(dice, {ones({3}, float64), ones({3}, float64)}); });
  REQUIRE(text.substr(0, 78) ==
          "[gradcheck] The gradient of input 1 gives other values when it is called again");
  REQUIRE(text.find(" at index [2], then ") != std::string::npos);
}

TEST_CASE("gradcheck reports every wrong entry up to a limit") {
  Tensor x = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, float64);
  auto op = [](const List& in) { return wrong_square(in[0], false); };
  GradcheckResult result = gradcheck(op, {x}), short_one = gradcheck(op, {x}, {.max_wrong = 2});
  REQUIRE(result.wrong_count == 6);
  REQUIRE(result.wrong.size() == 6);
  REQUIRE(result.wrong[4].index == Shape{1, 1});
  REQUIRE(result.wrong[4].analytic == Approx(result.wrong[4].numeric / 2));
  REQUIRE(short_one.wrong_count == 6);
  REQUIRE(short_one.wrong.size() == 2);
  std::string report = short_one.report();
  REQUIRE(report.substr(0, report.find(" (off")) ==
          text_of(short_one).substr(0, text_of(short_one).find(" (off")));
  REQUIRE(report.find("\n6 of 6 entries are wrong:\n  input 0, index [0,0]: analytic ") != std::string::npos);
  REQUIRE(report.find("\n  input 0, index [0,1]: analytic ") != std::string::npos);
  REQUIRE(report.find("index [0,2]: analytic", report.find("are wrong")) == std::string::npos);
  REQUIRE(report.ends_with("\n  and 4 more\n"));
  GradcheckResult one = gradcheck([](const List& in) { return wrong_square(in[0], true); }, {x});
  REQUIRE(one.wrong_count == 1);
  REQUIRE(one.report().find("\n1 of 6 entries are wrong:\n") != std::string::npos);
  REQUIRE(gradcheck(tanh, x).report() == text_of(gradcheck(tanh, x)) + "\n");
}

TEST_CASE("gradcheck passes whole numbers and bools through and names them") {
  Tensor table = randn({4, 2}, float64), ids = tensor({{3, 0}, {3, 3}}), keep = tensor({{true}, {false}});
  auto op = [](const List& in) { return embedding(in[0], in[1]) * in[2].reshape({2, 1, 1}); };
  for (bool twice : {false, true}) {
    GradcheckResult result =
        twice ? gradgradcheck(op, {table, ids, keep}) : gradcheck(op, {table, ids, keep});
    INFO(result);
    REQUIRE(result.ok);
    REQUIRE(result.checked == (twice ? 8 + 8 : 8));
    REQUIRE(result.left_out == "input 1 (int64), input 2 (bool)");
  }
  REQUIRE(message_of([&] {
            gradgradcheck(op, {table.to(float32), ids, keep});
          }) ==
          "[gradcheck] input 0 is float32; differences need float64. Hint: randn(shape, float64), "
          "module.to(float64)");
  REQUIRE(message_of([&] {
            gradcheck(op, {table, ids, table.to(bfloat16)});
          }).substr(0, 31) == "[gradcheck] input 2 is bfloat16");
}

TEST_CASE("gradcheck leaves kinks out and says so, and still sees a gradient that is no slope there") {
  Tensor x = tensor({-1.0, 0.0, 2.0}, float64);
  GradcheckResult half = gradcheck(relu, x), even = gradcheck(lexigrad::abs, x);
  REQUIRE(half.ok);
  REQUIRE(half.checked == 2);
  REQUIRE(half.left_out == "kink at input 0, index [1]");
  REQUIRE(even.ok);  // differences give 0, as the rule does
  REQUIRE(even.checked == 3);
  Tensor ties = tensor({2.0, -1.0, 2.0}, float64);
  auto check_max = [&](std::vector<double> shares) {
    return gradcheck([&](const List& in) { return max_of(in[0], shares); }, {ties});
  };
  GradcheckResult result = check_max({1, 0, 0});
  REQUIRE(result.ok);
  REQUIRE(result.checked == 1);
  REQUIRE(result.left_out == "kink at input 0, index [0], kink at input 0, index [2]");
  REQUIRE(check_max({0.25, 0, 0.75}).ok);
  REQUIRE_FALSE(check_max({1.5, 0, 0}).ok);
  REQUIRE_FALSE(check_max({1, 0.1, 0}).ok);
  result = gradcheck(relu, zeros({2}, float64));
  REQUIRE_FALSE(result.ok);
  REQUIRE(
      text_of(result) ==
      "relu: nothing was compared: all entries are left out, left out 2 of 2: kink at input 0, index [0], "
      "kink at input 0, index [1]");
}

TEST_CASE("gradgradcheck leaves out where a gradient jumps") {
  Tensor x = tensor({-1.0, 0.0, 2.0}, float64);
  for (Tensor (*f)(const Tensor&) : {lexigrad::relu, lexigrad::abs}) {
    GradcheckResult result = gradgradcheck([&](const List& in) { return f(in[0]); }, {x});
    INFO(result);
    REQUIRE(result.ok);
    REQUIRE(result.left_out.find(" at input 0, index [1]") == 4);
    REQUIRE(result.worst.op == (f == lexigrad::relu ? "gradient of relu" : "gradient of abs"));
    REQUIRE(result.checked == 5);
  }
}

TEST_CASE("gradcheck takes what is NaN for wrong, not for dice") {
  GradcheckResult result = gradcheck(log, tensor({1.0, -1.0}, float64));
  REQUIRE_FALSE(result.ok);
  REQUIRE(result.wrong_count == 2);
}
