#include "lexigrad/autograd/kernels/elementwise.h"

#include <functional>
#include <numbers>

#include "autograd/kernels/cases.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
using Real = long double;
constexpr Real kPi = std::numbers::pi_v<Real>;

const std::vector<Unary> all_unary = {
    Unary::neg,     Unary::abs,  Unary::square, Unary::exp,  Unary::log,      Unary::tanh, Unary::relu,
    Unary::sigmoid, Unary::sqrt, Unary::rsqrt,  Unary::silu, Unary::softplus, Unary::gelu, Unary::gelu_tanh};
const char* const unary_names[] = {"neg",     "abs",  "square", "exp",  "log",      "tanh", "relu",
                                   "sigmoid", "sqrt", "rsqrt",  "silu", "softplus", "gelu", "gelu_tanh"};

Real cubic(Real x) { return std::sqrt(2 / kPi) * (x + 0.044715L * x * x * x); }

Real exact(Unary f, Real x) {
  switch (f) {
    case Unary::neg:
      return -x;
    case Unary::abs:
      return std::fabs(x);
    case Unary::square:
      return x * x;
    case Unary::exp:
      return std::exp(x);
    case Unary::log:
      return std::log(x);
    case Unary::tanh:
      return std::tanh(x);
    case Unary::relu:
      return x > 0 ? x : 0;
    case Unary::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Unary::sqrt:
      return std::sqrt(x);
    case Unary::rsqrt:
      return 1 / std::sqrt(x);
    case Unary::silu:
      return x / (1 + std::exp(-x));
    case Unary::softplus:
      return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
    case Unary::gelu:
      return x / 2 * std::erfc(-x / std::sqrt(Real(2)));
    case Unary::gelu_tanh:
      return x / (1 + std::exp(-2 * cubic(x)));
  }
  return 0;
}

Real exact_slope(Unary f, Real x) {
  const Real y = exact(f, x);
  switch (f) {
    case Unary::neg:
      return -1;
    case Unary::abs:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Unary::square:
      return 2 * x;
    case Unary::exp:
      return y;
    case Unary::log:
      return 1 / x;
    case Unary::tanh:
      return 1 - y * y;
    case Unary::relu:
      return x > 0 ? 1 : 0;
    case Unary::sigmoid:
      return y * (1 - y);
    case Unary::sqrt:
      return 1 / (2 * y);
    case Unary::rsqrt:
      return -y * y * y / 2;
    case Unary::silu: {
      const Real s = 1 / (1 + std::exp(-x)), rest = 1 / (1 + std::exp(x));
      return s + x * s * rest;
    }
    case Unary::softplus:
      return 1 / (1 + std::exp(-x));
    case Unary::gelu:
      return std::erfc(-x / std::sqrt(Real(2))) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * kPi);
    case Unary::gelu_tanh: {
      const Real s = 1 / (1 + std::exp(-2 * cubic(x))), rest = 1 / (1 + std::exp(2 * cubic(x)));
      return s + x * s * rest * 2 * std::sqrt(2 / kPi) * (1 + 3 * 0.044715L * x * x);
    }
  }
  return 0;
}

bool saves_output(Unary f) {
  return f == Unary::exp || f == Unary::tanh || f == Unary::sigmoid || f == Unary::sqrt || f == Unary::rsqrt;
}
bool is_gelu(Unary f) { return f == Unary::gelu || f == Unary::gelu_tanh; }

// Ranges that reach the ends of each function without leaving T.
template <class T>
Values<T> inputs(Unary f, int64_t n, int64_t offset = 0) {
  const double end = sizeof(T) == 4 ? 85 : 705;
  if (f == Unary::log || f == Unary::sqrt || f == Unary::rsqrt) return uniform<T>(n, 1e-3, 4, offset);
  if (f == Unary::exp || f == Unary::sigmoid) return uniform<T>(n, -end, end, offset);
  return uniform<T>(n, -11, 11, offset);
}

template <class T>
void check_unary(Unary f, int64_t n, int64_t offset) {
  const Values<T> x = inputs<T>(f, n, offset);
  Values<T> y(n, (offset + 1) % 4);
  unary(f, x.data(), 1, y.data(), n);
  REQUIRE(y.guarded());
  Real worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    const Real want = exact(f, x[i]);
    const Real scale = is_gelu(f) ? std::fabs(Real(x[i])) : std::fabs(want);
    worst = std::max(worst, excess(y[i], want, 4 * kEps<T> * scale + kTiny<T>));
  }
  REQUIRE(worst <= 1);
}

