// What the EXAMPLEs of sorting and drawing do not say: ties, NaN, other dtypes, long rows, frequencies.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

using Numbers = std::vector<double>;
using Places = std::vector<int64_t>;

// The stable order by the standard library: NaN largest, -0 equal to 0.
template <class T>
Places expected_order(const std::vector<T>& x, bool descending) {
  Places order(x.size());
  std::iota(order.begin(), order.end(), 0);
  auto less = [](T a, T b) { return a < b || (a == a && b != b); };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    T u = x[static_cast<size_t>(a)], v = x[static_cast<size_t>(b)];
    return descending ? less(v, u) : less(u, v);
  });
  return order;
}

template <class T>
std::vector<T> hard_values(int64_t n) {  // many ties
  Generator from(7);
  std::vector<T> values;
  for (int64_t i = 0; i < n; ++i) {
    int64_t whole = static_cast<int64_t>(from.random() % 2001) - 1000;
    if constexpr (std::is_floating_point_v<T>) {
      const T special[] = {NAN, INFINITY, -INFINITY, T(-0.0), T(0), std::numeric_limits<T>::denorm_min()};
      values.push_back(whole % 7 == 0 ? special[from.random() % 6] : static_cast<T>(whole) / 3);
    } else {
      const int64_t special[] = {INT64_MIN, INT64_MAX, int64_t{1} << 40, -(int64_t{1} << 40)};
      values.push_back(whole % 7 == 0 ? special[from.random() % 4] : whole);
    }
  }
  return values;
}

double chi_square(const std::vector<int64_t>& counts, const Numbers& weights) {
  double draws = 0, total = 0, statistic = 0;
  for (int64_t c : counts) draws += static_cast<double>(c);
  for (double w : weights) total += w;
  for (size_t i = 0; i < counts.size(); ++i) {
    double expected = draws * weights[i] / total;
    if (expected == 0)
      REQUIRE(counts[i] == 0);
    else
      statistic += std::pow(static_cast<double>(counts[i]) - expected, 2) / expected;
  }
  return statistic;
}

}  // namespace

TEMPLATE_TEST_CASE("sort, argsort and topk are stable and know NaN, infinities and -0", "[sort]", float,
                   double, int64_t) {
  for (int64_t n : {1, 2, 16, 511, 513, 5000}) {
    std::vector<TestType> values = hard_values<TestType>(n);
    Tensor x = tensor(values);
    for (bool descending : {false, true}) {
      INFO(n << (descending ? " descending" : ""));
      Places expected = expected_order(values, descending);
      auto [sorted, order] = sort(x, 0, descending);
      REQUIRE(order.to_vector<int64_t>() == expected);
      REQUIRE(argsort(x, -1, descending).to_vector<int64_t>() == expected);
      std::vector<TestType> found = sorted.template to_vector<TestType>();
      for (int64_t i = 0; i < n; ++i) {
        TestType a = found[static_cast<size_t>(i)],
                 b = values[static_cast<size_t>(expected[static_cast<size_t>(i)])];
        REQUIRE((a == b || (a != a && b != b)));
      }
      for (int64_t k : {int64_t{0}, int64_t{1}, n / 2, n}) {
        Places top = topk(x, k, 0, descending).indices.to_vector<int64_t>();
        REQUIRE(top == Places(expected.begin(), expected.begin() + k));
      }
    }
  }
}

TEST_CASE("sort of bools, of other dimensions, of a scalar") {
  Tensor bools = ne(tensor({1, 0, 1, 0}), zeros({}));
  CHECK(argsort(bools).to_vector<int64_t>() == Places{1, 3, 0, 2});
  CHECK(sort(bools, 0, true).values.to_vector<int64_t>() == Places{1, 1, 0, 0});
  Tensor x = tensor({{3, 1}, {1, 2}, {2, 0}});
  auto [values, indices] = sort(x, 0);
  CHECK(values.to_vector<int64_t>() == Places{1, 0, 2, 1, 3, 2});
  CHECK(indices.to_vector<int64_t>() == Places{1, 2, 2, 0, 0, 1});
  CHECK(topk(x, 1, 0).indices.to_vector<int64_t>() == Places{0, 1});
  CHECK(sort(tensor(3.0), 0).indices.item<int>() == 0);
  CHECK(topk(tensor(3.0), 1).values.item<double>() == 3);
}

