// Printed tensors against PyTorch's text (fixtures/print.json, written by fixtures/make_print_fixtures.py).
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <locale>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/autograd/tensor/tensor.h"
#include "support/paths.h"

using namespace lexigrad;
using Json = nlohmann::json;

namespace {

Dtype dtype_named(const std::string& wanted) {
  for (Dtype dtype : {boolean, int64, bfloat16, float32, float64})
    if (name(dtype) == wanted) return dtype;
  throw std::runtime_error("no dtype " + wanted);
}

double value_of(const Json& json) {
  if (json.is_string()) return std::strtod(std::string(json).c_str(), nullptr);
  return json.is_boolean() ? double(bool(json)) : double(json);
}

Tensor from_list(const Json& list, const Shape& shape, Dtype dtype) {
  if (dtype == int64)
    return from_values<int64_t>(list.get<std::vector<int64_t>>(), shape);  // double holds 53 bits
  std::vector<double> values;
  for (const Json& one : list) values.push_back(value_of(one));
  return from_values<double>(values, shape).to(dtype);
}

Tensor result_of(const std::string& op, const Tensor& x) {
  Shape shape = x.shape();
  const std::map<std::string, std::function<Tensor()>> ops = {
      {"leaf", [&] { return x; }},
      {"add", [&] { return x + x; }},
      {"sub", [&] { return x - 0.5; }},
      {"mul", [&] { return x * 0.123456; }},
      {"div", [&] { return x / 3.0; }},
      {"neg", [&] { return -x; }},
      {"exp", [&] { return exp(x); }},
      {"tanh", [&] { return tanh(x); }},
      {"relu", [&] { return relu(x); }},
      {"sigmoid", [&] { return sigmoid(x); }},
      {"clone", [&] { return x.clone(); }},
      {"sum", [&] { return sum(x); }},
      {"softmax", [&] { return softmax(x); }},
      {"log_softmax", [&] { return log_softmax(x); }},
      {"view", [&] { return x.view({-1}); }},
      {"select", [&] { return x[0]; }},
      {"slice", [&] { return slice(x, 0, 0, 1); }},
      {"expand", [&] { return expand(x, shape.with(0, 2)); }},
      {"permute",
       [&] {
         return permute(x, {1, 0});
       }},
      {"transpose", [&] { return x.transpose(0, 1); }},
      {"cat",
       [&] {
         return cat({x, x});
       }},
      {"embedding", [&] {
         return embedding(x, tensor({0, 0, 1}));
       }}};
  return ops.at(op)();
}

Tensor build(const Json& one) {
  Shape shape = one["shape"].get<std::vector<int64_t>>();
  if (one.contains("op")) return result_of(one["op"], ones(shape).requires_grad_());
  Dtype dtype = dtype_named(one["dtype"]);
  if (one.contains("values")) return from_list(one["values"], shape, dtype);
  if (one.contains("arange"))
    return (arange(shape.numel()).to(dtype) * double(one["arange"])).to(dtype).view(shape);
  manual_seed(one["uniform"]);
  return rand(shape, dtype) * 2.0 - 1.0;
}

const Json& fixtures() {
  static const Json all = Json::parse(std::ifstream(lexigrad::test::in_source("tests/fixtures/print.json")));
  return all;
}

void check_all() {
  for (const Json& one : fixtures()) {
    INFO(one.dump().substr(0, 200));
    CHECK(to_string(build(one)) == std::string(one["text"]));
  }
}

struct Commas : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("tensors print as in PyTorch") {
  REQUIRE(fixtures().size() >= 60);
  check_all();
}

TEST_CASE("tensors print the same in any locale and from any order of memory") {
  std::ostringstream out;
  out.imbue(std::locale(out.getloc(), new Commas));
  out.precision(1);
  out << tensor({{1234.5, 0.25}, {3.0, 4.0}}).t();
  REQUIRE(out.str() == "tensor([[1.2345e+03, 3.0000e+00],\n        [2.5000e-01, 4.0000e+00]])");
  Tensor wide = arange(12).view({3, 4});
  REQUIRE(to_string(wide.t()) == to_string(wide.t().clone()));
  REQUIRE(to_string(slice(arange(5000), 0, 0, 5000, 2)) ==
          "tensor([   0,    2,    4,  ..., 4994, 4996, 4998])");
}

TEST_CASE("NaN prints without its sign") {
  REQUIRE(to_string(tensor({-std::nan(""), 1.5})) == "tensor([   nan, 1.5000])");
}

TEST_CASE("a tensor that is not there prints as None") {
  REQUIRE(to_string(Tensor()) == "None");
  REQUIRE(to_string(ones({2}).requires_grad_().grad()) == "None");
}

TEST_CASE("shapes print as in PyTorch under our own name") {
  std::ostringstream out;
  out << Shape{8, 4, 256} << Shape{} << Shape{5};
  REQUIRE(out.str() == "lexigrad.Size([8, 4, 256])lexigrad.Size([])lexigrad.Size([5])");
}
