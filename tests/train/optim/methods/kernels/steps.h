// What the tests of the optimizers' kernels share: PyTorch's steps in fixtures/optimizer_steps.json, which
// fixtures/optimizer_steps.py writes.
#pragma once
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/kernels/cases.h"
#include "support/paths.h"

namespace kernel_cases {
using Json = nlohmann::json;

template <class T>
std::vector<T> values_of(const Json& list) {
  std::vector<T> out;
  for (const double v : list) out.push_back(static_cast<T>(v));
  return out;
}

/// Numbers that an optimizer moves, and up to two slots.
template <class T>
struct Moved {
  std::vector<T> w, first, second;
};

/// The steps of optimizers of this kind, under every instruction set: step(settings, moved, g, t) makes step
/// t = 1, 2, ...; g is null where the gradient is zeros and `null_is_zeros`.
template <class T, class Step>
void agree_with_torch(const std::string& kind, bool null_is_zeros, const Step& step) {
  std::ifstream file(lexigrad::test::in_source("tests/fixtures/optimizer_steps.json"));
  REQUIRE(file);
  const Json data = Json::parse(file);
  const char* dtype = sizeof(T) == 4 ? "float32" : "float64";
  const long double tolerance = sizeof(T) == 4 ? 1e-6L : 1e-14L;
  int cases = 0;
  for_targets([&] {
    for (const Json& settings : data["cases"]) {
      if (settings["kind"] != kind) continue;
      ++cases;
      const auto start = values_of<T>(data["start"]);
      Moved<T> moved{start, std::vector<T>(start.size()), std::vector<T>(start.size())};
      for (int t = 1; t <= 5; ++t) {
        const auto g = values_of<T>(data["gradients"][t - 1]);
        step(settings, moved, null_is_zeros && t - 1 == data["zero_step"] ? nullptr : g.data(), t);
        const auto want = values_of<long double>(settings[dtype][t - 1]);
        long double worst = 0;
        for (size_t i = 0; i < want.size(); ++i)
          worst = std::max(worst, excess(moved.w[i], want[i], tolerance * (1 + std::fabs(want[i]))));
        INFO("step " << t);
        REQUIRE(worst <= 1);
      }
    }
  });
  REQUIRE(cases > 0);
}

}  // namespace kernel_cases
