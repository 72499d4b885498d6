// Compares modules with what PyTorch computed: tests/fixtures/make_layer_fixtures.py.
#pragma once
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"
#include "support/fixture.h"

namespace lexigrad {

inline const nlohmann::json& layer_fixture() { return lexigrad::test::fixture("layers.json"); }

inline Tensor tensor_of(const nlohmann::json& data, Dtype dtype = float64) {
  std::vector<int64_t> sizes = data["shape"];
  std::vector<double> values = data["values"];
  return from_values<double>(values, Shape(sizes)).to(dtype);
}

/// |a - b| <= tolerance times b's largest number.
inline void check_close(const Tensor& a, const Tensor& b, double tolerance) {
  REQUIRE(a.shape() == b.shape());
  Tensor x = a.detach().to(float64), y = b.detach().to(float64);
  double scale = y.numel() > 0 ? max(abs(y)).item<double>() : 0;
  double error = y.numel() > 0 ? max(abs(x - y)).item<double>() : 0;
  INFO("error " << error << " at scale " << scale);
  CHECK(error <= tolerance * scale);
}

/// Puts PyTorch's weights into `module`, whose parameters must have their names and no others,
/// and compares the output of call(inputs) and all gradients, in float64 and in float32. Other
/// leaves are the inputs.
inline void check_case(const nlohmann::json& data, nn::Module& module, const std::vector<std::string>& inputs,
                       const std::function<Tensor(const std::vector<Tensor>&)>& call) {
  for (Dtype dtype : {float64, float32}) {
    INFO(data["name"].get<std::string>() << " in " << name(dtype));
    double tolerance = dtype == float64 ? 1e-11 : 1e-5;
    module.to(dtype);
    nn::NamedTensors state;
    std::map<std::string, Tensor> leaves;
    std::vector<Tensor> given;
    for (const std::string& name : inputs)
      given.push_back(leaves[name] = tensor_of(data["leaves"][name], dtype).requires_grad_());
    for (const auto& [name, value] : data["leaves"].items())
      if (!leaves.contains(name)) state.emplace_back(name, tensor_of(value, dtype));
    module.load_state(state);
    for (const nn::ParameterRef& p : module.parameters()) leaves[p.name] = p;
    Tensor y = call(given);
    check_close(y, tensor_of(data["y"]), tolerance);
    sum(y * tensor_of(data["pull"], dtype)).backward();
    for (const auto& [name, leaf] : leaves) {
      INFO("gradient of " << name);
      Tensor expected = tensor_of(data["grads"][name]);
      check_close(leaf.has_grad() ? leaf.grad() : zeros(leaf.shape(), dtype), expected, tolerance);
    }
  }
}

/// Saves a module's state into `other`, which was made with the same options from another seed:
/// call() must then give the same bits for both, and before not.
template <class M>
void check_round_trip(const M& module, M& other, const std::function<Tensor(const M&)>& call) {
  Tensor expected = call(module).detach();
  CHECK_FALSE(equal(call(other).detach(), expected));
  nn::NamedTensors copy;
  for (const auto& [name, value] : module.state()) copy.emplace_back(name, value.clone());
  other.load_state(copy);
  CHECK(equal(call(other).detach(), expected));
}

}  // namespace lexigrad
