// Result dtypes against PyTorch's (fixtures/promotion.json, written by fixtures/make_promotion_fixtures.py).
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/paths.h"
#include "support/throws.h"

using namespace lexigrad;
using Json = nlohmann::json;

namespace {

Dtype dtype_named(const std::string& wanted) {
  for (Dtype dtype : {boolean, int64, bfloat16, float32, float64})
    if (name(dtype) == wanted) return dtype;
  throw std::runtime_error("no dtype " + wanted);
}

Tensor value(const std::string& dtype, int64_t rank) {
  return ones(Shape(std::vector<int64_t>(static_cast<size_t>(rank), 2)), dtype_named(dtype));
}

const Json& fixture() {
  static const Json json =
      Json::parse(std::ifstream(lexigrad::test::in_source("tests/fixtures/promotion.json")));
  return json;
}

std::string result(const std::function<Tensor()>& f) {
  try {
    return name(f().dtype());
  } catch (const std::invalid_argument&) { return "error"; }
}

using Binary = Tensor (*)(const Tensor&, const Tensor&);
const std::map<std::string, Binary> binary = {
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"div", div},
    {"pow", pow},
    {"maximum", maximum},
    {"minimum", minimum},
    {"eq", eq},
    {"lt", lt},
    {"logical_and", logical_and},
    {"logical_xor", logical_xor},
    {"where", [](const Tensor& a, const Tensor& b) { return where(tensor(1, boolean), a, b); }}};

const std::map<std::string, Tensor (*)(const Tensor&)> unary = {
    {"exp", exp},
    {"log", log},
    {"expm1", expm1},
    {"log1p", log1p},
    {"sqrt", sqrt},
    {"rsqrt", rsqrt},
    {"reciprocal", reciprocal},
    {"sin", sin},
    {"cos", cos},
    {"erf", erf},
    {"tanh", tanh},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"softplus", [](const Tensor& x) { return softplus(x); }},
    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
    {"gelu", [](const Tensor& x) { return gelu(x); }},
    {"sign", sign},
    {"logical_not", logical_not}};

// bfloat16 stores and moves; a bool may be subtracted from numbers (docs/differences.md).
std::string expected(const std::string& op, const Json& row) {
  bool stored = row["a"] == "bfloat16" || row["b"] == "bfloat16";
  bool moves = op == "where" || op.starts_with("logical");
  if (stored && !moves) return "error";
  bool one_bool = (row["a"] == "bool") != (row["b"] == "bool");
  return op == "sub" && one_bool ? row["add"] : row[op];
}

}  // namespace

TEST_CASE("numbers that no int64 holds become the least one, as PyTorch's do on x86") {
  const double infinite = std::numeric_limits<double>::infinity();
  const int64_t least = std::numeric_limits<int64_t>::min();
  const std::vector<double> values{infinite, -infinite, std::nan(""), 0x1p63, 1e300,
                                   -0x1p64,  -0x1p63,   0x1p62,       -1.75};
  Tensor x = tensor(values);
  const std::vector<int64_t> expected{least, least, least, least, least, least, least, int64_t{1} << 62, -1};
  CHECK(x.to(int64).to_vector<int64_t>() == expected);
  CHECK(x.to(float32).to(int64).to_vector<int64_t>() == expected);
  CHECK(x.to(bfloat16).to(int64).to_vector<int64_t>() == expected);
  CHECK(
      from_values<double>(std::vector<double>{std::nextafter(0x1p63, 0.0)}, {1}).to(int64).item<int64_t>() ==
      (int64_t{1} << 62) - 1024 + (int64_t{1} << 62));
}

TEST_CASE("result_type is PyTorch's for all dtypes and ranks") {
  REQUIRE(fixture()["pairs"].size() == 100);
  for (const Json& row : fixture()["pairs"]) {
    INFO(row["a"] << " " << row["b"] << " " << row["ranks"]);
    REQUIRE(name(result_type(value(row["a"], row["ranks"][0]), value(row["b"], row["ranks"][1]))) ==
            std::string(row["result_type"]));
  }
}

TEST_CASE("ops of two tensors have PyTorch's dtypes") {
  for (const Json& row : fixture()["pairs"])
    for (const auto& [op, f] : binary) {
      INFO(op << " " << row["a"] << " " << row["b"] << " " << row["ranks"]);
      Tensor a = value(row["a"], row["ranks"][0]), b = value(row["b"], row["ranks"][1]);
      REQUIRE(result([&, &f = f] { return f(a, b); }) == expected(op, row));
    }
}

TEST_CASE("ops of one tensor have PyTorch's dtypes") {
  REQUIRE(fixture()["singles"].size() == 5);
  for (const Json& row : fixture()["singles"])
    for (const auto& [op, f] : unary) {
      INFO(op << " " << row["x"]);
      std::string want = row["x"] == "bfloat16" && op != "logical_not" ? "error" : std::string(row[op]);
      REQUIRE(result([&, f = f] { return f(value(row["x"], 1)); }) == want);
    }
}

TEST_CASE("values after promotion") {
  REQUIRE(equal(exp(tensor({0, 1})), exp(tensor({0.0, 1.0}))));
  REQUIRE(equal(sqrt(tensor({true, false})), tensor({1.0, 0.0})));
  REQUIRE(equal(tensor({7, 8}) / tensor({2, 3}), tensor({3.5, 8.0 / 3})));
  REQUIRE(equal(tensor({true, true, false}) + tensor({true, false, false}), tensor({true, true, false})));
  REQUIRE(equal(tensor({true, true, false}) * tensor({true, false, false}), tensor({true, false, false})));
  REQUIRE(equal(tensor({0.5, 1.5}) + tensor(1e-3, float64), tensor({0.501, 1.501})));
  REQUIRE(equal(eq(tensor({0.1, 0.2}), tensor(0.1, float64)), tensor({true, false})));  // in float32
  REQUIRE(equal(-tensor({3, -4}), tensor({-3, 4})));
  REQUIRE(equal(abs(tensor({3, -4})), tensor({3, 4})));
  REQUIRE(equal(square(tensor({3, -4})), tensor({9, 16})));
  REQUIRE(equal(relu(tensor({3, -4})), tensor({3, 0})));
  REQUIRE(message_of([] { tensor({true}) - tensor({true}); }) ==
          "[sub] Two bool tensors have a sum (or) and a product (and). Hint: logical_xor(a, b); x.to(int64) "
          "converts");
}

TEST_CASE("the gradient of a promoted input has the input's dtype") {
  Tensor x = tensor({1.0, 2.0}).requires_grad_(), scale = tensor(3.0, float64).requires_grad_();
  Tensor y = x * scale;
  REQUIRE(y.dtype() == float32);
  sum(y).backward();
  REQUIRE(equal(x.grad(), tensor({3.0, 3.0})));
  REQUIRE(equal(scale.grad(), tensor(3.0, float64)));
}
