// Elementwise ops where formulas say too little: at zeros, ties, bounds, infinities and NaN.
// The numbers are PyTorch 2.13.0's.
#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();
using Values = std::vector<double>;
using Apply = std::function<Tensor(const std::vector<Tensor>&)>;

void check_values(const Tensor& found, const Values& wanted) {
  Values values = found.to_vector<double>();
  REQUIRE(values.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    INFO("entry " << i << ": " << values[i] << ", expected " << wanted[i]);
    if (std::isfinite(wanted[i]))
      REQUIRE(std::abs(values[i] - wanted[i]) <= 1e-12 * std::abs(wanted[i]));
    else
      REQUIRE((values[i] == wanted[i] || (std::isnan(values[i]) && std::isnan(wanted[i]))));
  }
}

// Values and gradients of the sum, by the kernels and by the ops that gradients of gradients use.
void check_op(const Apply& apply, const std::vector<Values>& inputs, const Values& result,
              const std::vector<Values>& gradients) {
  std::vector<Tensor> leaves;
  for (const Values& values : inputs) leaves.push_back(tensor(values).requires_grad_());
  Tensor y = apply(leaves);
  check_values(y, result);
  for (bool create_graph : {false, true}) {
    INFO("create_graph " << create_graph);
    std::vector<Tensor> found = grad(sum(apply(leaves)), leaves, {.create_graph = create_graph});
    for (size_t i = 0; i < gradients.size(); ++i) check_values(found[i], gradients[i]);
  }
}

}  // namespace

TEST_CASE("pow of tensors at 0, below it and at NaN") {
  check_op([](const auto& in) { return pow(in[0], in[1]); },
           {{0, 0, 0, 2, -2, 1, kNaN}, {0, 2, -1, 0, 3, kNaN, 0}}, {1, 0, kInf, 1, -8, 1, 1},
           {{0, 0, -kInf, 0, 12, kNaN, 0}, {0, 0, -kInf, 0.6931471805599453, kNaN, 0, kNaN}});
}

TEST_CASE("pow by a number at 0, below it and at NaN") {
  struct Case {
    double exponent;
    Values result, gradient;
  };
  const Case cases[] = {
      {0, {1, 1, 1, 1}, {0, 0, 0, 0}},
      {1, {0, 2, -2, kNaN}, {1, 1, 1, 1}},
      {2, {0, 4, 4, kNaN}, {0, 4, -4, kNaN}},
      {3, {0, 8, -8, kNaN}, {0, 12, 12, kNaN}},
      {0.5, {0, 1.4142135623730951, kNaN, kNaN}, {kInf, 0.35355339059327373, kNaN, kNaN}},
      {-0.5, {kInf, 0.7071067811865475, kNaN, kNaN}, {-kInf, -0.1767766952966369, kNaN, kNaN}},
      {-1, {kInf, 0.5, -0.5, kNaN}, {-kInf, -0.25, -0.25, kNaN}},
      {2.7, {0, 6.498019170849885, kNaN, kNaN}, {0, 8.772325880647346, kNaN, kNaN}}};
  for (const Case& c : cases) {
    INFO("exponent " << c.exponent);
    check_op([&](const auto& in) { return pow(in[0], c.exponent); }, {{0, 2, -2, kNaN}}, c.result,
             {c.gradient});
  }
  check_op([](const auto& in) { return pow(0, in[0]); }, {{0, 2, -1}}, {1, 0, kInf}, {{0, 0, -kInf}});
  Tensor x = tensor({0.0, 2.0}, float64).requires_grad_();
  Tensor first = grad(sum(pow(x, 2)), {x}, {.create_graph = true})[0];
  check_values(grad(sum(first), {x})[0], {2, 2});
}

TEST_CASE("pow of whole numbers stays whole") {
  REQUIRE(equal(pow(tensor({2, -3, 0}), tensor({62, 3, 0})),
                tensor({int64_t{1} << 62, int64_t{-27}, int64_t{1}})));
  REQUIRE(equal(pow(tensor({2, 3}), 2), tensor({4, 9})));
  REQUIRE(equal(pow(tensor({4, 9}), 0.5), tensor({2.0, 3.0})));
  REQUIRE(message_of([] {
            pow(tensor({2, 3}), -1);
          }) == "[pow] Whole numbers to the power -1 are fractions. Hint: x.to(float32) converts");
  REQUIRE(message_of([] { pow(tensor({true}), tensor({true})); }) ==
          "[pow] Needs numbers, got two bool tensors. Hint: x.to(int64) converts");
}

TEST_CASE("roots, logarithms and reciprocals at the ends of their ranges") {
  check_op([](const auto& in) { return sqrt(in[0]); }, {{0, -1, kInf}}, {0, kNaN, kInf}, {{kInf, kNaN, 0}});
  check_op([](const auto& in) { return rsqrt(in[0]); }, {{0, -1, kInf, 4}}, {kInf, kNaN, 0, 0.5},
           {{-kInf, kNaN, 0, -0.0625}});
  check_op([](const auto& in) { return reciprocal(in[0]); }, {{0, -0.0, kInf, kNaN}}, {kInf, -kInf, 0, kNaN},
           {{-kInf, -kInf, 0, kNaN}});
  check_op([](const auto& in) { return log1p(in[0]); }, {{-1, 0, 1e-20, -2}}, {-kInf, 0, 1e-20, kNaN},
           {{kInf, 1, 1, -1}});
  check_op([](const auto& in) { return expm1(in[0]); }, {{1e-20, -kInf, 0, 1000}}, {1e-20, -1, 0, kInf},
           {{1, 0, 1, kInf}});
}

