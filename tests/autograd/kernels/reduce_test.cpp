#include "lexigrad/autograd/kernels/reduce.h"

#include <functional>

#include "autograd/kernels/cases.h"

using namespace kernel_cases;
using namespace lexigrad::kernels;

namespace {
// Runs body under every instruction set and requires the same bits from all.
template <class T>
T same_everywhere(const std::function<T()>& body) {
  std::vector<T> results;
  for_targets([&] { results.push_back(body()); });
  for (const T r : results) REQUIRE(same_bits(r, results[0]));
  return results[0];
}
}  // namespace

TEMPLATE_TEST_CASE("sum and dot: bits alike on every instruction set, near the exact value", "[kernels]",
                   float, double) {
  using T = TestType;
  for (const int64_t n : sizes)
    for (const int64_t offset : {0, 1, 3}) {
      const Values<T> a = uniform<T>(n, -3, 3, offset), b = uniform<T>(n, -3, 3, 2, 7);
      long double total = 0, size = 0, product = 0, product_size = 0;
      for (int64_t i = 0; i < n; ++i) {
        total += a[i];
        size += std::fabs(a[i]);
        product += static_cast<long double>(a[i]) * b[i];
        product_size += std::fabs(static_cast<long double>(a[i]) * b[i]);
      }
      INFO("n " << n << ", offset " << offset);
      REQUIRE(excess(same_everywhere<T>([&] { return sum(a.data(), n); }), total, 4 * kEps<T> * size) <= 1);
      REQUIRE(excess(same_everywhere<T>([&] { return dot(a.data(), b.data(), n); }), product,
                     4 * kEps<T> * product_size) <= 1);
    }
}

TEMPLATE_TEST_CASE("A long sum does not drift", "[kernels]", float, double) {
  using T = TestType;
  const std::vector<T> x(3'000'001, T(0.1));
  const long double exact = static_cast<long double>(T(0.1)) * 3'000'001;
  const T total = same_everywhere<T>([&] { return sum(x.data(), static_cast<int64_t>(x.size())); });
  CHECK(std::fabs(total - exact) <= 10 * kEps<T> * exact);
}

TEMPLATE_TEST_CASE("Reductions keep NaN and infinity wherever they stand", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t n : {1, 3, 16, 33, 130})
      for (int64_t at = 0; at < n; ++at) {
        Values<T> x = uniform<T>(n, -3, 3, 1);
        const Values<T> ones = uniform<T>(n, 1, 1);
        x[at] = kNaN<T>;
        REQUIRE(std::isnan(sum(x.data(), n)));
        REQUIRE(std::isnan(dot(ones.data(), x.data(), n)));
        x[at] = -kInf<T>;
        REQUIRE(sum(x.data(), n) == -kInf<T>);
        REQUIRE(dot(x.data(), ones.data(), n) == -kInf<T>);
      }
  });
}

TEMPLATE_TEST_CASE("add_rows adds row after row, to the bit", "[kernels]", float, double) {
  using T = TestType;
  for_targets([] {
    for (const int64_t rows : {0, 1, 3, 4, 5, 11})
      for (const int64_t cols : {0, 1, 7, 8, 17, 66, 130}) {
        const int64_t stride = cols + 3;
        const Values<T> x = uniform<T>(rows * stride, -3, 3, 1);
        Values<T> y = uniform<T>(cols, -3, 3, 2), want = y;
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < cols; ++j) want[j] += x[i * stride + j];
        add_rows(y.data(), x.data(), rows, cols, stride);
        INFO(rows << " rows of " << cols);
        REQUIRE(same_bits(y, want));
        REQUIRE(y.guarded());
      }
  });
}

TEMPLATE_TEST_CASE("sum_bags adds the rows of each bag in order, to the bit where no scales round",
                   "[kernels]", float, double) {
  using T = TestType;
  const std::vector<int64_t> offsets = {0, 0, 1, 4, 6, 15},
                             ids = {3, 0, 8, 0, 5, 5, 8, 1, 2, 3, 4, 5, 6, 7, 3};
  const Values<T> scales = uniform<T>(15, -2, 2, 3);
  for_targets([&] {
    for (const int64_t cols : {0, 1, 7, 8, 17, 32, 66, 130, 300})
      for (const bool mean : {false, true})
        for (const bool scaled : {false, true}) {
          Values<T> table = uniform<T>(9 * cols, -3, 3, 1), y = uniform<T>(5 * cols, 1, 2, 2), want = y;
          for (int64_t j = 0; j < cols; ++j) table[3 * cols + j] = -T(0);  // 0 + -0 is 0
          for (int64_t b = 1; b < 5; ++b)                                  // row 0 stays
            for (int64_t j = 0; j < cols; ++j) {
              T sum = 0, count = 0;
              for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i)
                if (ids[i] != 5) sum += (scaled ? scales[i] : T(1)) * table[ids[i] * cols + j], ++count;
              want[b * cols + j] = mean && count > 0 ? sum / count : sum;
            }
          sum_bags(y.data(),
                   RowBags<T>{table.data(), cols, ids.data(), offsets.data(),
                              scaled ? scales.data() : nullptr, 5, mean},
                   1, 5);
          INFO("columns " << cols << ", mean " << mean << ", scaled " << scaled);
          for (int64_t i = 0; scaled && i < y.size(); ++i)
            REQUIRE(excess(y[i], want[i], 2 * kEps<T> * 9 * 6) <= 1);
          REQUIRE((scaled || same_bits(y, want)));
          REQUIRE(y.guarded());
        }
  });
}
