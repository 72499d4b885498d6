// matmul and einsum against numpy's results; products.json says how they were made.
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/copies.h"
#include "support/fixture.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

const nlohmann::json& fixtures() { return lexigrad::test::fixture("products.json"); }

// Operand `number` of a case.
Tensor operand(const nlohmann::json& one, size_t number, Dtype dtype) {
  Shape shape(one.at("shapes").at(number).get<std::vector<int64_t>>());
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(static_cast<double>(i * (3 + static_cast<int64_t>(number)) % 11 - 5));
  return from_values<double>(values, shape).to(dtype);
}

// x with its last two dimensions transposed in memory.
Tensor turned(const Tensor& x) { return x.rank() < 2 ? x : transpose(transpose(x, -1, -2).clone(), -1, -2); }

void check_values(const nlohmann::json& one, const Tensor& y) {
  REQUIRE(y.shape() == Shape(one.at("shape").get<std::vector<int64_t>>()));
  REQUIRE(y.to_vector<double>() == one.at("values").get<std::vector<double>>());
}

}  // namespace

TEST_CASE("matmul of every pair of ranks is numpy's") {
  REQUIRE(fixtures().at("matmul").size() == 105);
  int wrong = 0;
  for (const auto& one : fixtures().at("matmul")) {
    INFO(one.at("shapes").dump());
    for (Dtype dtype : {float32, float64}) {
      Tensor a = operand(one, 0, dtype), b = operand(one, 1, dtype);
      if (one.contains("error")) {
        REQUIRE(message_of([&] { matmul(a, b); }).rfind("[matmul] Shapes", 0) == 0);
        ++wrong;
        continue;
      }
      CopyCounts before = copy_counts();
      check_values(one, matmul(a, b));
      check_values(one, matmul(turned(a), turned(b)));
      REQUIRE(copy_counts().copies == before.copies);
    }
  }
  REQUIRE(wrong > 0);
}

TEST_CASE("gradients of matmul have the operands' shapes, of every pair of ranks") {
  for (const auto& one : fixtures().at("matmul")) {
    if (one.contains("error")) continue;
    INFO(one.at("shapes").dump());
    Tensor a = operand(one, 0, float64).requires_grad_(), b = operand(one, 1, float64).requires_grad_();
    Tensor y = matmul(a, b);
    sum(y * y).backward();
    // <y, y> is quadratic in both: Euler's formula says <a, da> = <b, db> = 2 <y, y>.
    double twice = 2 * sum(y * y).item<double>();
    REQUIRE(sum(a * a.grad()).item<double>() == twice);
    REQUIRE(sum(b * b.grad()).item<double>() == twice);
  }
}

TEST_CASE("einsum is numpy's") {
  for (const auto& one : fixtures().at("einsum")) {
    std::string equation = one.at("equation");
    INFO(equation);
    std::vector<Tensor> operands;
    for (size_t i = 0; i < one.at("shapes").size(); ++i)
      operands.push_back(operand(one, i, float64).requires_grad_());
    Tensor y = einsum(equation, operands);
    check_values(one, y);
    sum(y * y).backward();
    double twice = 2 * sum(y * y).item<double>();
    for (const Tensor& x : operands) REQUIRE(sum(x * x.grad()).item<double>() == twice);
  }
}

TEST_CASE("einsum says what is wrong with an equation") {
  auto said = [](std::string_view equation, const std::vector<Tensor>& operands) {
    return message_of([&] { einsum(equation, operands); });
  };
  Tensor x = ones({2, 3});
  REQUIRE(said("ijk", {x}) == "[einsum] \"ijk\" does not name the dimensions of operand 0, of shape [2, 3]");
  REQUIRE(said("ij->ii", {x}) ==
          "[einsum] Letter 'i' of the result of \"ij->ii\" must be in an input, and once in the result");
  REQUIRE(said("ii", {x}) == "[einsum] Letter 'i' of operand 0 names sizes 2 and 3");
  REQUIRE(said("ij->i,j", {x}).rfind("[einsum] Letter ','", 0) == 0);
  REQUIRE(said("ij->i->j", {x}).rfind("[einsum] '-' in", 0) == 0);
  REQUIRE(said("", {}) == "[einsum] \"\" names 1 operands, got 0");
}

TEST_CASE("einsum repeats a size of 1 as broadcasting does") {
  Tensor x = tensor({{1.0, 2.0}}), y = tensor({{1.0, 1.0}, {2.0, 0.0}});
  REQUIRE(equal(einsum("ij,ij->i", {x, y}), tensor({3.0, 2.0})));
}
