// What the tests of the optimizers' kernels share: PyTorch's steps in fixtures/optimizer_steps.json, which
// fixtures/optimizer_steps.py writes.
#pragma once
#include <algorithm>
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

/// Numbers that an optimizer moves, and up to three slots.
template <class T>
struct Moved {
  std::vector<T> w, first, second, third;
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
      const std::vector<T> zeros(start.size());
      Moved<T> moved{start, zeros, zeros, zeros};
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

/// Two steps, the second without a gradient, of arrays of every size and position: under every instruction
/// set the same bits as element by element. step(w, g, slots, n); g may be null, slots are three arrays.
template <class T, class Step>
void move_alike(const Step& step) {
  struct Arrays {
    Values<T> w, g, slots[3];
    Arrays(int64_t n, int64_t offset)
        : w(n, offset),
          g(n, offset + 1),
          slots{Values<T>(n, offset + 2), Values<T>(n, offset), Values<T>(n, offset + 3)} {
      for (int64_t i = 0; i < n; ++i) {
        w[i] = T(i % 37 - 18) / T(7);
        g[i] = T(i % 41 - 20) / T(11);
        for (int64_t s = 0; s < 3; ++s) slots[s][i] = T(5 + i % (5 + s)) / T(13);
      }
    }
    void move(const Step& step, int64_t at, int64_t n) {
      T* moved[] = {slots[0].data() + at, slots[1].data() + at, slots[2].data() + at};
      step(w.data() + at, g.data() + at, moved, n);
      step(w.data() + at, static_cast<const T*>(nullptr), moved, n);
    }
    bool equals(const Arrays& other) const {
      auto same = [&](const Values<T>& a, const Values<T>& b) {
        return std::memcmp(a.data(), b.data(), static_cast<size_t>(a.size()) * sizeof(T)) == 0;
      };
      bool out = same(w, other.w) && same(g, other.g);
      for (int s = 0; s < 3; ++s) out = out && same(slots[s], other.slots[s]);
      return out;
    }
    bool guarded() const {
      return w.guarded() && g.guarded() && slots[0].guarded() && slots[1].guarded() && slots[2].guarded();
    }
  };
  const int64_t most = *std::max_element(sizes.begin(), sizes.end());
  Arrays expected(most, 0);
  for (int64_t i = 0; i < most; ++i) expected.move(step, i, 1);
  for_targets([&] {
    for (const int64_t n : sizes)
      for (const int64_t offset : {0, 1, 3}) {
        Arrays moved(n, offset);
        moved.move(step, 0, n);
        INFO("n " << n << ", offset " << offset);
        REQUIRE(moved.equals(expected));
        REQUIRE(moved.guarded());
      }
  });
}

/// A NaN gradient reaches the weight, and a number at rest stays; step as for move_alike.
template <class Step>
void keep_nan_and_rest(const Step& step) {
  for_targets([&] {
    float w[2] = {1, 1}, g[2] = {kNaN<float>, 0}, slots[3][2] = {};
    float* all[] = {slots[0], slots[1], slots[2]};
    step(w, g, all, 2);
    REQUIRE(std::isnan(w[0]));
    REQUIRE(w[1] == 1);
  });
}

}  // namespace kernel_cases