template <class T>
void check_gradient(Unary f, int64_t n, int64_t offset) {
  const Values<T> x = inputs<T>(f, n, offset), dy = uniform<T>(n, -2, 2, offset, 9);
  Values<T> saved(n, offset), dx(n, (offset + 1) % 4);
  for (int64_t i = 0; i < n; ++i) saved[i] = saves_output(f) ? static_cast<T>(exact(f, x[i])) : x[i];
  unary_gradient(f, saved.data(), dy.data(), dx.data(), n);
  REQUIRE(dx.guarded());
  Real worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    Real slope = exact_slope(f, x[i]);
    if (f == Unary::tanh) slope = (1 - Real(saved[i])) * (1 + Real(saved[i]));
    if (f == Unary::sigmoid) slope = Real(saved[i]) * (1 - Real(saved[i]));
    if (f == Unary::sqrt) slope = 1 / (2 * Real(saved[i]));
    if (f == Unary::rsqrt) slope = -Real(saved[i]) * Real(saved[i]) * Real(saved[i]) / 2;
    const Real scale = is_gelu(f) || f == Unary::silu ? 1 : std::fabs(slope);
    worst = std::max(worst,
                     excess(dx[i], slope * dy[i], 4 * kEps<T> * scale * std::fabs(Real(dy[i])) + kTiny<T>));
  }
  REQUIRE(worst <= 1);
}

template <class T>
T one_value(Unary f, T x) {
  T y = 0;
  unary(f, &x, 1, &y, 1);
  return y;
}

template <class T>
T one_slope(Unary f, T saved) {
  T dy = 1, dx = 0;
  unary_gradient(f, &saved, &dy, &dx, 1);
  return dx;
}

// f(nan), f(inf), f(-inf), f(0), f(-0), f(1000), f(-1000), f(smallest subnormal)
template <class T>
void check_extremes(Unary f, std::vector<T> want) {
  const std::vector<T> x = {kNaN<T>, kInf<T>, -kInf<T>, T(0), -T(0), T(1000), T(-1000), kTiny<T>};
  INFO(unary_names[static_cast<int>(f)]);
  for (size_t i = 0; i < want.size(); ++i) {
    INFO("x " << x[i] << " gave " << one_value(f, x[i]) << ", expected " << want[i]);
    REQUIRE(same_bits(one_value(f, x[i]), want[i]));
  }
}

template <class T>
void check_slopes(Unary f, std::vector<T> saved, std::vector<T> want) {
  INFO(unary_names[static_cast<int>(f)]);
  for (size_t i = 0; i < saved.size(); ++i) {
    INFO("saved " << saved[i] << " gave " << one_slope(f, saved[i]) << ", expected " << want[i]);
    REQUIRE(same_bits(one_slope(f, saved[i]), want[i]));
  }
}
}  // namespace

TEMPLATE_TEST_CASE("Unary kernels agree with long double", "[kernels]", float, double) {
  for_targets([] {
    for (const Unary f : all_unary)
      for (const int64_t n : sizes)
        for (const int64_t offset : {0, 1, 3}) {
          INFO(unary_names[static_cast<int>(f)] << ", n " << n << ", offset " << offset);
          check_unary<TestType>(f, n, offset);
          check_gradient<TestType>(f, n, offset);
        }
  });
}

TEMPLATE_TEST_CASE("Functions keep their relative accuracy near 0 and 1", "[kernels]", float, double) {
  for_targets([] {
    const auto check = [](Unary f, double low, double high) {
      const Values<TestType> x = uniform<TestType>(20000, low, high);
      Values<TestType> y(x.size());
      unary(f, x.data(), 1, y.data(), x.size());
      Real worst = 0;
      for (int64_t i = 0; i < x.size(); ++i)
        worst = std::max(worst, excess(y[i], exact(f, x[i]), kEps<TestType> * std::fabs(exact(f, x[i]))));
      INFO(unary_names[static_cast<int>(f)] << " on " << low << " to " << high);
      REQUIRE(worst <= (is_gelu(f) ? 8 : 3));
    };
    check(Unary::exp, -1, 1);
    check(Unary::log, 0.9, 1.1);
    check(Unary::tanh, -1, 1);
    check(Unary::tanh, -1e-4, 1e-4);
    check(Unary::sigmoid, -20, 0);
    check(Unary::sqrt, 0, 10);
    check(Unary::rsqrt, 0.1, 10);
    check(Unary::silu, -20, 20);
    check(Unary::softplus, -20, 20);
    check(Unary::gelu, -10, -1);
    check(Unary::gelu, -1e-3, 1e-3);
  });
}

