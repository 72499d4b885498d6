// grad(), gradients of gradients, and hooks.
#include "lexigrad/autograd/tape/grad.h"

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {
Tensor leaf(double value) { return tensor(value, float64).requires_grad_(); }
double value(const Tensor& x) { return x.item<double>(); }
std::vector<Tensor> with_graph(const Tensor& y, const std::vector<Tensor>& x) {
  return grad(y, x, {.create_graph = true});
}
}  // namespace

TEST_CASE("grad gives the gradients of chosen tensors and leaves grad() alone") {
  Tensor a = leaf(2), b = leaf(5), inner = a * b, y = inner * a;
  std::vector<Tensor> found = grad({y}, {inner, a});
  REQUIRE(value(found[0]) == 2);
  REQUIRE(value(found[1]) == 2 * 5 * 2);
  REQUIRE_FALSE(a.has_grad());
  REQUIRE_FALSE(b.has_grad());
}

TEST_CASE("grad runs no rule that leads to none of the inputs") {
  Tensor a = leaf(2), b = leaf(3);
  int ran = 0;
  Tensor watched = record("watched", tensor(3.0, float64), {b}, [&ran](const Tensor& dy, Grads& dx) {
    ++ran;
    dx[0] += dy;
  });
  Tensor y = a * watched;
  REQUIRE(value(grad(y, {a}, {.retain_graph = true})[0]) == 3);
  REQUIRE(ran == 0);
  REQUIRE(value(grad(y, {b})[0]) == 2);
  REQUIRE(ran == 1);
}

TEST_CASE("grad adds up several outputs, and takes seeds") {
  Tensor x = ones({2}, float64).requires_grad_(), y = x * 3, z = x * x;
  std::vector<Tensor> found =
      grad({y, z}, {x}, {.grad_outputs = {tensor({1.0, 10.0}, float64), tensor({100.0, 0.0}, float64)}});
  REQUIRE(equal(found[0], tensor({203.0, 30.0}, float64)));
}

TEST_CASE("an output that is an input has its seed for a gradient") {
  Tensor x = leaf(2), y = x * x;
  REQUIRE(value(grad({y, x}, {x, y}, {.retain_graph = true})[0]) == 5);
  REQUIRE(value(grad({y, y}, {y})[0]) == 2);
  REQUIRE(value(grad({x}, {x})[0]) == 1);
}

TEST_CASE("what grad refuses") {
  Tensor x = leaf(2), other = leaf(3), y = x * x;
  REQUIRE(message_of([&] { grad(y, {other}, {.retain_graph = true}); }) ==
          "[grad] Input 0 has no part in the outputs. Hint: {.allow_unused = true} gives Tensor() for it");
  REQUIRE_FALSE(grad(y, {other}, {.retain_graph = true, .allow_unused = true})[0].defined());
  REQUIRE(message_of([&] { grad(y, {tensor(1.0)}); }).substr(0, 45) ==
          "[grad] Input 0 does not require a gradient. H");
  REQUIRE(message_of([&] { grad(ones({2}).requires_grad_() * 2, {x}); }).substr(0, 33) ==
          "[grad] Output 0 has shape [2]. Hi");
  grad(y, {x});
  REQUIRE(message_of([&] { grad(y, {x}); }).substr(0, 47) ==
          "[backward] A second backward through \"mul\": wha");
}

TEST_CASE("derivatives of x^4 up to the fifth") {
  Tensor x = leaf(3), y = square(square(x));
  std::vector<double> seen;
  for (int order = 0; order < 4; ++order) seen.push_back(value(y = with_graph(y, {x})[0]));
  REQUIRE(seen == std::vector<double>{108, 108, 72, 24});
}

TEST_CASE("backward with create_graph leaves gradients on the tape") {
  Tensor x = leaf(3);
  (x * x * x).backward({.create_graph = true});
  Tensor first = x.grad();
  REQUIRE(value(first) == 27);
  x.zero_grad();
  first.backward();
  REQUIRE(value(x.grad()) == 18);
  x.zero_grad();
}

