// Ops where they are special (NaN, infinities, ties, zeros, empty tensors, scalars, whole numbers)
// against PyTorch, element by element: tests/fixtures/make_semantics_fixtures.py writes the cases.
#include <cmath>
#include <fstream>
#include <set>

#include "autograd/ops/torch/calls.h"
#include "catch.h"
#include "support/paths.h"

using namespace lexigrad;
using nlohmann::json;

namespace {

double number(const json& j) {
  if (j.is_boolean()) return j.get<bool>();
  return j.is_number() ? j.get<double>() : std::stod(j.get<std::string>());
}

template <class T>
Tensor made(const json& j) {
  std::vector<int64_t> shape = j["shape"];
  Tensor x = empty(Shape(shape), dtype_of<T>);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const json& value = j["values"][static_cast<size_t>(i)];
    x.data<T>()[i] =
        value.is_number_integer() ? static_cast<T>(value.get<int64_t>()) : static_cast<T>(number(value));
  }
  return x;
}

Tensor made(const json& j) {
  std::string dtype = j["dtype"];
  if (dtype == "bool") return made<bool>(j);
  if (dtype == "int64") return made<int64_t>(j);
  return dtype == "float32" ? made<float>(j) : made<double>(j);
}

// Whole numbers are the same, others as near as their dtype allows; NaN is where NaN is.
void compare(const Tensor& found, const json& expected) {
  Tensor wanted = made(expected);
  REQUIRE(name(found.dtype()) == expected["dtype"].get<std::string>());
  REQUIRE(found.shape() == wanted.shape());
  if (!is_floating(found.dtype())) {
    REQUIRE(equal(found, wanted));
    return;
  }
  double tolerance = found.dtype() == float32 ? 2e-6 : 1e-13;
  std::vector<double> a = found.to_vector<double>(), b = wanted.to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i) {
    INFO("element " << i << ": " << a[i] << ", PyTorch " << b[i]);
    bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    REQUIRE((same || std::abs(a[i] - b[i]) <= tolerance * std::max(1.0, std::abs(b[i]))));
  }
}

void compare_gradients(const std::vector<Tensor>& inputs, const Tensor& y, const json& expected) {
  if (y.requires_grad()) y.backward((remainder(arange(y.numel()), 5) + 1).reshape(y.shape()).to(y.dtype()));
  for (size_t k = 0; k < inputs.size(); ++k) {
    INFO("gradient " << k);
    const Tensor& x = inputs[k];
    if (!expected[k].is_null()) compare(x.has_grad() ? x.grad() : zeros(x.shape(), x.dtype()), expected[k]);
  }
}

}  // namespace

TEST_CASE("ops are PyTorch's at NaN, ties, zeros, empty tensors and scalars") {
  std::ifstream file(lexigrad::test::in_source("tests/fixtures/semantics.json"));
  json cases = json::parse(file);
  std::set<std::string> ops;
  for (const json& e : cases) {
    INFO(e.dump());
    std::vector<Tensor> inputs;
    for (const json& x : e["in"]) {
      inputs.push_back(made(x));
      if (e.contains("dx") && is_floating(inputs.back().dtype())) inputs.back().requires_grad_();
    }
    std::vector<Tensor> y = torch_calls::calls().at(e["op"])(inputs, e["args"]);
    REQUIRE(y.size() == e["out"].size());
    for (size_t k = 0; k < y.size(); ++k) compare(y[k], e["out"][k]);
    if (e.contains("dx")) compare_gradients(inputs, y[0], e["dx"]);
    ops.insert(e["op"]);
  }
  REQUIRE(cases.size() >= 850);
  REQUIRE(ops.size() == torch_calls::calls().size());
}