TEMPLATE_TEST_CASE("Unary kernels at the extremes", "[kernels]", float, double) {
  using T = TestType;
  const T nan = kNaN<T>, inf = kInf<T>, tiny = kTiny<T>;
  for_targets([&] {
    check_extremes<T>(Unary::neg, {nan, -inf, inf, -T(0), 0, -1000, 1000, -tiny});
    check_extremes<T>(Unary::abs, {nan, inf, inf, 0, 0, 1000, 1000, tiny});
    check_extremes<T>(Unary::square, {nan, inf, inf, 0, 0, 1000000, 1000000, 0});
    check_extremes<T>(Unary::exp, {nan, inf, 0, 1, 1, inf, 0, 1});
    check_extremes<T>(Unary::tanh, {nan, 1, -1, 0, -T(0), 1, -1, tiny});
    check_extremes<T>(Unary::relu, {nan, inf, 0, 0, -T(0), 1000, 0, tiny});
    check_extremes<T>(Unary::sigmoid, {nan, 1, 0, T(0.5), T(0.5), 1, 0, T(0.5)});
    check_extremes<T>(Unary::silu, {nan, inf, nan, 0, -T(0), 1000, -T(0), static_cast<T>(tiny / 2)});
    const T ln2 = static_cast<T>(std::log(Real(2)));
    check_extremes<T>(Unary::softplus, {nan, inf, 0, ln2, ln2, 1000, 0, ln2});
    const T root = static_cast<T>(std::sqrt(Real(1000))), root_tiny = static_cast<T>(std::sqrt(Real(tiny)));
    check_extremes<T>(Unary::sqrt, {nan, inf, nan, 0, -T(0), root, nan, root_tiny});
    check_extremes<T>(Unary::rsqrt, {nan, 0, nan, inf, -inf, 1 / root, nan, 1 / root_tiny});
    // Half of the last lies at a tie, which targets with and without fused multiply-add round to either side.
    check_extremes<T>(Unary::gelu, {nan, inf, nan, 0, -T(0), 1000, -T(0)});
    check_extremes<T>(Unary::gelu_tanh, {nan, inf, nan, 0, -T(0), 1000, -T(0), 0});
    const T log_tiny = static_cast<T>(std::log(Real(tiny))), log_1000 = static_cast<T>(std::log(Real(1000)));
    check_extremes<T>(Unary::log, {nan, inf, nan, -inf, -inf, log_1000, nan, log_tiny});
  });
}

TEMPLATE_TEST_CASE("exp overflows, underflows and passes the subnormals where libm does", "[kernels]", float,
                   double) {
  using T = TestType;
  const Real low = std::log(Real(std::numeric_limits<T>::min())), tiny = std::log(Real(kTiny<T>));
  const Real high = std::log(Real(std::numeric_limits<T>::max()));
  for_targets([&] {
    for (const Real end : {low, tiny, high})
      for (int step = -2000; step <= 2000; ++step) {
        const T x = static_cast<T>(end + step * Real(0.001));
        const Real want = std::exp(Real(x));
        INFO("x " << x);
        if (want > Real(std::numeric_limits<T>::max()) * (1 + kEps<T>)) {
          REQUIRE(one_value(Unary::exp, x) == kInf<T>);
        } else if (want < Real(std::numeric_limits<T>::max()) * (1 - kEps<T>)) {
          REQUIRE(excess(one_value(Unary::exp, x), want, kEps<T> * want + Real(kTiny<T>) * Real(0.51)) <= 1);
        }
      }
  });
}

TEMPLATE_TEST_CASE("Unary gradients at the extremes", "[kernels]", float, double) {
  using T = TestType;
  const T nan = kNaN<T>, inf = kInf<T>;
  for_targets([&] {
    check_slopes<T>(Unary::abs, {nan, inf, -inf, 0, -T(0), 1000, -1000}, {nan, 1, -1, 0, -T(0), 1, -1});
    check_slopes<T>(Unary::square, {nan, inf, 0, -1000}, {nan, inf, 0, -2000});
    check_slopes<T>(Unary::exp, {nan, inf, 0}, {nan, inf, 0});
    check_slopes<T>(Unary::log, {nan, inf, 0, -T(0)}, {nan, 0, inf, -inf});
    check_slopes<T>(Unary::tanh, {nan, 1, -1, 0}, {nan, 0, 0, 1});
    check_slopes<T>(Unary::relu, {nan, inf, -inf, 0, -T(0), kTiny<T>}, {1, 1, 0, 0, 0, 1});
    check_slopes<T>(Unary::sigmoid, {nan, 1, 0, T(0.5)}, {nan, 0, 0, T(0.25)});
    check_slopes<T>(Unary::sqrt, {nan, inf, 0, 2}, {nan, 0, inf, T(0.25)});
    check_slopes<T>(Unary::rsqrt, {nan, inf, 0, 2}, {nan, -inf, -T(0), -4});
    check_slopes<T>(Unary::silu, {nan, inf, -inf, 0, 1000, -1000}, {nan, nan, nan, T(0.5), 1, 0});
    check_slopes<T>(Unary::softplus, {nan, inf, -inf, 0}, {nan, 1, 0, T(0.5)});
    for (const Unary f : {Unary::gelu, Unary::gelu_tanh}) {
      check_slopes<T>(f, {nan, inf, -inf, 1000, -1000, T(1e20), T(-1e20)}, {nan, 1, 0, 1, 0, 1, 0});
      REQUIRE(std::fabs(one_slope(f, T(0)) - T(0.5)) <= kEps<T>);
    }
  });
}

