// The fused head against the two ops that it fuses, at sizes with several chunks and tiles.
#include <cmath>

#include "../catch.h"
#include "lexigrad/autograd/base/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/autograd/tape.h"

using namespace lexigrad;

namespace {

struct Result {
  Tensor loss, dx, dweight, dbias;
};

using Head = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&, int64_t);

Result run(Head head, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
           double scale) {
  Tensor a = x.clone().requires_grad_(), w = weight.clone().requires_grad_(),
         b = bias.defined() ? bias.clone().requires_grad_() : bias;
  Tensor loss = head(a, w, b, targets, -100);
  (loss * scale).backward();
  return {loss.detach(), a.grad(), w.grad(), b.defined() ? b.grad() : b};
}

double distance(const Tensor& a, const Tensor& b) {
  double worst = 0, scale = 1e-30;
  std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(x[i] - y[i]));
    scale = std::max(scale, std::abs(y[i]));
  }
  return worst / scale;
}

Tensor some_targets(int64_t rows, int64_t classes) {
  Tensor targets = randint(0, classes, {rows});
  for (int64_t i = 0; i < rows; i += 7) targets.data<int64_t>()[i] = -100;
  return targets;
}

}  // namespace

TEST_CASE("the fused head equals linear and cross_entropy") {
  manual_seed(5);
  for (Dtype dtype : {float32, float64})
    for (auto [rows, classes] : {std::pair{1, 3}, {5, 300}, {64, 2500}, {65, 2500}, {600, 2100}, {1025, 70}})
      for (bool with_bias : {false, true}) {
        INFO(name(dtype) << " rows " << rows << " classes " << classes << " bias " << with_bias);
        Tensor x = randn({rows, 20}, dtype), weight = randn({classes, 20}, dtype),
               bias = with_bias ? randn({classes}, dtype) : Tensor();
        Tensor targets = some_targets(rows, classes);
        double tolerance = dtype == float32 ? 1e-5 : 1e-12;
        for (double scale : {1.0, 1.0 / static_cast<double>(std::max(rows - (rows + 6) / 7, 1)), -2.5}) {
          Result fused = run(linear_cross_entropy, x, weight, bias, targets, scale);
          Result composed = run(linear_cross_entropy_composed, x, weight, bias, targets, scale);
          REQUIRE(distance(fused.loss, composed.loss) < tolerance);
          REQUIRE(distance(fused.dx, composed.dx) < tolerance);
          REQUIRE(distance(fused.dweight, composed.dweight) < tolerance);
          if (with_bias) REQUIRE(distance(fused.dbias, composed.dbias) < tolerance);
        }
      }
}

TEST_CASE("large logits neither overflow nor vanish in the fused head") {
  Tensor x = tensor({{300.0}, {-300.0}}), weight = arange(0, 2000, 1, float32).reshape({2000, 1}) * 0.01;
  Tensor targets = tensor({1999, 5});
  Tensor fused = linear_cross_entropy(x, weight, {}, targets),
         composed = linear_cross_entropy_composed(x, weight, {}, targets);
  REQUIRE(std::isfinite(fused.item<double>()));
  // Of terms as large as the logits: 300 * 20.
  REQUIRE(std::abs(fused.item<double>() - composed.item<double>()) < 1e-5 * 6000);
}

TEST_CASE("the fused head with nothing to count, frozen inputs, and no rows") {
  Tensor x = randn({3, 4}).requires_grad_(), weight = randn({9, 4}).requires_grad_();
  Tensor ignored = full({3}, -100, int64);
  Tensor loss = linear_cross_entropy(x, weight, {}, ignored);
  REQUIRE(loss.item<float>() == 0);
  loss.backward();
  REQUIRE(equal(x.grad(), zeros({3, 4})));
  REQUIRE(equal(weight.grad(), zeros({9, 4})));
  Tensor frozen = linear_cross_entropy(x, weight.detach(), {}, tensor({1, 2, 3}));
  frozen.backward();
  REQUIRE(x.has_grad());
  Tensor none = linear_cross_entropy(zeros({0, 4}).requires_grad_(), weight, {}, zeros({0}, int64));
  weight.zero_grad();
  none.backward();
  REQUIRE(equal(weight.grad(), zeros({9, 4})));
}

TEST_CASE("the fused head gives the same bits for any number of threads") {
  manual_seed(6);
  int before = num_threads();
  for (int64_t rows : {40, 700}) {
    Tensor x = randn({rows, 16}), weight = randn({5000, 16}), targets = some_targets(rows, 5000);
    set_num_threads(1);
    Result expected = run(linear_cross_entropy, x, weight, {}, targets, 1);
    for (int threads : {2, 3, 8}) {
      set_num_threads(threads);
      Result got = run(linear_cross_entropy, x, weight, {}, targets, 1);
      REQUIRE(equal(got.loss, expected.loss));
      REQUIRE(equal(got.dx, expected.dx));
      REQUIRE(equal(got.dweight, expected.dweight));
    }
  }
  set_num_threads(before);
}

TEST_CASE("the fused head never holds all logits") {
  Tensor x = randn({4096, 8}).requires_grad_(), weight = randn({4000, 8}).requires_grad_(),
         targets = some_targets(4096, 4000);
  int64_t before = memory_stats().live_bytes;
  reset_peak_memory();
  linear_cross_entropy(x, weight, {}, targets).backward();
  int64_t logits = int64_t{4096} * 4000 * 4;
  REQUIRE(memory_stats().peak_bytes - before < logits / 4);
}

TEST_CASE("the last walk hands the head's gradients on, a walk that keeps the graph copies them") {
  manual_seed(3);
  Tensor x = randn({20, 64}), weight = randn({1000, 64}).requires_grad_();
  int64_t size = weight.numel() * 4;
  auto loss = [&] { return linear_cross_entropy(x, weight, {}, arange(20)); };
  for (double scale : {1.0, 0.05}) {  // gradients to scale, and as forward left them
    Tensor y = loss() * scale;
    weight.zero_grad();
    reset_peak_memory();
    int64_t before = memory_stats().live_bytes;
    y.backward();
    REQUIRE(memory_stats().peak_bytes - before < size / 2);
  }
  weight.zero_grad();
  loss().backward();
  Tensor once = weight.grad().clone();
  weight.zero_grad();
  Tensor y = loss();
  y.backward({.retain_graph = true});
  REQUIRE(equal(weight.grad(), once));
  weight.grad().fill_(0);  // the user's to change: not what the graph keeps
  y.backward();
  REQUIRE(equal(weight.grad(), once));
}