TEST_CASE("a gradient penalty trains through a table and a fused loss") {
  manual_seed(1);
  Tensor table = randn({5, 3}, float64), weight = randn({4, 3}, float64);
  Tensor ids = tensor({0, 2, 2}), targets = tensor({3, 0, 1});
  auto penalty = [&](const std::vector<Tensor>& in) {
    Tensor loss =
        linear_cross_entropy_sum(embedding(in[0], ids, {.padding_idx = 0}), in[1], Tensor(), targets);
    return sum(square(grad(loss, {in[0]}, {.create_graph = true})[0]));
  };
  auto under_recording = [&](const std::vector<Tensor>& in) {
    detail::Recording on(true);
    return penalty(in);
  };
  GradcheckResult result = gradcheck(under_recording, {table, weight});
  INFO(result);
  // Row 0 takes part in the forward pass, its gradient is left out on purpose: the penalty does not see it.
  REQUIRE(result.worst.error() < 1e-6);
}

TEST_CASE("a hook sees the gradient, may replace it, and can be removed") {
  Tensor x = leaf(2), y = x * 3;
  std::vector<double> seen;
  Hook watch = y.register_hook([&](const Tensor& g) {
    seen.push_back(value(g));
    return Tensor();
  });
  Hook twice = y.register_hook([](const Tensor& g) { return g * 2; });
  y.retain_grad();
  (y * 5).backward({.retain_graph = true});
  REQUIRE(seen == std::vector<double>{5});
  REQUIRE(value(y.grad()) == 10);
  REQUIRE(value(x.grad()) == 30);
  twice.remove();
  watch.remove();
  x.zero_grad();
  (y * 5).backward();
  REQUIRE(seen.size() == 1);
  REQUIRE(value(x.grad()) == 15);
  Tensor z = x * 1;
  z.register_hook([](const Tensor&) { return ones({7}, float64); });
  REQUIRE(message_of([&] { z.backward(); }).substr(0, 49) ==
          "[register_hook] A hook replaced a gradient float6");
}

TEST_CASE("a leaf's hook runs once a walk, on the whole gradient, before it is added") {
  Tensor x = leaf(2);
  std::vector<double> seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(value(g));
    return g * 10;
  });
  (x * 3 + x * 4).backward();
  (x * 1).backward();
  REQUIRE(seen == std::vector<double>{7, 1});
  REQUIRE(value(x.grad()) == 80);
}

TEST_CASE("a hook may walk the graph that is being walked") {
  Tensor x = leaf(2), y = x * x, p = y * 3, q = y * y;
  double total = 0;
  x.register_hook([&](const Tensor& g) {  // a hook of its own: x's gradient waits for the end of a walk
    total = value(g);
    return Tensor();
  });
  std::vector<double> inner;
  for (const Tensor& branch : {p, q})
    branch.register_hook([&](const Tensor&) {
      inner.push_back(value(grad(y, {x}, {.retain_graph = true})[0]));
      return Tensor();
    });
  SECTION("backward()") {
    (x * 7 + p + q + x * 5).backward();
    REQUIRE(value(x.grad()) == 56);  // 12 + (3 + 2 y) 2 x
    REQUIRE(total == 56);
  }
  SECTION("grad()") { REQUIRE(value(grad(x * 7 + p + q + x * 5, {x})[0]) == 56); }
  REQUIRE(inner == std::vector<double>{4, 4});
}

TEST_CASE("a walk that throws leaves nothing for the next") {
  Tensor x = leaf(2), y = x * x, z = y * 3 + y * y;
  x.register_hook([](const Tensor&) { return Tensor(); });
  int calls = 0;
  Hook hook = y.register_hook([&](const Tensor&) {
    if (++calls == 1) throw std::runtime_error("stop");
    return Tensor();
  });
  int64_t before = memory_stats().live_bytes;
  REQUIRE_THROWS_WITH((z + x * 7).backward({.create_graph = true}), "stop");
  REQUIRE(memory_stats().live_bytes == before);
  (z + x * 7).backward();
  REQUIRE(value(x.grad()) == 51);  // (3 + 2 y) 2 x + 7
}

