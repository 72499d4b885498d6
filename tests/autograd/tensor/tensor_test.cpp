#include "lexigrad/autograd/tensor/tensor.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "support/throws.h"

using namespace lexigrad;

TEST_CASE("nested lists give shape, dtype and values") {
  REQUIRE(tensor({2, 3, 5}).dtype() == int64);
  REQUIRE(tensor({0.5, 1.0}).dtype() == float32);
  REQUIRE(tensor({true, false}).dtype() == boolean);
  REQUIRE(tensor({1, 2}, float64).dtype() == float64);
  Tensor x = tensor({{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}});
  REQUIRE(x.shape() == Shape{2, 3, 2});
  REQUIRE(x[1][2][0].item<int64_t>() == 11);
  REQUIRE(tensor(2.5).rank() == 0);
  REQUIRE(message_of([] {
            tensor({{1, 2}, {3}});
          }) ==
          "[tensor] A nested list has 1 entries where its neighbours have 2. Hint: all lists of one level "
          "must have the same length");
}

TEST_CASE("copies share, clones do not, views alias") {
  Tensor x = zeros({2, 3}), same = x, copy = x.clone(), row = x[1], turned = x.t();
  x.fill_(7);
  REQUIRE(same[0][0].item<float>() == 7);
  REQUIRE(copy[0][0].item<float>() == 0);
  row.copy_(tensor({1.0, 2.0, 3.0}));
  REQUIRE(turned[2][1].item<float>() == 3);
  REQUIRE(x.shares_storage(turned));
  REQUIRE_FALSE(x.shares_storage(copy));
  REQUIRE(x.to(float32).shares_storage(x));
  REQUIRE_FALSE(x.to(float64).shares_storage(x));
  REQUIRE_FALSE(turned.is_contiguous());
  REQUIRE(turned.contiguous().is_contiguous());
}

TEST_CASE("rank 0, size 0 and ranks past the inline limit") {
  REQUIRE(zeros({}).numel() == 1);
  REQUIRE(zeros({0, 3}).numel() == 0);
  REQUIRE(sum(zeros({0, 3})).item<float>() == 0);
  Tensor x = arange(256).to(float32).reshape({2, 2, 2, 2, 2, 2, 2, 2});
  REQUIRE(x[1][1][1][1][1][1][1][0].item<float>() == 254);
  REQUIRE(equal((x + x).reshape({256}), arange(256).to(float32) * 2));
  Shape long_shape{1, 2, 3, 4, 5, 6, 7, 8}, moved = std::move(long_shape), copy = moved;
  const Shape& itself = copy;
  copy = itself;
  REQUIRE(copy == moved);
  REQUIRE(copy.without(0).rank() == 7);
}

TEST_CASE("promotion follows bool < int64 < float32 < float64, numbers take the tensor's dtype") {
  REQUIRE((tensor({1, 2}) + tensor({0.5, 0.5})).dtype() == float32);
  REQUIRE((tensor({true}).to(int64) + tensor({1}, float64)).dtype() == float64);
  REQUIRE((tensor({0.5}, float64) * 2).dtype() == float64);
  REQUIRE((tensor({1, 2}) + 1).dtype() == int64);
  REQUIRE((tensor({1, 2}) * 0.5).dtype() == float32);
  REQUIRE((tensor({1, 2}) / 2).to_vector<double>() == std::vector<double>{0.5, 1});
  Tensor half = tensor({0.5, 1.5}).requires_grad_();
  sum(half * tensor({2.0, 4.0}, float64)).backward();
  REQUIRE(half.grad().dtype() == float32);
  REQUIRE(half.grad().to_vector<double>() == std::vector<double>{2, 4});
}

TEST_CASE("conversions, arange and comparisons") {
  REQUIRE(tensor({-1.7, 1.7}).to(int64).to_vector<int64_t>() == std::vector<int64_t>{-1, 1});
  REQUIRE(arange(1, 10, 4).to_vector<int64_t>() == std::vector<int64_t>{1, 5, 9});
  REQUIRE(arange(0, 1, 0.25, float64).to_vector<double>() == std::vector<double>{0, 0.25, 0.5, 0.75});
  REQUIRE(arange(0).numel() == 0);
  REQUIRE(lt(arange(3), tensor({1, 1, 1})).to_vector<int64_t>() == std::vector<int64_t>{1, 0, 0});
  REQUIRE_FALSE(allclose(tensor({NAN}), tensor({NAN})));
  REQUIRE(allclose(tensor({INFINITY}), tensor({INFINITY})));
}

TEST_CASE("what throws, says what and what to do") {
  REQUIRE(message_of([] {
            zeros({2, 3}).item<float>();
          }) ==
          "[item] Needs one element, the tensor has shape [2, 3]. Hint: x[i] or sum(x) is one; "
          "to_vector<T>() gives all");
  REQUIRE(message_of([] { zeros({2}).data<double>(); }) ==
          "[data] The tensor is float32, asked for as float64. Hint: x.to(dtype) converts");
  REQUIRE(message_of([] { zeros({2, -3}); }) == "[tensor] Sizes [2, -3] include a negative one");
  REQUIRE(message_of([] { zeros({2}).size(1); }) ==
          "[size] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)");
  REQUIRE(message_of([] { Tensor().shape(); }).substr(0, 34) == "[tensor] This Tensor is undefined.");
  REQUIRE(message_of([] { zeros({2}).requires_grad_()[0].fill_(1); }).substr(0, 44) ==
          "[fill_] This tensor is a view on the tape: a");
  REQUIRE(message_of([] { zeros({3}).copy_(zeros({2})); }).substr(0, 8) == "[copy_] ");
  REQUIRE(message_of([] { zeros({2, 3, 4}).t(); }).substr(0, 18) == "[t] Needs a matrix");
}

TEST_CASE("a tensor larger than memory is a MemoryError, never a crash") {
  REQUIRE_THROWS_AS(empty({int64_t{1} << 62, 8}), MemoryError);
  REQUIRE_THROWS_AS(empty({int64_t{1} << 31, int64_t{1} << 31, int64_t{1} << 31}), MemoryError);
  REQUIRE_THROWS_AS(empty({int64_t{1} << 44}), MemoryError);
  REQUIRE_THROWS_AS(zeros({int64_t{1} << 50}), MemoryError);
}
