// What the kernel tests share: every instruction set of this machine, awkward sizes and
// positions, hard values.
#pragma once
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "catch.h"

namespace kernel_cases {

/// Calls body() under each instruction set that this machine has.
template <class Body>
void for_targets(const Body& body) {
  struct Restore {
    ~Restore() { hwy::SetSupportedTargetsForTest(0); }
  } restore;
  hwy::SetSupportedTargetsForTest(0);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    INFO("target " << hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
}

/// 0, 1, N-1, N, N+1, 3N, 8N+2 for vectors of N = 2, 4, 8, 16 values, and some past the
/// blocks inside the kernels.
inline const std::vector<int64_t> sizes = {0,  1,  2,  3,  4,  5,   6,   7,   8,    9,    12,   15,   16,  17,
                                           18, 24, 34, 48, 66, 130, 511, 513, 1029, 4095, 4096, 4097, 9001};

/// n values that start `offset` values past a 64-byte boundary, with guards on both sides
/// that check() looks at.
template <class T>
class Values {
 public:
  explicit Values(int64_t n, int64_t offset = 0) : n_(n), storage_(static_cast<size_t>(n + 96), kGuard) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data() + 16);
    begin_ = 16 + static_cast<int64_t>((64 - address % 64) % 64 / sizeof(T)) + offset;
  }
  T* data() { return storage_.data() + begin_; }
  const T* data() const { return storage_.data() + begin_; }
  int64_t size() const { return n_; }
  T& operator[](int64_t i) { return data()[i]; }
  const T& operator[](int64_t i) const { return data()[i]; }
  bool guarded() const {
    for (int64_t i = 0; i < static_cast<int64_t>(storage_.size()); ++i)
      if ((i < begin_ || i >= begin_ + n_) && storage_[static_cast<size_t>(i)] != kGuard) return false;
    return true;
  }

 private:
  static constexpr T kGuard = T(77);
  int64_t n_, begin_;
  std::vector<T> storage_;
};

template <class T>
Values<T> uniform(int64_t n, double low, double high, int64_t offset = 0, unsigned seed = 1) {
  std::mt19937_64 random(seed + static_cast<unsigned>(n));
  std::uniform_real_distribution<double> draw(low, high);
  Values<T> x(n, offset);
  for (int64_t i = 0; i < n; ++i) x[i] = static_cast<T>(draw(random));
  return x;
}

/// Same bits, any NaN equal to any other.
template <class T>
bool same_bits(T a, T b) {
  return (a != a && b != b) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
bool same_bits(const Values<T>& a, const Values<T>& b) {
  for (int64_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i])) return false;
  return true;
}

template <class T>
constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
template <class T>
constexpr T kInf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kTiny = std::numeric_limits<T>::denorm_min();
template <class T>
constexpr long double kEps = std::numeric_limits<T>::epsilon();

/// Largest |a - b| / bound over values; a NaN or an infinity that differs counts as infinite.
inline long double excess(long double a, long double b, long double bound) {
  if (a == b || (a != a && b != b)) return 0;
  const long double ratio = std::fabs(a - b) / bound;
  return ratio == ratio ? ratio : std::numeric_limits<long double>::infinity();
}

}  // namespace kernel_cases