TEST_CASE("an accumulate hook sees the leaf with its new gradient, a table with its rows") {
  Tensor table = ones({4, 2}).requires_grad_();
  int calls = 0;
  Hook hook = table.register_accumulate_hook([&](const Tensor& leaf) {
    ++calls;
    REQUIRE(leaf.row_grad() != nullptr);
    REQUIRE(leaf.row_grad()->count() == 2);
  });
  sum(embedding(table, tensor({3, 1, 3}))).backward();
  REQUIRE(calls == 1);
  hook.remove();
  sum(embedding(table, tensor({3, 1, 3}))).backward();
  REQUIRE(calls == 1);
}

TEST_CASE("changes in place on the tape") {
  Tensor x = leaf(3), y = x * 2;
  y.add_(x);
  y.mul_(5);
  y.sub_(1.0);
  y.div_(tensor(2.0, float64));
  y.backward();
  REQUIRE(value(y) == 22);
  REQUIRE(value(x.grad()) == 7.5);
  Tensor start = zeros({2}, float64), row = ones({1}, float64).requires_grad_();
  start.copy_(row * 3);
  REQUIRE(start.requires_grad());
  sum(start).backward();
  REQUIRE(value(row.grad()) == 6);
  Tensor cut = x * 2;
  cut.zero_();
  REQUIRE_FALSE(cut.requires_grad());
}

TEST_CASE("changes in place off the tape follow numpy") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}, float64);
  x.add_(x.t());
  REQUIRE(equal(x, tensor({{2.0, 5.0}, {5.0, 8.0}}, float64)));
  x.t()[0].mul_(tensor({10.0, 100.0}, float64));
  REQUIRE(equal(x, tensor({{20.0, 5.0}, {500.0, 8.0}}, float64)));
  Tensor whole = arange(3);
  whole.add_(4).mul_(whole);
  REQUIRE(equal(whole, tensor({16, 25, 36})));
  REQUIRE(message_of([&] { whole.add_(0.5); }) ==
          "[add_] The result is float32, the tensor int64. Hint: use the form without _");
  REQUIRE(message_of([&] {
            whole.add_(ones({2, 3}, int64));
          }) == "[add_] A tensor of shape [2, 3] does not fit into shape [3]");
}

TEST_CASE("a saved tensor that was changed in place is an error that names both ops") {
  Tensor x = leaf(3), inner = x * 2, y = exp(inner) * inner;
  inner.add_(1);
  REQUIRE(
      message_of([&] { y.backward(); }) ==
      "[mul] A tensor float64 [] that mul keeps for backward was changed in place by add_. Hint: change a "
      "clone(), or use the form without _");
  Tensor z = exp(x);
  z.mul_(2);
  REQUIRE(message_of([&] { z.backward(); }).substr(0, 44) == "[exp] A tensor float64 [] that exp keeps for");
  Tensor w = x + 1;
  Tensor v = w + 1;
  w.mul_(2);  // addition keeps nothing
  v.backward();
  REQUIRE(value(x.grad()) == 1);
}

TEST_CASE("what may not be changed in place") {
  Tensor x = ones({2}, float64).requires_grad_(), y = x * 2, part = y[0];
  REQUIRE(message_of([&] { x.add_(1); }) ==
          "[add_] A leaf that requires a gradient cannot be changed in place while ops are recorded. Hint: "
          "NoGrad off;");
  REQUIRE(message_of([&] { part.mul_(2); }).substr(0, 45) == "[mul_] This tensor is a view on the tape: a c");
  y.add_(1);
  REQUIRE(
      message_of([&] { part * 2; }) ==
      "[mul] Input 0 is a view, made by select, of a tensor that add_ changed in place later. Hint: make the "
      "view again");
  NoGrad off;
  x.add_(1);
  REQUIRE(x.requires_grad());
  REQUIRE(x[0].item<double>() == 2);
}
