// Ops by name, called with inputs and JSON arguments as tests/fixtures/torch_calls.py calls PyTorch's.
#pragma once
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lexigrad/autograd/ops/ops.h"

namespace torch_calls {

using Inputs = std::vector<lexigrad::Tensor>;
using Call = std::function<std::vector<lexigrad::Tensor>(const Inputs&, const nlohmann::json&)>;
const std::map<std::string, Call>& calls();

inline std::vector<int64_t> list(const nlohmann::json& j) { return j.get<std::vector<int64_t>>(); }
inline lexigrad::Shape shape_of(const nlohmann::json& j) { return lexigrad::Shape(list(j)); }
/// Nested lists of whole numbers, or one number.
inline lexigrad::Tensor ids(const nlohmann::json& j) {
  std::vector<int64_t> values, sizes;
  for (const nlohmann::json* inner = &j; inner->is_array(); inner = &inner->front()) {
    sizes.push_back(static_cast<int64_t>(inner->size()));
    if (inner->empty()) break;
  }
  for (const nlohmann::json& value : j.flatten())
    if (value.is_number()) values.push_back(value);
  return lexigrad::from_values<int64_t>(values, lexigrad::Shape(sizes));
}

}  // namespace torch_calls
