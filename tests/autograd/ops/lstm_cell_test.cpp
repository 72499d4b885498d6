// The LSTM cell against PyTorch's: tests/fixtures/make_lstm_fixtures.py says what the numbers are.
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "support/paths.h"

using namespace lexigrad;
using nlohmann::json;

namespace {

Tensor tensor_of(const json& values, const Shape& shape) {
  return from_values<double>(values.get<std::vector<double>>(), shape);
}

// The largest difference, relative to b's largest element.
double error_between(const Tensor& a, const json& b) {
  std::vector<double> x = a.to_vector<double>();
  REQUIRE(x.size() == b.size());
  double difference = 0, scale = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    difference = std::max(difference, std::abs(x[i] - b[i].get<double>()));
    scale = std::max(scale, std::abs(b[i].get<double>()));
  }
  return difference / scale;
}

using Cell = LstmState (*)(const Tensor&, const Tensor&, const Tensor&);

void check_cell(Cell cell, Dtype dtype, double tolerance) {
  std::ifstream file(test::in_source("tests/fixtures/lstm.json"));
  json torch = json::parse(file);
  std::map<std::string, Tensor> x;
  for (const auto& [name, values] : torch["given"].items())
    x[name] =
        tensor_of(values, Shape(torch["sizes"][name].get<std::vector<int64_t>>())).to(dtype).requires_grad_();
  LstmState state{x["h0"], x["c0"]};
  for (int step : {1, 2}) {
    Tensor gates = linear(x[step == 1 ? "x0" : "x1"], x["w_ih"], x["b_ih"]);
    state = cell(gates, linear(state.h, x["w_hh"], x["b_hh"]), state.c);
    CHECK(error_between(state.h, torch["made"][text("h", step)]) <= tolerance);
    CHECK(error_between(state.c, torch["made"][text("c", step)]) <= tolerance);
  }
  backward({state.h, state.c},
           {tensor_of(torch["dh"], {3, 4}).to(dtype), tensor_of(torch["dc"], {3, 4}).to(dtype)});
  for (const auto& [name, values] : torch["gradients"].items()) {
    INFO(name);
    CHECK(error_between(x[name].grad(), values) <= tolerance);
  }
}

}  // namespace

TEST_CASE("an LSTM cell has PyTorch's states and gradients over two steps", "[lstm_cell]") {
  check_cell(lstm_cell, float64, 1e-12);
  check_cell(lstm_cell_composed, float64, 1e-12);
  check_cell(lstm_cell, float32, 1e-5);
}

TEST_CASE("an LSTM cell of width 0, or without rows, gives as much", "[lstm_cell]") {
  for (Cell cell : {lstm_cell, lstm_cell_composed})
    for (const Shape& shape : {Shape{3, 0}, Shape{0, 2}}) {
      Shape gates = shape;
      gates[1] *= 4;
      LstmState state = cell(zeros(gates).requires_grad_(), zeros(gates), zeros(shape));
      CHECK(state.h.shape() == shape);
      sum(state.c).backward();
    }
}
