#include "lexigrad/autograd/kernels/softmax.h"

#include "autograd/kernels/cases.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
using Real = long double;

struct Exact {
  std::vector<Real> softmax, log_softmax;
};

template <class T>
Exact exact(const Values<T>& x) {
  Real max = -kInf<Real>, total = 0;
  for (int64_t i = 0; i < x.size(); ++i) max = std::max(max, Real(x[i]));
  for (int64_t i = 0; i < x.size(); ++i) total += std::exp(x[i] - max);
  Exact e;
  for (int64_t i = 0; i < x.size(); ++i) {
    e.softmax.push_back(std::exp(x[i] - max) / total);
    e.log_softmax.push_back(x[i] - max - std::log(total));
  }
  return e;
}

template <class T>
Values<T> run(void (*kernel)(const T*, T*, int64_t), const Values<T>& x) {
  Values<T> y(x.size(), 3), in_place = x;
  kernel(x.data(), y.data(), x.size());
  kernel(in_place.data(), in_place.data(), x.size());
  REQUIRE(y.guarded());
  REQUIRE(same_bits(in_place, y));
  return y;
}

template <class T>
Values<T> run(void (*kernel)(const T*, const T*, T*, int64_t), const Values<T>& y, const Values<T>& dy) {
  Values<T> dx(y.size(), 3), over_y = y, over_dy = dy;
  kernel(y.data(), dy.data(), dx.data(), y.size());
  kernel(over_y.data(), dy.data(), over_y.data(), y.size());
  kernel(y.data(), over_dy.data(), over_dy.data(), y.size());
  REQUIRE(dx.guarded());
  REQUIRE((same_bits(over_y, dx) && same_bits(over_dy, dx)));
  return dx;
}

template <class T>
bool all_nan(const Values<T>& x) {
  for (int64_t i = 0; i < x.size(); ++i)
    if (x[i] == x[i]) return false;
  return true;
}
}  // namespace

TEMPLATE_TEST_CASE("softmax and log_softmax agree with long double", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (const double centre : {0.0, 1000.0, -1000.0}) {
        const Values<T> x = uniform<T>(n, centre - 20, centre + 20, 1);
        const Values<T> y = run(softmax<T>, x), l = run(log_softmax<T>, x);
        const Exact want = exact(x);
        Real worst = 0, worst_log = 0;
        for (int64_t i = 0; i < n; ++i) {  // the kernel rounds x - max to T: an error of |x - max| in exp
          const Real span = 45;
          worst = std::max(worst, excess(y[i], want.softmax[i], (span / 2 + 6) * kEps<T> * want.softmax[i]));
          worst_log = std::max(worst_log, excess(l[i], want.log_softmax[i], 2 * span * kEps<T>));
        }
        INFO("n " << n << ", centre " << centre);
        REQUIRE(worst <= 1);
        REQUIRE(worst_log <= 1);
      }
  });
}

TEMPLATE_TEST_CASE("Softmax gradients agree with long double", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes) {
      const Values<T> x = uniform<T>(n, -4, 4, 1), dy = uniform<T>(n, -2, 2, 2, 5);
      const Values<T> y = run(softmax<T>, x), l = run(log_softmax<T>, x);
      const Values<T> dx = run(softmax_gradient<T>, y, dy), dl = run(log_softmax_gradient<T>, l, dy);
      Real product = 0, total = 0, size = 0;
      for (int64_t i = 0; i < n; ++i) {
        product += Real(y[i]) * dy[i];
        total += dy[i];
        size += std::fabs(dy[i]);
      }
      Real worst = 0;
      for (int64_t i = 0; i < n; ++i) {
        worst = std::max(worst, excess(dx[i], y[i] * (dy[i] - product), 16 * kEps<T> * y[i]));
        const Real e = std::exp(Real(l[i]));
        worst = std::max(
            worst, excess(dl[i], dy[i] - e * total, kEps<T> * (2 + 4 * e * size + 2 * e * std::fabs(total))));
      }
      INFO("n " << n);
      REQUIRE(worst <= 1);
    }
  });
}

TEMPLATE_TEST_CASE("row_max finds the largest value, and the sum a NaN, wherever it stands", "[kernels]",
                   float, double) {
  using T = TestType;
  for_targets([] {
    REQUIRE(row_max<T>(nullptr, 0) == -kInf<T>);
    for (const int64_t n : {1, 2, 5, 16, 33, 67, 130})
      for (int64_t at = 0; at < n; ++at) {
        Values<T> x = uniform<T>(n, -9, -3, 1);
        x[at] = T(-1);
        REQUIRE(row_max(x.data(), n) == T(-1));
        x[at] = kInf<T>;
        REQUIRE(row_max(x.data(), n) == kInf<T>);
        x[at] = kNaN<T>;
        REQUIRE(std::isnan(sum_exp_beside_max(x.data(), row_max(x.data(), n), n)));
        x[(at + 1) % n] = x[at];
        REQUIRE(std::isnan(sum_exp_beside_max(x.data(), row_max(x.data(), n), n)));
      }
  });
}

TEMPLATE_TEST_CASE("Rows with infinities and NaN behave as in PyTorch", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : {2, 7, 40}) {
      Values<T> x = uniform<T>(n, -1, 1, 1);
      x[n - 1] = -kInf<T>;  // masked out
      Values<T> y = run(softmax<T>, x);
      REQUIRE(y[n - 1] == 0);
      REQUIRE(run(log_softmax<T>, x)[n - 1] == -kInf<T>);
      REQUIRE(y[0] > 0);
      for (const T bad : {kNaN<T>, kInf<T>}) {
        x[n / 2] = bad;
        y = run(softmax<T>, x);
        REQUIRE(y[n / 2] != y[n / 2]);
        if (bad != bad) REQUIRE((all_nan(y) && all_nan(run(log_softmax<T>, x))));
      }
      for (int64_t i = 0; i < n; ++i) x[i] = -kInf<T>;
      REQUIRE((all_nan(run(softmax<T>, x)) && all_nan(run(log_softmax<T>, x))));
    }
  });
}

TEMPLATE_TEST_CASE("Exponentials less the largest, whose own 1 the sum leaves out", "[kernels]", float,
                   double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes) {
      Values<T> x = uniform<T>(n, -12, 3, 1);
      const T shift = T(3), factor = T(-0.3);
      const int64_t largest = n % 2 == 0 ? n / 3 : n;  // where one is
      if (largest < n) x[largest] = shift;
      Values<T> e = x, scaled(n, 2);
      const T total = exp_beside_max(e.data(), shift, n), again = sum_exp_beside_max(x.data(), shift, n);
      scaled_exp_shifted(x.data(), shift, factor, scaled.data(), n);
      Real want = 0, worst = 0;
      for (int64_t i = 0; i < n; ++i) {
        const Real one = std::exp(Real(x[i]) - shift), bound = 14 * kEps<T> * one;
        want += i == largest ? Real(0) : one;
        worst = std::max(worst, excess(e[i], one, bound));
        worst = std::max(worst, excess(scaled[i], factor * one, bound));
      }
      INFO("n " << n);
      REQUIRE(worst <= 1);
      REQUIRE(same_bits(total, again));
      REQUIRE(excess(total, want, 16 * kEps<T> * want) <= 1);
      REQUIRE((e.guarded() && scaled.guarded()));
    }
  });
}
