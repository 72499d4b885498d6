#include "lexigrad/train/vectors/principal.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/throws.h"
#include "train/vectors/sets/word_sets.h"

using namespace lexigrad;
using namespace lexigrad::test;
using namespace lexigrad::train;

TEST_CASE("principal components are those of numpy's SVD", "[principal]") {
  const nlohmann::json& expected = word_sets().at("table");
  const PrincipalView view = principal_view(narrow(word_set_rows(), 0, 0, 25));
  REQUIRE(view.coordinates.shape() == Shape({25, 2}));
  const std::vector<double> x = view.coordinates.to_vector<double>();
  for (size_t i = 0; i < x.size(); ++i)
    CHECK(x[i] == Approx(expected.at("view")[i / 2][i % 2].get<double>()).margin(1e-8));
  for (size_t i = 0; i < 2; ++i)
    CHECK(view.shares[i] == Approx(expected.at("shares")[i].get<double>()).margin(1e-12));
}

TEST_CASE("rows on a line, rows that are one, and what is no table", "[principal]") {
  const PrincipalView line = principal_view(tensor({{0., 0.}, {3., 4.}, {9., 12.}}));
  CHECK(line.shares[0] == Approx(1));
  CHECK(line.coordinates.to_vector<double>()[4] == Approx(15 - 20.0 / 3));
  const PrincipalView one = principal_view(ones({4, 3}));
  CHECK(one.shares == std::vector<double>{0, 0});
  CHECK(one.coordinates.to_vector<double>() == std::vector<double>(8));
  CHECK(
      message_of([] {
        principal_view(ones({1, 3}));
      }) ==
      "[principal_view] 2 components of [1, 3] of float32 (valid: 1 to as many as a floating matrix has rows)");
  CHECK(message_of([] {
          principal_view(full({3, 3}, NAN));
        }) == "[principal_view] The rows hold a value that is not finite");
}