TEMPLATE_TEST_CASE("Binary kernels give IEEE's bits on every instruction set", "[kernels]", float, double) {
  using T = TestType;
  const std::function<T(T, T)> plain[] = {[](T a, T b) { return a + b; }, [](T a, T b) { return a - b; },
                                          [](T a, T b) { return a * b; }, [](T a, T b) { return a / b; }};
  for_targets([&] {
    for (int f = 0; f < 4; ++f)
      for (const int64_t n : sizes)
        for (const int64_t offset : {0, 1, 3}) {
          Values<T> a = uniform<T>(n, -3, 3, offset), b = uniform<T>(n, -3, 3, 2, 7), y(n, offset), want(n);
          const T hard[] = {kNaN<T>, kInf<T>, -kInf<T>, T(0), -T(0), kTiny<T>, std::numeric_limits<T>::max()};
          for (int64_t i = 0; i < n; i += 5) (i % 2 ? a : b)[i] = hard[i % 7];
          for (int64_t i = 0; i < n; ++i) want[i] = plain[f](a[i], b[i]);
          binary(static_cast<Binary>(f), a.data(), 1, b.data(), 1, y.data(), n);
          INFO("f " << f << ", n " << n << ", offset " << offset);
          REQUIRE(same_bits(y, want));
          REQUIRE(y.guarded());
        }
  });
}

TEMPLATE_TEST_CASE("Strided operands give the bits of contiguous ones", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : {1, 2, 17, 511, 512, 513, 1500})
      for (const int64_t stride : {0, 2, 3, -1, -4}) {
        const Values<T> wide = uniform<T>(4 * n, 0.1, 3), other = uniform<T>(n, -3, 3, 1, 5);
        const T* start = stride < 0 ? wide.data() + 4 * n - 1 : wide.data();
        Values<T> flat(n), y(n), want(n);
        for (int64_t i = 0; i < n; ++i) flat[i] = start[i * stride];
        INFO("n " << n << ", stride " << stride);
        for (const Unary f : {Unary::neg, Unary::exp, Unary::gelu}) {
          unary(f, start, stride, y.data(), n);
          unary(f, flat.data(), 1, want.data(), n);
          REQUIRE(same_bits(y, want));
        }
        binary(Binary::sub, start, stride, other.data(), 1, y.data(), n);
        binary(Binary::sub, flat.data(), 1, other.data(), 1, want.data(), n);
        REQUIRE(same_bits(y, want));
        binary(Binary::div, other.data(), 1, start, stride, y.data(), n);
        binary(Binary::div, other.data(), 1, flat.data(), 1, want.data(), n);
        REQUIRE(same_bits(y, want));
        REQUIRE(y.guarded());
      }
  });
}

TEMPLATE_TEST_CASE("Elementwise kernels work in place", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes) {
      const Values<T> x = uniform<T>(n, 0.1, 2, 1), other = uniform<T>(n, 0.1, 2, 3, 5);
      for (const Unary f : all_unary) {
        Values<T> y(n), copy = x;
        unary(f, x.data(), 1, y.data(), n);
        unary(f, copy.data(), 1, copy.data(), n);
        REQUIRE(same_bits(copy, y));
        copy = x;
        unary_gradient(f, x.data(), other.data(), y.data(), n);
        unary_gradient(f, copy.data(), other.data(), copy.data(), n);
        REQUIRE(same_bits(copy, y));
        copy = other;
        unary_gradient(f, x.data(), copy.data(), copy.data(), n);
        REQUIRE(same_bits(copy, y));
      }
      Values<T> y(n), copy = x;
      binary(Binary::sub, x.data(), 1, other.data(), 1, y.data(), n);
      binary(Binary::sub, copy.data(), 1, other.data(), 1, copy.data(), n);
      REQUIRE(same_bits(copy, y));
      copy = other;
      binary(Binary::sub, x.data(), 1, copy.data(), 1, copy.data(), n);
      REQUIRE(same_bits(copy, y));
    }
  });
}

