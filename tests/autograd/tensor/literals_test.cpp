// Numbers as they are written: their types are PyTorch's, their values exact.
#include <cmath>
#include <limits>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"

using namespace lexigrad;

namespace {

constexpr int64_t odd = (int64_t{1} << 53) + 1;  // the first whole number that is no double
using Wholes = std::vector<int64_t>;

bool is(const Tensor& x, Dtype dtype, const Shape& shape) { return x.dtype() == dtype && x.shape() == shape; }

}  // namespace

TEST_CASE("Literals have PyTorch's types and shapes", "[literals]") {
  CHECK(is(tensor(3), int64, {}));
  CHECK(is(tensor(true), boolean, {}));
  CHECK(is(tensor(3.0), float32, {}));
  CHECK(is(tensor({}), float32, {0}));
  CHECK(is(tensor({1, 2}), int64, {2}));
  CHECK(is(tensor({true, false}), boolean, {2}));
  CHECK(is(tensor({true, 2}), int64, {2}));
  CHECK(is(tensor({1, 2.5}), float32, {2}));
  CHECK(is(tensor({{1.0, 2}}), float32, {1, 2}));
  CHECK(is(tensor({{1}, {2.5}}), float32, {2, 1}));
  CHECK(is(tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8.5}}}), float32, {2, 2, 2}));
  CHECK(is(tensor({{{{1}}}}), int64, {1, 1, 1, 1}));
  CHECK(is(tensor({{1, 2}}, boolean), boolean, {1, 2}));
  CHECK(tensor({{1.0, 2}, {3, 4.5}}).to_vector<double>() == std::vector<double>{1, 2, 3, 4.5});
  CHECK_THROWS_AS(tensor({{1, 2}, {3}}), std::invalid_argument);
  CHECK_THROWS_AS(tensor({{1, 2}, 3}), std::invalid_argument);
  CHECK_THROWS_AS(tensor({1, {2, 3}}), std::invalid_argument);
  CHECK_THROWS_AS(tensor({std::numeric_limits<uint64_t>::max()}), std::invalid_argument);
}

TEST_CASE("Vectors of any numbers, nested or not, make tensors", "[literals]") {
  CHECK(is(tensor(std::vector<int>{1, 2}), int64, {2}));
  CHECK(is(tensor(std::vector<uint8_t>{1, 255}), int64, {2}));
  CHECK(is(tensor(std::vector<bool>{true, false, true}), boolean, {3}));
  CHECK(is(tensor(std::vector<float>{1}), float32, {1}));
  CHECK(is(tensor(std::vector<double>{1}), float64, {1}));
  CHECK(is(tensor(std::vector<std::vector<double>>{{1, 2}, {3, 4}}), float64, {2, 2}));
  CHECK(is(tensor(std::vector<std::vector<bool>>{{true}, {false}}), boolean, {2, 1}));
  CHECK(is(tensor(std::vector<std::vector<int>>{}), int64, {0}));
  CHECK(is(tensor(std::vector<int>{1, 2}, float32), float32, {2}));
  CHECK(tensor(std::vector<std::vector<int>>{{1, 2}, {3, 4}}).to_vector<int64_t>() == Wholes{1, 2, 3, 4});
  CHECK_THROWS_AS(tensor(std::vector<std::vector<int>>{{1, 2}, {3}}), std::invalid_argument);
}

