// What other programs computed, for comparison.
#pragma once
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "support/paths.h"

namespace lexigrad::test {

/// The JSON file of this name in tests/fixtures/, read once.
inline const nlohmann::json& fixture(const std::string& name) {
  static std::map<std::string, nlohmann::json> read;
  auto [at, fresh] = read.try_emplace(name);
  if (fresh) at->second = nlohmann::json::parse(std::ifstream(in_source("tests/fixtures/" + name)));
  return at->second;
}

}  // namespace lexigrad::test