TEST_CASE("clamp has gradient 1 at its bounds, and max wins where they cross") {
  const Values x = {-1, 2, -3, 3, 0, kNaN, kInf, -kInf};
  check_op([](const auto& in) { return clamp(in[0], -1, 2); }, {x}, {-1, 2, -1, 2, 0, kNaN, 2, -1},
           {{1, 1, 0, 0, 1, 0, 0, 0}});
  check_op([](const auto& in) { return clamp(in[0], 2, -1); }, {{-1, 2, 0}}, {-1, -1, -1}, {{0, 0, 0}});
  check_op([](const auto& in) { return clamp(in[0], kNaN, 2); }, {{-1, 2, 0}}, {kNaN, kNaN, kNaN},
           {{0, 0, 0}});
  check_op([](const auto& in) { return clamp(in[0], 0); }, {{-1, 0, kNaN, kInf}}, {0, 0, kNaN, kInf},
           {{0, 1, 0, 1}});
  check_op([](const auto& in) { return clamp(in[0], {}, 0); }, {{-1, 0, kNaN, 1, -kInf}},
           {-1, 0, kNaN, 0, -kInf}, {{1, 1, 0, 0, 1}});
  REQUIRE(equal(clamp(tensor({-5, 3, 9}), 0, 4), tensor({0, 3, 4})));
  REQUIRE(equal(clamp(tensor({-5, 3, 9}), {}, 4), tensor({-5, 3, 4})));
  REQUIRE(equal(clamp(tensor({0, 1, 2}), 0.5), tensor({0.5, 1.0, 2.0})));
  REQUIRE(equal(clamp(tensor({true, false}), 0, 1), tensor({1, 0})));
}

TEST_CASE("maximum and minimum keep NaN and halve the gradient of ties") {
  const Values a = {1, 1, 2, kNaN, 1}, b = {1, 2, 1, 1, kNaN};
  check_op([](const auto& in) { return maximum(in[0], in[1]); }, {a, b}, {1, 2, 2, kNaN, kNaN},
           {{0.5, 0, 1, 1, 1}, {0.5, 1, 0, 1, 1}});
  check_op([](const auto& in) { return minimum(in[0], in[1]); }, {a, b}, {1, 1, 1, kNaN, kNaN},
           {{0.5, 1, 0, 1, 1}, {0.5, 0, 1, 1, 1}});
  REQUIRE(equal(maximum(tensor({3, -4}), tensor({2, 7})), tensor({3, 7})));
  REQUIRE(equal(minimum(tensor({true, true}), tensor({true, false})), tensor({true, false})));
}

TEST_CASE("where gives nothing of the branch that it does not take") {
  check_op(
      [](const auto& in) {
        return where(tensor({true, false}), in[0], in[1]);
      },
      {{1, kNaN}, {kInf, 2}}, {1, 2}, {{1, 0}, {0, 1}});
  Tensor y = tensor({1.0, 2.0}).requires_grad_();
  where(tensor({true, false}), y, 0).backward(tensor({kInf, kInf}, float32));
  check_values(y.grad(), {kInf, 0});
  REQUIRE(equal(where(tensor({true, false}), 7, tensor({1, 2})), tensor({7, 2})));
  REQUIRE(equal(masked_fill(tensor({1, 2, 3}), tensor({true, false, true}), 2.5), tensor({2, 2, 2})));
  check_op(
      [](const auto& in) {
        return masked_fill(in[0], tensor({true, false}), -kInf);
      },
      {{kNaN, 2}}, {-kInf, 2}, {{0, 1}});
}

TEST_CASE("activations at their kinks and far out") {
  check_op([](const auto& in) { return leaky_relu(in[0], 0.5); }, {{0, -2, 3, kNaN}}, {0, -1, 3, kNaN},
           {{0.5, 0.5, 1, 0.5}});
  check_op([](const auto& in) { return softplus(in[0]); }, {{-1000, 0, 20, 20.5, 1000, kNaN, kInf, -kInf}},
           {0, 0.6931471805599453, 20.000000002061153, 20.5, 1000, kNaN, kInf, 0},
           {{0, 0.5, 0.9999999979388464, 1, 1, kNaN, 1, 0}});
  check_op([](const auto& in) { return softplus(in[0], 2, 1); }, {{-1, 0, 0.5, 0.6}},
           {0.06346400552148625, 0.34657359027997264, 0.6566308437591114, 0.6},
           {{0.11920292202211755, 0.5, 0.7310585786300049, 1}});
  check_op([](const auto& in) { return silu(in[0]); }, {{-1000, 0, 1000, kNaN, kInf, -kInf}},
           {0, 0, 1000, kNaN, kInf, kNaN}, {{0, 0.5, 1, kNaN, kNaN, kNaN}});
}

TEST_CASE("logic takes any dtype, and NaN as true") {
  Tensor odd = tensor({kNaN, 0.0, 2.0});
  REQUIRE(equal(logical_and(odd, tensor({1, 1, 0})), tensor({true, false, false})));
  REQUIRE(equal(logical_or(odd, tensor({0, 0, 0})), tensor({true, false, true})));
  REQUIRE(equal(logical_xor(odd, tensor({true, true, false})), tensor({false, true, true})));
  REQUIRE(equal(logical_not(odd), tensor({false, true, false})));
  REQUIRE(equal(gt(tensor({1, 2, 3}), 1.5), tensor({false, true, true})));
  REQUIRE(equal(ne(odd, 0), tensor({true, false, true})));
}
