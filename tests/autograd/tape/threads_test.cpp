// Walks of several threads at once.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

template <class F>
void in_threads(int count, const F& f) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&f, t] { f(t); });
  for (std::thread& t : threads) t.join();
}

}  // namespace

TEST_CASE("grad() in threads with graphs of their own over shared leaves") {
  manual_seed(1);
  Tensor w = randn({20, 20}).requires_grad_(), v = randn({20}).requires_grad_();
  auto gradients = [&](double factor) {
    Tensor y = sum(tanh(matmul(w, v) * factor)) + sum(square(w));
    return grad(y, {w, v});
  };
  std::vector<std::vector<Tensor>> right;
  for (int t = 0; t < 4; ++t) right.push_back(gradients(t + 0.5));
  std::atomic<int> wrong = 0, thrown = 0;
  in_threads(4, [&](int t) {
    for (int k = 0; k < 100; ++k) try {
        std::vector<Tensor> found = gradients(t + 0.5);
        auto at = static_cast<size_t>(t);
        if (!equal(found[0], right[at][0]) || !equal(found[1], right[at][1])) ++wrong;
      } catch (const std::exception&) { ++thrown; }
  });
  CHECK(wrong == 0);
  CHECK(thrown == 0);
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("backward() in threads adds all of its gradients to a shared leaf") {
  Tensor v = ones({50}).requires_grad_(), table = ones({6, 3}).requires_grad_();
  std::atomic<int> hooked = 0;
  v.register_hook([&](const Tensor& g) { return ++hooked, g; });
  in_threads(4, [&](int) {
    for (int k = 0; k < 100; ++k) {
      sum(v * 1.0 + v).backward();
      sum(embedding(table, tensor({1, 4, 1}))).backward();
    }
  });
  CHECK(equal(v.grad(), full({50}, 800)));
  CHECK(hooked == 400);
  CHECK(equal(table.row_grad()->indices(), tensor({1, 4})));
  CHECK(equal(table.grad()[1], full({3}, 800)));
  CHECK(equal(table.grad()[4], full({3}, 400)));
}

TEST_CASE("second-order gradients in threads over a shared leaf") {
  Tensor w = full({5}, 2.0).requires_grad_();
  std::atomic<int> wrong = 0;
  in_threads(4, [&](int) {
    for (int k = 0; k < 50; ++k) {
      Tensor g = grad({sum(w * w * w)}, {w}, {.create_graph = true})[0];
      if (!equal(grad(sum(g), {w})[0], full({5}, 12.0))) ++wrong;
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("two walks over one graph: the one that comes second throws, the first is right") {
  Tensor w = full({5}, 2.0).requires_grad_();
  std::atomic<bool> inside = false, over = false;
  Tensor x = w * 3.0;
  Tensor waits = record("waits", x.detach() * 1.0, {x}, [&](const Tensor& dy, Grads& dx) {
    inside = true;
    while (!over) std::this_thread::yield();
    dx[0] += dy;
  });
  Tensor y = sum(waits), z = sum(x * 2.0);
  std::vector<Tensor> first;
  std::thread walker([&] { first = grad({y}, {w}, {.retain_graph = true}); });
  while (!inside) std::this_thread::yield();
  std::string same, shared;
  try {
    grad({y}, {w}, {.retain_graph = true});
  } catch (const std::invalid_argument& e) { same = e.what(); }
  try {
    z.backward({.retain_graph = true});
  } catch (const std::invalid_argument& e) { shared = e.what(); }
  over = true;
  walker.join();
  CHECK(same.starts_with("[grad] Another thread walks the same graph at this moment: it is at \"sum\""));
  CHECK(
      shared.starts_with("[backward] Another thread walks the same graph at this moment: it is at \"mul\""));
  CHECK(equal(first[0], full({5}, 3.0)));
  CHECK(equal(grad(y, {w})[0], full({5}, 3.0)));
}
