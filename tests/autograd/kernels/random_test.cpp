#include "lexigrad/autograd/kernels/random.h"

#include <numbers>

#include "autograd/kernels/cases.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
using Real = long double;

// Random words, the first few of them extreme.
std::vector<uint32_t> words(int64_t n) {
  std::vector<uint32_t> all(static_cast<size_t>(n));
  std::mt19937 random(static_cast<uint32_t>(n));
  for (uint32_t& word : all) word = static_cast<uint32_t>(random());
  const uint32_t extremes[] = {0, UINT32_MAX, 1, 0xFF000000, 0x00FFFFFF, 0x001FFFFF, 0xFFE00000};
  for (size_t i = 0; i < std::min<size_t>(all.size(), 7); ++i) all[i] = extremes[i];
  return all;
}

Real fraction(const std::vector<uint32_t>& words, int64_t i, float) {
  return static_cast<Real>(words[static_cast<size_t>(i)] & 0xFFFFFF) * 0x1p-24L;
}
Real fraction(const std::vector<uint32_t>& words, int64_t i, double) {
  uint64_t high = words[static_cast<size_t>(2 * i)], low = words[static_cast<size_t>(2 * i + 1)];
  return static_cast<Real>((high << 32 | low) & ((uint64_t{1} << 53) - 1)) * 0x1p-53L;
}

template <class T>
void check_uniform() {
  for (int64_t n : sizes) {
    const std::vector<uint32_t> from = words(n * static_cast<int64_t>(sizeof(T) / 4));
    Values<T> y(n, 1), z(n, 1);
    uniform(from.data(), y.data(), n, T(0), T(1));
    uniform(from.data(), z.data(), n, T(-0.25), T(0.5));
    REQUIRE((y.guarded() && z.guarded()));
    for (int64_t i = 0; i < n; ++i) {
      REQUIRE(y[i] == fraction(from, i, T{}));
      // 0.75 u - 0.25 with one rounding, or two where there is no fused multiply-add.
      REQUIRE(std::abs(z[i] - (fraction(from, i, T{}) * 0.75L - 0.25L)) <= 0.75L * kEps<T>);
      REQUIRE((z[i] >= T(-0.25) && z[i] < T(0.5)));
    }
  }
}

template <class T>
void check_box_muller(Real bound) {
  const int64_t blocks = 200;
  Values<T> x(16 * blocks, 5);
  uniform(words(16 * blocks * static_cast<int64_t>(sizeof(T) / 4)).data(), x.data(), 16 * blocks, T(0), T(1));
  x[0] = 0, x[1] = 1 - static_cast<T>(kEps<T>) / 2, x[8] = 0, x[9] = T(0.5), x[10] = T(0.125), x[11] = x[1];
  Values<T> y = x, shifted = x;
  box_muller(y.data(), blocks, T(0), T(1));
  box_muller(shifted.data(), blocks, T(3), T(0.5));
  REQUIRE((y.guarded() && shifted.guarded()));
  for (int64_t i = 0; i < blocks * 16; ++i) {
    const int64_t j = i % 16 < 8 ? i : i - 8;
    const Real r = std::sqrt(-2 * std::log1p(-Real(x[j]))), t = 2 * std::numbers::pi_v<Real> * x[j + 8];
    const Real expected = r * (i == j ? std::cos(t) : std::sin(t));
    INFO("element " << i);
    REQUIRE(std::abs(y[i] - expected) <= bound * r);
    REQUIRE(std::abs(shifted[i] - (3 + expected / 2)) <= bound * r + 4 * kEps<T>);
  }
}

}  // namespace

TEST_CASE("uniform values are exact fractions of the words") {
  for_targets([] {
    check_uniform<float>();
    check_uniform<double>();
  });
}

// The angle, up to 2 pi, is rounded before its sine is taken: that alone is 4 epsilons.
TEST_CASE("Box and Muller's transform agrees with the formula") {
  for_targets([] {
    check_box_muller<float>(6 * kEps<float>);
    check_box_muller<double>(6 * kEps<double>);
  });
}
