#include "lexigrad/autograd/tape/tape.h"

#include <chrono>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {
Tensor leaf(double value) { return tensor(value, float64).requires_grad_(); }
double grad_of(const Tensor& x) { return x.grad().item<double>(); }
}  // namespace

TEST_CASE("a diamond: paths add up, each rule runs once") {
  Tensor x = leaf(3), a = x * x, y = a * a + a;  // x^4 + x^2
  y.backward();
  REQUIRE(grad_of(x) == 4 * 27 + 2 * 3);
}

TEST_CASE("gradients of leaves accumulate until they are dropped") {
  Tensor x = leaf(2);
  (x * 3).backward();
  (x * 4).backward();
  REQUIRE(grad_of(x) == 7);
  x.zero_grad();
  REQUIRE_FALSE(x.has_grad());
  REQUIRE_FALSE(x.grad().defined());
  (x * 5).backward();
  REQUIRE(grad_of(x) == 5);
}

TEST_CASE("a second backward needs retain_graph") {
  Tensor x = leaf(2), y = exp(x) * x;
  y.backward({.retain_graph = true});
  double once = grad_of(x);
  y.backward();
  REQUIRE(grad_of(x) == 2 * once);
  REQUIRE(message_of([&] { y.backward(); }) ==
          "[backward] A second backward through \"mul\": what it saved was freed by the first. Hint: the "
          "first needs "
          "backward({.retain_graph = true})");
  REQUIRE(grad_of(x) == 2 * once);
}

TEST_CASE("a spent inner node is found behind a fresh one") {
  Tensor x = leaf(2), shared = x * x;
  (shared * 2).backward();
  REQUIRE(message_of([&] { (shared * 3).backward(); }).substr(0, 43) ==
          "[backward] A second backward through \"mul\":");
}

TEST_CASE("NoGrad and detach leave the tape") {
  Tensor x = leaf(2);
  {
    NoGrad off;
    REQUIRE_FALSE((x * x).requires_grad());
    { NoGrad inner; }
    REQUIRE_FALSE(grad_enabled());
  }
  REQUIRE(grad_enabled());
  Tensor y = x * (x * x).detach();
  y.backward();
  REQUIRE(grad_of(x) == 4);
  REQUIRE(x.detach().shares_storage(x));
}

TEST_CASE("leaves and non-leaves") {
  Tensor x = leaf(2), y = x * 3;
  REQUIRE(x.is_leaf());
  REQUIRE_FALSE(y.is_leaf());
  y.retain_grad();
  (y * y).backward();
  REQUIRE(grad_of(y) == 12);
  REQUIRE(grad_of(x) == 36);
  REQUIRE_FALSE((x * 2).has_grad());
  REQUIRE(message_of([&] { y.requires_grad_(); }).substr(0, 43) ==
          "[requires_grad_] Only a leaf can be switche");
  REQUIRE(message_of([] { arange(3).requires_grad_(); }) ==
          "[requires_grad_] Only float32, float64 and bfloat16 can have gradients, this tensor is int64");
  REQUIRE(message_of([] { tensor(1.0).backward(); }).substr(0, 40) ==
          "[backward] Nothing that made this tensor");
  REQUIRE(message_of([] { zeros({2}).requires_grad_().backward(); }).substr(0, 30) ==
          "[backward] Needs a scalar, got");
}

TEST_CASE("a leaf's gradient shares memory with nothing") {
  Tensor a = zeros({4}).requires_grad_(), b = zeros({4}).requires_grad_();
  sum(a + b).backward();
  a.grad().fill_(9);
  REQUIRE(b.grad().to_vector<float>() == std::vector<float>(4, 1));
  Tensor seed = ones({4}), c = zeros({4}).requires_grad_();
  c.backward(seed);
  seed.fill_(5);
  REQUIRE(c.grad().to_vector<float>() == std::vector<float>(4, 1));
}