TEST_CASE("Whole numbers past 2^53 stay exact", "[literals]") {
  Tensor x = tensor({odd, -odd});
  CHECK(x.to_vector<int64_t>() == Wholes{odd, -odd});
  CHECK(tensor(std::vector<int64_t>{odd}).item<int64_t>() == odd);
  CHECK(tensor(odd).item<int64_t>() == odd);
  CHECK(full({2}, odd, int64).to_vector<int64_t>() == Wholes{odd, odd});
  CHECK(zeros({1}, int64).fill_(odd).item<int64_t>() == odd);
  CHECK(zeros({1}, int64).add_(odd).item<int64_t>() == odd);
  CHECK((zeros({2}, int64) + odd).to_vector<int64_t>() == Wholes{odd, odd});
  CHECK((odd - zeros({1}, int64)).item<int64_t>() == odd);
  CHECK(eq(x, odd).to_vector<int64_t>() == Wholes{1, 0});
  CHECK(gt(x, odd - 1).to_vector<int64_t>() == Wholes{1, 0});
  CHECK(masked_fill(zeros({1}, int64), tensor({true}), odd).item<int64_t>() == odd);
  CHECK(where(tensor({true}), zeros({1}, int64), odd).item<int64_t>() == 0);
  CHECK(where(tensor({false}), zeros({1}, int64), odd).item<int64_t>() == odd);
  CHECK(clamp(zeros({1}, int64), odd).item<int64_t>() == odd);
  CHECK(pad(zeros({1}, int64), {0, 1}, odd)[1].item<int64_t>() == odd);
  CHECK(arange(odd, odd + 2).to_vector<int64_t>() == Wholes{odd, odd + 1});
  CHECK(arange(odd, odd - 3, -2).to_vector<int64_t>() == Wholes{odd, odd - 2});
}

TEST_CASE("int64 sums and comparisons are exact", "[literals]") {
  Tensor x = tensor({{odd, 0}, {0, 0}, {-1, 1}});
  CHECK(sum(x).dtype() == int64);
  CHECK(sum(x).item<int64_t>() == odd);
  CHECK(sum(x, {0}).to_vector<int64_t>() == Wholes{odd - 1, 1});
  CHECK(sum(x, {1}).to_vector<int64_t>() == Wholes{odd, 0, 0});
  CHECK(sum(x.t(), {0}, true).to_vector<int64_t>() == Wholes{odd, 0, 0});
  CHECK(sum(tensor({{true, true}, {true, false}}), {0}).to_vector<int64_t>() == Wholes{2, 1});
  CHECK(sum(zeros({2, 0}, int64), {1}).to_vector<int64_t>() == Wholes{0, 0});
  CHECK(sum(full({1000}, odd, int64)).item<int64_t>() == 1000 * odd);
  CHECK_FALSE(allclose(tensor({odd}), tensor({odd - 1}), 0, 0));
  CHECK(allclose(tensor({odd}), tensor({odd - 1}), 0, 1));
  constexpr int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  CHECK_FALSE(allclose(tensor({least}), tensor({most}), 0, 1));
}

TEST_CASE("Infinity is close to itself alone", "[literals]") {
  Tensor infinite = tensor({INFINITY});
  CHECK(allclose(infinite, infinite));
  for (double other : {double{-INFINITY}, 1.0, double{NAN}}) {
    CHECK_FALSE(allclose(infinite, tensor({other})));
    CHECK_FALSE(allclose(tensor({other}), infinite));
  }
}

TEST_CASE("arange is whole where its numbers are, else float32", "[literals]") {
  CHECK(is(arange(3), int64, {3}));
  CHECK(is(arange(2.5), float32, {3}));
  CHECK(is(arange(1, 4), int64, {3}));
  CHECK(is(arange(0.0, 3), float32, {3}));
  CHECK(is(arange(0, 3, 1, float64), float64, {3}));
  CHECK(arange(0, 1, 0.25).to_vector<float>() == std::vector<float>{0, 0.25, 0.5, 0.75});
  CHECK(arange(0, 1, 0.25, int64).to_vector<int64_t>() == Wholes{0, 0, 0, 0});
  CHECK(arange(5, 0, -2).to_vector<int64_t>() == Wholes{5, 3, 1});
  CHECK(arange(2, 2).numel() == 0);
  CHECK_THROWS_AS(arange(0, 3, 0), std::invalid_argument);
  CHECK_THROWS(arange(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
}

TEST_CASE("An empty tensor of huge size prints at once", "[literals]") {
  CHECK(to_string(zeros({0, int64_t{1} << 62})) == "tensor([], size=(0, 4611686018427387904))");
  CHECK(to_string(zeros({int64_t{1} << 62, 0})) == "tensor([], size=(4611686018427387904, 0))");
}
