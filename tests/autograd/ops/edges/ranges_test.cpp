// Results that are in range though numbers on the way to them are not. What is right is known in closed form.
#include <cmath>
#include <limits>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"

using namespace lexigrad;

namespace {

using Values = std::vector<double>;

Values gradient(Tensor (*op)(const Tensor&), const Values& values, Dtype dtype, bool create_graph) {
  Tensor x = tensor(values, dtype).requires_grad_();
  return grad(op(x), {x}, {.create_graph = create_graph})[0].to_vector<double>();
}

bool near(double a, double b) { return a == b || std::abs(a - b) <= 1e-5 * std::abs(b); }

bool near(const Values& a, const Values& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double u, double v) { return near(u, v); });
}

}  // namespace

TEST_CASE("A product is what its factors make in any order", "[edges]") {
  struct Case {
    Values factors;
    double product;
  };
  for (const Case& c : std::vector<Case>{{{1e13, 0, 1e13, 1e13, 1e13}, 0},
                                         {{1e30, 1e-30, 1e30, 1e-30}, 1},
                                         {{1e30, 1e30, 1e-30, 1e-30}, 1},
                                         {{1e-30, 1e-30, 1e30, 1e30}, 1},
                                         {{1e30, 1e30, 0, -1}, 0},
                                         {{1e30, 1e30, 2}, INFINITY},
                                         {{INFINITY, 2}, INFINITY},
                                         {{INFINITY, 0}, NAN},
                                         {{NAN, 0}, NAN}}) {
    INFO(tensor(c.factors));
    Tensor x = tensor(c.factors, float32), rows = expand(x, {40, x.numel()});
    for (const Tensor& y : {prod(x), prod(rows, {1}), prod(rows.t(), {0})})
      for (double found : y.to_vector<double>())
        CHECK((std::isnan(c.product) ? std::isnan(found) : near(found, c.product)));
  }
  Values wide;  // of float64: 100 factors of 1e200, then 100 of 1e-200
  for (int i = 0; i < 200; ++i) wide.push_back(i < 100 ? 1e200 : 1e-200);
  CHECK(near(prod(tensor(wide)).item<double>(), 1));
  wide[50] = 0;
  CHECK(prod(tensor(wide)).item<double>() == 0);
}

TEST_CASE("The gradient of a product is the product of the others, in range or not", "[edges]") {
  const auto op = [](const Tensor& x) { return prod(x); };
  for (bool create_graph : {false, true}) {
    CHECK(near(gradient(op, {1e13, 0, 1e13, 1e13}, float32, create_graph), {0, INFINITY, 0, 0}));
    CHECK(near(gradient(op, {1e30, 1e-30, 1e30, 1e-30}, float32, create_graph), {1e-30, 1e30, 1e-30, 1e30}));
    CHECK(near(gradient(op, {0, 0, 2}, float32, create_graph), {0, 0, 0}));
  }
}

TEST_CASE("std, var and norm are finite wherever they are in range", "[edges]") {
  constexpr double most = std::numeric_limits<float>::max(), root = M_SQRT2;
  const auto close = [](const Tensor& x, double y) { return near(x.item<double>(), y); };
  for (auto [dtype, big] : {std::pair(float32, most), {float64, 1e300}}) {
    INFO(name(dtype));
    Tensor apart = tensor(Values{-big, 1}, dtype), level = full({3}, big / 2, dtype);
    CHECK(close(lexigrad::std(apart), big / root));
    CHECK(close(lexigrad::std(level), 0));
    CHECK(close(var(level), 0));
    CHECK(std::isinf(var(apart).item<double>()));
    for (double p : {2.0, 3.0, 1.5, 0.5})
      CHECK(close(norm(full({4}, big / 32, dtype), p), big / 32 * std::pow(4, 1 / p)));
    double small = dtype == float32 ? 1e-30 : 1e-250;
    for (double p : {2.0, 3.0}) CHECK(close(norm(full({4}, small, dtype), p), small * std::pow(4, 1 / p)));
    CHECK(close(lexigrad::std(tensor(Values{-small, small}, dtype)), small * root));
    Tensor table = stack({tensor(Values{3, 4}, dtype), full({2}, big / 4, dtype), zeros({2}, dtype)});
    for (const Tensor& y :
         {norm(table, 2, {1}), norm(table.t(), 2, {0}), norm(table.t().contiguous(), 2, {0})})
      CHECK(near(y.to_vector<double>(), {5, big / 4 * root, 0}));
  }
  CHECK(std::isinf(norm(tensor({INFINITY, 1})).item<double>()));
  CHECK(std::isnan(norm(tensor({NAN, 1})).item<double>()));
  CHECK(std::isnan(lexigrad::std(tensor({INFINITY, 1})).item<double>()));
}

TEST_CASE("Gradients of std and norm are right where squares are out of range", "[edges]") {
  constexpr double most = std::numeric_limits<float>::max();
  const auto deviation = [](const Tensor& x) { return lexigrad::std(x); };
  const auto length = [](const Tensor& x) { return norm(x); };
  const auto cubes = [](const Tensor& x) { return norm(x, 3); };
  for (bool create_graph : {false, true}) {
    CHECK(near(gradient(deviation, {-most, 1}, float32, create_graph), {-M_SQRT1_2, M_SQRT1_2}));
    CHECK(near(gradient(deviation, {-1e-30, 1e-30}, float32, create_graph), {-M_SQRT1_2, M_SQRT1_2}));
    for (double scale : {1e38, 1e-30}) {
      CHECK(near(gradient(length, {0.6 * scale, -0.8 * scale}, float32, create_graph), {0.6, -0.8}));
      CHECK(near(gradient(cubes, {scale, scale}, float32, create_graph),
                 {std::pow(2, -2.0 / 3), std::pow(2, -2.0 / 3)}));
    }
  }
}
