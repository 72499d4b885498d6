#include "lexigrad/autograd/kernels/normalise.h"

#include "autograd/kernels/cases.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
using Real = long double;

template <class T>
struct Row {
  Values<T> x, weight, bias, dy;
  RowMoments<T> moments{T(0.25), T(1.5)};
  explicit Row(int64_t n)
      : x(uniform<T>(n, -2, 2, 1, 1)),
        weight(uniform<T>(n, -1, 1, 2, 2)),
        bias(uniform<T>(n, -1, 1, 3, 3)),
        dy(uniform<T>(n, -1, 1, 4, 4)) {}
  Real h(int64_t i) const { return (Real(x[i]) - Real(moments.mean)) * Real(moments.scale); }
};
}  // namespace

TEMPLATE_TEST_CASE("squared_deviations and normalise agree with long double", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes) {
      Row<T> row(n);
      Real squares = 0;
      for (int64_t i = 0; i < n; ++i) squares += std::pow(Real(row.x[i]) - Real(0.25), 2);
      REQUIRE(excess(squared_deviations(row.x.data(), T(0.25), n), squares, 64 * kEps<T> * (squares + 1)) <=
              1);
      for (bool with_bias : {false, true}) {
        Values<T> y(n, 5), in_place = row.x;
        const T* bias = with_bias ? row.bias.data() : nullptr;
        normalise(row.x.data(), row.moments, row.weight.data(), bias, y.data(), n);
        normalise(in_place.data(), row.moments, row.weight.data(), bias, in_place.data(), n);
        REQUIRE((y.guarded() && same_bits(y, in_place)));
        for (int64_t i = 0; i < n; ++i) {
          Real exact = row.h(i) * Real(row.weight[i]) + (with_bias ? Real(row.bias[i]) : 0);
          REQUIRE(excess(y[i], exact, 16 * kEps<T>) <= 1);
        }
      }
    }
  });
}

TEMPLATE_TEST_CASE("normalise_gradient agrees with long double", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : sizes)
      for (bool centred : {false, true}) {
        if (n == 0) continue;
        Row<T> row(n);
        Real mean_g = 0, mean_gh = 0;
        for (int64_t i = 0; i < n; ++i) {
          Real g = Real(row.dy[i]) * Real(row.weight[i]);
          mean_g += centred ? g / static_cast<Real>(n) : 0;
          mean_gh += g * row.h(i) / static_cast<Real>(n);
        }
        Values<T> dx(n, 5), in_place = row.dy, dweight = row.weight, dbias = row.bias;
        normalise_gradient(row.x.data(), row.moments, centred, row.weight.data(), row.dy.data(), dx.data(),
                           n);
        normalise_gradient(row.x.data(), row.moments, centred, row.weight.data(), in_place.data(),
                           in_place.data(), n);
        normalise_weight_gradient(row.x.data(), &row.moments, row.dy.data(), 1, dweight.data(), dbias.data(),
                                  n);
        REQUIRE((dx.guarded() && dweight.guarded() && dbias.guarded() && same_bits(dx, in_place)));
        for (int64_t i = 0; i < n; ++i) {
          Real g = Real(row.dy[i]) * Real(row.weight[i]), h = row.h(i);
          REQUIRE(excess(dx[i], Real(1.5) * (g - mean_g - h * mean_gh), 64 * kEps<T>) <= 1);
          REQUIRE(excess(dweight[i], Real(row.weight[i]) + Real(row.dy[i]) * h, 16 * kEps<T>) <= 1);
          REQUIRE(excess(dbias[i], Real(row.bias[i]) + Real(row.dy[i]), 4 * kEps<T>) <= 1);
        }
      }
  });
}

TEMPLATE_TEST_CASE("normalise_weight_gradient of rows is that of each row in turn", "[kernels]", float,
                   double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : {1, 7, 16, 37}) {
      constexpr int64_t rows = 5;
      Values<T> x = uniform<T>(rows * n, -2, 2, 1, 1), dy = uniform<T>(rows * n, -1, 1, 2, 2);
      Values<T> dweight(n), dbias(n), dweight_each(n), dbias_each(n);
      for (Values<T>* sums : {&dweight, &dbias, &dweight_each, &dbias_each})
        std::fill_n(sums->data(), n, T{0});
      const RowMoments<T> moments[rows] = {{1, 2}, {0, 3}, {T(0.5), 1}, {-1, 2}, {2, T(0.1)}};
      normalise_weight_gradient(x.data(), moments, dy.data(), rows, dweight.data(), dbias.data(), n);
      for (int64_t r = 0; r < rows; ++r)
        normalise_weight_gradient(x.data() + r * n, moments + r, dy.data() + r * n, 1, dweight_each.data(),
                                  dbias_each.data(), n);
      REQUIRE((same_bits(dweight, dweight_each) && same_bits(dbias, dbias_each)));
      REQUIRE((dweight.guarded() && dbias.guarded()));
    }
  });
}
