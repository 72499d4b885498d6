// Indexing: repeated ids, threads, whole numbers, and what the errors say.
#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

struct Threads {
  int before = num_threads();
  ~Threads() { set_num_threads(before); }
};

// y[out(i)] += x[i] one after the other, in float32.
template <class Out>
Tensor in_order(const Shape& shape, const Tensor& x, const Out& out) {
  Tensor y = zeros(shape);
  for (int64_t i = 0; i < x.numel(); ++i) y.data<float>()[out(i)] += x.data<float>()[i];
  return y;
}

void same_for_all_threads(const std::function<Tensor()>& f, const Tensor& expected) {
  Threads restore;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    REQUIRE(equal(f(), expected));
  }
}

}  // namespace

TEST_CASE("additions to repeated ids are exact, in order, for any number of threads") {
  manual_seed(3);
  const int64_t n = 3000, rows = 7, width = 130;
  Tensor ids = randint(0, rows, {n}), x = randn({n, width});
  const int64_t* id = ids.data<int64_t>();
  Tensor expected = in_order({rows, width}, x, [&](int64_t i) { return id[i / width] * width + i % width; });
  same_for_all_threads([&] { return index_add(zeros({rows, width}), 0, ids, x); }, expected);
  same_for_all_threads([&] { return index_put(zeros({rows, width}), {ids}, x, true); }, expected);
  same_for_all_threads(
      [&] {
        return index_add(zeros({width, rows}), 1, ids, x.t()).t().contiguous();
      },
      expected);
  Tensor each = randint(0, rows, {n, width});
  const int64_t* at = each.data<int64_t>();
  expected = in_order({rows, width}, x, [&](int64_t i) { return at[i] * width + i % width; });
  same_for_all_threads([&] { return scatter_add(zeros({rows, width}), 0, each, x); }, expected);
  same_for_all_threads(
      [&] {
        return scatter_add(zeros({width, rows}), 1, each.t(), x.t()).t().contiguous();
      },
      expected);
}

TEST_CASE("of several values for one element index_put keeps the last, and gives it the gradient") {
  const int64_t n = 50000;
  Tensor ids = zeros({n}, int64), values = arange(0, n, 1, float32);
  same_for_all_threads([&] { return index_put(zeros({2}), {ids}, values); }, tensor({n - 1.0, 0.0}));
  Tensor v = values.clone().requires_grad_();
  sum(index_put(zeros({2}), {ids}, v) * tensor({3.0, 5.0})).backward();
  REQUIRE(v.grad()[n - 1].item<float>() == 3);
  REQUIRE(sum(abs(v.grad())).item<float>() == 3);
}

TEST_CASE("index takes and puts by several ids at once") {
  Tensor x = arange(24).reshape({2, 3, 4});
  Tensor i = tensor({{0}, {1}}), j = tensor({2, -3});
  REQUIRE(equal(index(x, {i, j}),
                tensor({{{8, 9, 10, 11}, {0, 1, 2, 3}}, {{20, 21, 22, 23}, {12, 13, 14, 15}}})));
  REQUIRE(equal(index(x, {tensor(-1, int64)}), x[1]));
  REQUIRE(equal(index(permute(x, {2, 1, 0}), {tensor({3, 0}), tensor({0, 2})}), tensor({{3, 15}, {8, 20}})));
  REQUIRE(equal(index_put(x, {i, j}, tensor(0, int64))[1],
                tensor({{0, 0, 0, 0}, {16, 17, 18, 19}, {0, 0, 0, 0}})));
  REQUIRE(index(x, {zeros({0, 5}, int64)}).shape() == Shape{0, 5, 3, 4});
}

TEST_CASE("whole numbers and truth values are indexed too") {
  Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}), mask = gt(x, tensor(2, int64));
  REQUIRE(equal(index_select(x, 1, tensor({2, 2, 0})), tensor({{3, 3, 1}, {6, 6, 4}})));
  REQUIRE(equal(index_select(mask, 0, tensor({1})), tensor({{true, true, true}})));
  REQUIRE(equal(gather(x, 1, tensor({{0}, {2}})), tensor({{1}, {6}})));
  REQUIRE(equal(index_add(x, 0, tensor({1, 1}), x), tensor({{1, 2, 3}, {9, 12, 15}})));
  REQUIRE(equal(tril(x), tensor({{1, 0, 0}, {4, 5, 0}})));
  REQUIRE(equal(triu(mask, 1), tensor({{false, false, true}, {false, false, true}})));
}

TEST_CASE("errors of indexing name the id, its position and the valid ids") {
  Tensor x = ones({2, 3}), none = ones({0, 3});
  auto said = [](const std::function<void()>& f) { return message_of(f); };
  REQUIRE(said([&] {
            index_select(x, -1, tensor({0, -1}));
          }) ==
          "[index_select] Id -1 at position 1 is outside dimension 1 of a tensor of shape [2, 3] (valid are "
          "0..2)");
  REQUIRE(said([&] { index_select(none, 0, tensor({0})); }) ==
          "[index_select] Id 0 at position 0 is outside dimension 0 of a tensor of shape [0, 3] (there are "
          "none)");
  REQUIRE(
      said([&] {
        index_add(x, 0, tensor({2}), ones({1, 3}));
      }) ==
      "[index_add] Id 2 at position 0 is outside dimension 0 of a tensor of shape [2, 3] (valid are 0..1)");
  REQUIRE(said([&] {
            index(x, {tensor({{0, 1}, {-3, 0}})});
          }) ==
          "[index] Id -3 at position [1, 0] of index 0 is outside dimension 0 of a tensor of shape [2, 3] "
          "(valid are -2..1)");
  REQUIRE(said([&] { index(x, {}); }) ==
          "[index] 0 index tensors do not fit a tensor of shape [2, 3] (valid are 1..2)");
  REQUIRE(said([&] {
            gather(x, 0, ones({2, 3}));
          }) == "[gather] Ids must be int64, got float32. Hint: ids.to(int64) converts");
  REQUIRE(said([&] {
            scatter_add(x, 0, zeros({4, 3}, int64), ones({3, 3}));
          }) ==
          "[scatter_add] Ids of shape [4, 3] and source of shape [3, 3] do not fit a tensor of shape [2, 3]. "
          "Hint: ids may be larger than x along dimension 0 only, and nowhere larger than source");
  REQUIRE(said([&] { index_put(x, {tensor({0})}, ones({3}, float64)); }) ==
          "[index_put] x is float32, values float64. Hint: x.to(dtype) converts");
}