TEST_CASE("Integer arithmetic wraps and never traps", "[kernels]") {
  const int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  const std::vector<int64_t> a = {7, -7, 5, low, high, 0}, b = {2, 2, 0, -1, 1, -3};
  const auto run = [&](Binary f) {
    std::vector<int64_t> y(a.size());
    binary(f, a.data(), 1, b.data(), 1, y.data(), static_cast<int64_t>(a.size()));
    return y;
  };
  CHECK(run(Binary::add) == std::vector<int64_t>{9, -5, 5, high, low, -3});
  CHECK(run(Binary::sub) == std::vector<int64_t>{5, -9, 5, low + 1, high - 1, 3});
  CHECK(run(Binary::mul) == std::vector<int64_t>{14, -14, 0, low, high, 0});
  CHECK(run(Binary::div) == std::vector<int64_t>{3, -3, 0, low, high, 0});
  std::vector<int64_t> y(3);
  binary(Binary::add, a.data() + 2, -1, b.data(), 0, y.data(), 3);
  CHECK(y == std::vector<int64_t>{7, -5, 9});
}

TEMPLATE_TEST_CASE("Comparisons", "[kernels]", float, double, int64_t) {
  using T = TestType;
  const std::function<bool(T, T)> plain[] = {
      [](T a, T b) { return a == b; }, [](T a, T b) { return a != b; }, [](T a, T b) { return a < b; },
      [](T a, T b) { return a <= b; }, [](T a, T b) { return a > b; },  [](T a, T b) { return a >= b; }};
  const int64_t n = 1100;
  std::vector<T> a(n), b(n);
  for (int64_t i = 0; i < n; ++i) {
    a[i] = static_cast<T>(i * 7 % 5 - 2);
    b[i] = static_cast<T>(i * 3 % 5 - 2);
    if constexpr (!std::is_integral_v<T>) {
      if (i % 11 == 0) a[i] = kNaN<T>;
      if (i % 13 == 0) b[i] = i % 2 ? kInf<T> : kNaN<T>;
    }
  }
  for (int f = 0; f < 6; ++f)
    for (const int64_t stride : {1, 0, -1}) {
      const T* start = stride < 0 ? b.data() + n - 1 : b.data() + 1;
      for (const int64_t count : {int64_t{0}, int64_t{1}, int64_t{31}, n - 1}) {
        std::vector<char> y(n + 1, 7);
        compare(static_cast<Compare>(f), a.data(), 1, start, stride, reinterpret_cast<bool*>(y.data()),
                count);
        bool right = y[count] == 7;
        for (int64_t i = 0; i < count; ++i) right = right && y[i] == plain[f](a[i], start[i * stride]);
        INFO("f " << f << ", stride " << stride << ", n " << count);
        REQUIRE(right);
      }
    }
}

TEST_CASE("Comparisons of bool", "[kernels]") {
  const bool a[] = {false, false, true, true}, b[] = {false, true, false, true};
  bool y[4];
  compare(Compare::eq, a, 1, b, 1, y, 4);
  CHECK(std::vector<bool>(y, y + 4) == std::vector<bool>{true, false, false, true});
  compare(Compare::lt, a, 1, b, 1, y, 4);
  CHECK(std::vector<bool>(y, y + 4) == std::vector<bool>{false, true, false, false});
}

TEMPLATE_TEST_CASE("add_scaled and scale", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes) {
      const Values<T> x = uniform<T>(n, -2, 2, 1), start = uniform<T>(n, -2, 2, 3, 5);
      Values<T> y = start, z = start;
      add_scaled(y.data(), x.data(), T(-0.7), n);
      scale(z.data(), T(-0.7), n);
      Real worst = 0;
      bool exact_scale = true;
      for (int64_t i = 0; i < n; ++i) {
        const Real product = Real(T(-0.7)) * x[i];
        worst = std::max(
            worst, excess(y[i], start[i] + product, kEps<T> * (std::fabs(product) + std::fabs(start[i]))));
        exact_scale = exact_scale && z[i] == start[i] * T(-0.7);
      }
      REQUIRE(worst <= 1);
      REQUIRE(exact_scale);
      REQUIRE((y.guarded() && z.guarded()));
    }
    T y = 1, x = kNaN<T>;
    add_scaled(&y, &x, T(0), 1);
    REQUIRE(y != y);
  });
}