TEST_CASE("gradients of sort and topk go back by index, ties included") {
  Tensor x = tensor(Numbers{2, 1, 2, 3}).requires_grad_(), weights = tensor(Numbers{10, 20, 30, 40});
  CHECK(grad(sum(sort(x).values * weights), {x}).front().to_vector<double>() == Numbers{20, 10, 30, 40});
  Tensor top = topk(x, 2).values;
  CHECK(grad(sum(top * tensor(Numbers{5, 6})), {x}).front().to_vector<double>() == Numbers{6, 0, 0, 5});
}

TEST_CASE("multinomial draws each column in proportion to its weight") {
  manual_seed(11);
  Numbers weights{0.5, 0, 2, 3, 0.25, 4.25, 0};
  Tensor drawn = multinomial(tensor(weights), 100000, true);
  CHECK((drawn.shape() == Shape{100000} && drawn.dtype() == int64));
  Places counts(weights.size(), 0);
  for (int64_t c : drawn.to_vector<int64_t>()) ++counts[static_cast<size_t>(c)];
  CHECK(chi_square(counts, weights) < 18.5);  // 4 degrees of freedom, p = 0.001
}

TEST_CASE("multinomial without replacement: no column twice, first and second draws in proportion") {
  manual_seed(12);
  Numbers weights{1, 2, 0, 3, 4};
  constexpr int64_t rows = 50000;
  Tensor drawn = multinomial(expand(tensor(weights), {rows, 5}), 3);
  CHECK(drawn.shape() == Shape{rows, 3});
  Places first(5, 0), pairs(25, 0);
  const int64_t* at = drawn.data<int64_t>();
  for (int64_t r = 0; r < rows; ++r, at += 3) {
    REQUIRE((at[0] != at[1] && at[0] != at[2] && at[1] != at[2]));
    ++first[static_cast<size_t>(at[0])];
    ++pairs[static_cast<size_t>(at[0] * 5 + at[1])];
  }
  CHECK(chi_square(first, weights) < 16.3);  // 3 degrees of freedom, p = 0.001
  Numbers pair_weights;                      // of a, then of b among the others
  for (double a : weights)
    for (double b : weights) pair_weights.push_back(a / 10 * b / (10 - a));
  for (size_t i = 0; i < 5; ++i) pair_weights[i * 6] = 0;
  CHECK(chi_square(pairs, pair_weights) < 31.3);  // 11 degrees of freedom, p = 0.001
}

TEST_CASE("multinomial takes from the generator it is given, and refuses what are no weights") {
  Generator a(5), b(5);
  Tensor w = rand({20});
  CHECK(equal(multinomial(w, 10, false, a), multinomial(w, 10, false, b)));
  auto message = [](const Tensor& weights, int64_t draws, bool replacement) -> std::string {
    try {
      multinomial(weights, draws, replacement);
    } catch (const std::invalid_argument& e) { return e.what(); }
    return "";
  };
  CHECK(message(tensor({0.5, -1.0}), 1, true) == "[multinomial] Weight -1 at column 1 is not a number >= 0");
  CHECK(message(tensor(Numbers{NAN, 1}), 1, true) ==
        "[multinomial] Weight nan at column 0 is not a number >= 0");
  CHECK(message(zeros({3}), 1, true) == "[multinomial] All weights are 0");
  CHECK(message(zeros({}), 1, true) == "[multinomial] Weights must have shape (n) or (m, n), got []");
  CHECK(message(ones({3}), -1, true) == "[multinomial] Cannot draw -1 samples");
}

TEST_CASE("linspace ends where it says, eye has ones on the diagonal") {
  CHECK(linspace(0, 1, 5, float64).to_vector<double>() == Numbers{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(3, -1, 3).to_vector<double>() == Numbers{3, 1, -1});
  CHECK(linspace(2, 7, 1).to_vector<double>() == Numbers{2});
  CHECK(linspace(2, 7, 0).numel() == 0);
  CHECK(linspace(0.1, 0.7, 11, float64).to_vector<double>().back() == 0.7);
  CHECK(linspace(0, 10, 5, int64).to_vector<double>() == Numbers{0, 2, 5, 7, 10});
  CHECK_THROWS_WITH(linspace(0, 1, -1), "[linspace] Cannot make -1 numbers; steps must be >= 0");
  CHECK(eye(2, 3).to_vector<double>() == Numbers{1, 0, 0, 0, 1, 0});
  CHECK(eye(3, 2, int64).to_vector<double>() == Numbers{1, 0, 0, 1, 0, 0});
  CHECK(eye(2).shape() == Shape{2, 2});
  CHECK_THROWS_WITH(eye(-2), "[eye] Sizes -2 and -2 include a negative one");
}
