// Views, cuts and rearrangements: what shares, how many parts there are, and what the errors say.
#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/throws.h"

using namespace lexigrad;

static std::vector<int64_t> sizes(const std::vector<Tensor>& parts, int64_t dim) {
  std::vector<int64_t> out;
  for (const Tensor& part : parts) out.push_back(part.size(dim));
  return out;
}

TEST_CASE("views share their tensor's storage") {
  Tensor x = arange(24).reshape({2, 1, 12});
  std::vector<Tensor> views = split(x, 5, 2);
  for (const Tensor& part : chunk(x, 3, -1)) views.push_back(part);
  for (const Tensor& one :
       {squeeze(x), squeeze(x, 1), unsqueeze(x, 3), flatten(x), narrow(x, 2, 3, 4), unfold(x, 2, 4, 3)})
    views.push_back(one);
  for (const Tensor& view : views) REQUIRE(view.shares_storage(x));
  for (const Tensor& copy :
       {flip(x, {0}), roll(x, {0}, {0}), repeat(x, {1, 1, 1}), tril(x), stack({x}), pad(x, {})})
    REQUIRE_FALSE(copy.shares_storage(x));
}

TEST_CASE("split and chunk cut as PyTorch does") {
  using Sizes = std::vector<int64_t>;
  REQUIRE(sizes(split(ones({7, 2}), 3), 0) == Sizes{3, 3, 1});
  REQUIRE(sizes(split(ones({2, 7}), {0, 7}, 1), 1) == Sizes{0, 7});
  REQUIRE(sizes(split(ones({0, 2}), 3), 0) == Sizes{0});
  REQUIRE(sizes(chunk(ones({7}), 4), 0) == Sizes{2, 2, 2, 1});
  REQUIRE(sizes(chunk(ones({6}), 4), 0) == Sizes{2, 2, 2});
  REQUIRE(sizes(chunk(ones({0}), 3), 0) == Sizes{0, 0, 0});
}

TEST_CASE("unfold's gradient adds up where windows overlap") {
  Tensor x = ones({7}).requires_grad_();
  Tensor y = unfold(x, 0, 3, 2);
  REQUIRE(y.shape() == Shape{3, 3});
  sum(y * tensor({{1.0}, {10.0}, {100.0}})).backward();
  REQUIRE(equal(x.grad(), tensor({1.0, 1.0, 11.0, 10.0, 110.0, 100.0, 100.0})));
}

TEST_CASE("whole numbers and truth values are rearranged too") {
  Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  REQUIRE(equal(roll(x, {1}), tensor({{6, 1, 2}, {3, 4, 5}})));
  REQUIRE(equal(roll(x, {1, -1}, {0, 1}), tensor({{5, 6, 4}, {2, 3, 1}})));
  REQUIRE(equal(flip(x, {1}), tensor({{3, 2, 1}, {6, 5, 4}})));
  REQUIRE(equal(pad(x, {0, 1, 1, -1}, 9), tensor({{9, 9, 9, 9}, {1, 2, 3, 9}})));
  REQUIRE(equal(repeat(gt(x, tensor(3, int64)), {1, 2}),
                tensor({{false, false, false, false, false, false}, {true, true, true, true, true, true}})));
  REQUIRE(equal(dot(tensor({1, 2}), tensor({3, 4})), tensor(11, int64)));
  REQUIRE(equal(outer(tensor({1, 2}), tensor({3, 4})), tensor({{3, 4}, {6, 8}})));
}

TEST_CASE("errors of the shape ops name values and ranges") {
  Tensor x = ones({2, 3});
  auto said = [](const std::function<void()>& f) { return message_of(f); };
  REQUIRE(said([&] { narrow(x, 0, -3, 1); }) ==
          "[narrow] Entries -3..-3 are not all in dimension 0 of a tensor of shape [2, 3]");
  REQUIRE(said([&] { stack({}); }) == "[stack] Needs at least one tensor");
  REQUIRE(said([&] { repeat(x, {1, -1}); }) == "[repeat] Repeats [1, -1] include a negative one");
  REQUIRE(said([&] { unfold(x, 0, 1, 0); }) ==
          "[unfold] Windows of 1 in steps of 0 do not fit dimension 0 of a tensor of shape [2, 3] (valid are "
          "sizes 0..2, steps from 1)");
  REQUIRE(said([&] { roll(x, {1}, {2}); }) ==
          "[roll] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
  REQUIRE(said([&] { chunk(x, 2, 5); }) ==
          "[chunk] Dimension 5 is outside a tensor of rank 2 (valid are -2..1)");
}
