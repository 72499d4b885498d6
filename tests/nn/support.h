// What the tests of nn/ share.
#pragma once
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "support/fixture.h"

namespace lexigrad {

/// What PyTorch computed: see tests/fixtures/make_nn_fixtures.py.
inline const nlohmann::json& fixture() { return lexigrad::test::fixture("nn.json"); }

inline Tensor doubles(const nlohmann::json& list, const Shape& shape) {
  auto values = list.get<std::vector<double>>();
  return from_values<double>(values, shape);
}

inline Tensor whole(const nlohmann::json& list, const Shape& shape) {
  auto values = list.get<std::vector<int64_t>>();
  return from_values<int64_t>(values, shape);
}

/// True if x begins with exactly these values.
inline bool bits(const Tensor& x, const nlohmann::json& list) {
  auto found = x.to_vector<double>(), expected = list.get<std::vector<double>>();
  return std::equal(expected.begin(), expected.end(), found.begin());
}

/// The error that f throws.
template <class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "nothing was thrown";
}

}  // namespace lexigrad