TEST_CASE("the engine undoes broadcasting and refuses what does not fit") {
  Tensor row = ones({3}, float64).requires_grad_(), column = ones({2, 1}, float64).requires_grad_();
  sum(row * column * 2).backward();
  REQUIRE(row.grad().to_vector<double>() == std::vector<double>(3, 4));
  REQUIRE(column.grad().shape() == Shape{2, 1});
  REQUIRE(column.grad().to_vector<double>() == std::vector<double>(2, 6));
  Tensor x = ones({2, 3}, float64).requires_grad_();
  Tensor bad_shape = record("bad", ones({2, 3}, float64), {x},
                            [](const Tensor&, Grads& dx) { dx[0] += ones({4}, float64); });
  REQUIRE(message_of([&] { sum(bad_shape).backward(); }).substr(0, 64) ==
          "[bad] The gradient of input 0 has shape [4], the input [2, 3]. H");
  Tensor bad_dtype = record("bad", ones({2, 3}, float64), {x}, [](const Tensor&, Grads& dx) {
    dx[0] += ones({2, 3});
  });
  REQUIRE(message_of([&] { sum(bad_dtype).backward(); }) ==
          "[bad] The gradient of input 0 is float32, the input float64");
}

TEST_CASE("slices of one tensor add their parts to one gradient") {
  Tensor x = zeros({4, 6}, float64).requires_grad_();
  Tensor parts = sum(slice(x, 1, 0, 6, 2)) + 10 * sum(slice(x, 1, 1, 3)) + 100 * sum(select(x, 0, 1)) +
                 1000 * sum(narrow(x, 0, 1, 2)) + sum(x);
  parts.backward();
  const double columns[] = {2, 11, 12, 1, 2, 1}, rows[] = {0, 1100, 1000, 0};
  for (int64_t i = 0; i < 24; ++i) REQUIRE(x.grad().data<double>()[i] == columns[i % 6] + rows[i / 6]);

  Tensor kept = x.grad();
  sum(select(x, 0, 0) + select(x, 0, 3)).backward();
  REQUIRE(kept.data<double>()[0] == 2);
  REQUIRE(x.grad().data<double>()[0] == 3);
}

TEST_CASE("a gradient through each row costs a row") {
  Tensor x = zeros({4000, 4000}).requires_grad_(), total = tensor(0.0F);
  for (int64_t t = 0; t < 4000; ++t) total = total + sum(select(x, 0, t));
  auto start = std::chrono::steady_clock::now();
  total.backward();
  REQUIRE(sum(x.grad()).item<float>() == 16e6F);
  REQUIRE(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));  // 64 MB each: minutes
}

TEST_CASE("a rule that throws leaves a graph that can be walked again") {
  Tensor x = leaf(2);
  bool fails = true;
  Tensor inner = x * 3;
  Tensor y = record("touchy", tensor(1.0, float64), {inner}, [&fails](const Tensor& dy, Grads& dx) {
    dx[0] += dy;
    if (fails) throw std::runtime_error("not now");
  });
  REQUIRE(message_of([&] { y.backward({.retain_graph = true}); }) == "not now");
  fails = false;
  y.backward();
  REQUIRE(grad_of(x) == 3);
}

TEST_CASE("a chain of a million ops goes forward, backward and away without recursion") {
  Tensor x = leaf(1), y = x;
  for (int i = 0; i < 1000000; ++i) y = y + x;
  y.backward();
  REQUIRE(grad_of(x) == 1000001);
  Tensor dropped = x;
  for (int i = 0; i < 1000000; ++i) dropped = neg(dropped);
  dropped = Tensor();
}

TEST_CASE("two threads walk two graphs at once") {
  auto work = [](double start, double& out) {
    Tensor x = leaf(start);
    for (int i = 0; i < 200; ++i) (x * x).backward();
    out = grad_of(x);
  };
  double a = 0, b = 0;
  std::thread other(work, 2, std::ref(a));
  work(3, b);
  other.join();
  REQUIRE(a == 200 * 4);
  REQUIRE(b == 200 * 6);
}
