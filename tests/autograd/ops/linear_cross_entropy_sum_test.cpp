// The fused head against the two ops that it fuses, at sizes with several chunks and tiles.
#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

struct Result {
  Tensor loss, dx, dweight, dbias;
};

using Head = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                        const CrossEntropyOptions&);

Result run(Head head, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
           double scale, const CrossEntropyOptions& options = {}) {
  Tensor a = x.clone().requires_grad_(), w = weight.clone().requires_grad_(),
         b = bias.defined() ? bias.clone().requires_grad_() : bias;
  Tensor loss = head(a, w, b, targets, options);
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

TEST_CASE("the fused head equals linear and cross_entropy_sum") {
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
          Result fused = run(linear_cross_entropy_sum, x, weight, bias, targets, scale);
          Result composed = run(linear_cross_entropy_sum_composed, x, weight, bias, targets, scale);
          REQUIRE(distance(fused.loss, composed.loss) < tolerance);
          REQUIRE(distance(fused.dx, composed.dx) < tolerance);
          REQUIRE(distance(fused.dweight, composed.dweight) < tolerance);
          if (with_bias) REQUIRE(distance(fused.dbias, composed.dbias) < tolerance);
        }
      }
}

TEST_CASE("the fused head equals linear and cross_entropy_sum with every option") {
  manual_seed(7);
  for (Dtype dtype : {float32, float64})
    for (auto [rows, classes] : {std::pair{5, 300}, {65, 2500}, {600, 1100}}) {
      Tensor x = randn({rows, 20}, dtype), weight = randn({classes, 20}, dtype),
             bias = randn({classes}, dtype);
      Tensor targets = some_targets(rows, classes), of_class = rand({classes}, dtype);
      for (const CrossEntropyOptions& options :
           {CrossEntropyOptions{.label_smoothing = 0.1}, CrossEntropyOptions{.class_weight = of_class},
            CrossEntropyOptions{.z_loss = 1e-2}, CrossEntropyOptions{.label_smoothing = 1},
            CrossEntropyOptions{
                .ignore_index = 3, .label_smoothing = 0.2, .class_weight = of_class, .z_loss = 1e-3}}) {
        if (options.ignore_index == 3) targets = where(eq(targets, -100), 3, targets);
        INFO(name(dtype) << " rows " << rows << " smoothing " << options.label_smoothing << " z "
                         << options.z_loss);
        double tolerance = dtype == float32 ? 1e-5 : 1e-12;
        Result fused = run(linear_cross_entropy_sum, x, weight, bias, targets, 0.3, options);
        Result composed = run(linear_cross_entropy_sum_composed, x, weight, bias, targets, 0.3, options);
        REQUIRE(distance(fused.loss, composed.loss) < tolerance);
        REQUIRE(distance(fused.dx, composed.dx) < tolerance);
        REQUIRE(distance(fused.dweight, composed.dweight) < tolerance);
        REQUIRE(distance(fused.dbias, composed.dbias) < tolerance);
      }
    }
}

TEST_CASE("the filter leaves out classes to which no row of a chunk gives much, in dx and dweight alone") {
  manual_seed(8);
  for (int64_t rows : {40, 700}) {
    const int64_t classes = 1500, dim = 8, chunk = 512;
    Tensor x = randn({rows, dim}, float64), weight = randn({classes, dim}, float64),
           bias = -0.02 * arange(0, classes, 1, float64), targets = some_targets(rows, 50);
    CrossEntropyOptions options{.label_smoothing = 0.1, .filter = 0x1p-12};
    double counted = static_cast<double>(rows - (rows + 6) / 7);
    Result exact = run(linear_cross_entropy_sum_composed, x, weight, bias, targets, 1 / counted, options),
           got = run(linear_cross_entropy_sum, x, weight, bias, targets, 1 / counted, options);
    REQUIRE(equal(run(linear_cross_entropy_sum, x, weight, bias, targets, 1, {.label_smoothing = 0.1}).loss,
                  got.loss));
    REQUIRE(distance(got.dbias, exact.dbias) < 1e-12);

    // The softmax part of the gradient, filtered by hand; a tile mostly kept is kept whole.
    Tensor counts = ne(targets, -100).to(float64).reshape({rows, 1});
    Tensor p = (softmax(linear(x, weight, bias)) -
                0.9 * one_hot(where(eq(targets, -100), 0, targets), classes, float64)) *
               counts;
    int64_t width = rows <= 64 ? 256 : 1024, dropped = 0;
    for (int64_t first = 0; first < rows; first += chunk)
      for (int64_t from = 0; from < classes; from += width) {
        int64_t last = std::min(first + chunk, rows), to = std::min(from + width, classes);
        std::vector<int64_t> small;
        for (int64_t c = from; c < to; ++c) {
          double most = 0;
          for (int64_t r = first; r < last; ++r)
            most = std::max(most, std::abs(p.data<double>()[r * classes + c]));
          if (most < 0x1p-12) small.push_back(c);
        }
        if (2 * (to - from - static_cast<int64_t>(small.size())) > to - from) continue;
        dropped += static_cast<int64_t>(small.size());
        for (int64_t c : small)
          for (int64_t r = first; r < last; ++r) p.data<double>()[r * classes + c] = 0;
      }
    REQUIRE(dropped > classes / 3);
    Tensor g = (p - counts * 0.1 / static_cast<double>(classes)) / counted;
    REQUIRE(distance(got.dx, matmul(g, weight)) < 1e-12);
    REQUIRE(distance(got.dweight, matmul(g.t(), x)) < 1e-12);
    REQUIRE(distance(got.dx, exact.dx) > 1e-9);  // something was left out
    Result none = run(linear_cross_entropy_sum, x, weight, bias, targets, 1 / counted,
                      {.label_smoothing = 0.1, .filter = 1e-300});
    REQUIRE(distance(none.dweight, exact.dweight) < 1e-12);
  }
}

TEST_CASE("large logits neither overflow nor vanish in the fused head") {
  Tensor x = tensor({{300.0}, {-300.0}}), weight = arange(0, 2000, 1, float32).reshape({2000, 1}) * 0.01;
  Tensor targets = tensor({1999, 5});
  Tensor fused = linear_cross_entropy_sum(x, weight, {}, targets),
         composed = linear_cross_entropy_sum_composed(x, weight, {}, targets);
  REQUIRE(std::isfinite(fused.item<double>()));
  // Terms are as large as the logits: 300 * 20.
  REQUIRE(std::abs(fused.item<double>() - composed.item<double>()) < 1e-5 * 6000);
}

TEST_CASE("the fused head with nothing to count, frozen inputs, and no rows") {
  Tensor x = randn({3, 4}).requires_grad_(), weight = randn({9, 4}).requires_grad_();
  Tensor ignored = full({3}, -100, int64);
  Tensor loss = linear_cross_entropy_sum(x, weight, {}, ignored);
  REQUIRE(loss.item<float>() == 0);
  loss.backward();
  REQUIRE(equal(x.grad(), zeros({3, 4})));
  REQUIRE(equal(weight.grad(), zeros({9, 4})));
  Tensor frozen = linear_cross_entropy_sum(x, weight.detach(), {}, tensor({1, 2, 3}));
  frozen.backward();
  REQUIRE(x.has_grad());
  Tensor none = linear_cross_entropy_sum(zeros({0, 4}).requires_grad_(), weight, {}, zeros({0}, int64));
  weight.zero_grad();
  none.backward();
  REQUIRE(equal(weight.grad(), zeros({9, 4})));
}

TEST_CASE("the fused head gives the same bits for any number of threads") {
  manual_seed(6);
  int before = num_threads();
  for (int64_t rows : {40, 700}) {
    Tensor x = randn({rows, 16}), weight = randn({5000, 16}), targets = some_targets(rows, 5000);
    for (const CrossEntropyOptions& options :
         {CrossEntropyOptions{},
          CrossEntropyOptions{
              .label_smoothing = 0.1, .class_weight = rand({5000}), .z_loss = 1e-3, .filter = 0x1p-12}}) {
      set_num_threads(1);
      Result expected = run(linear_cross_entropy_sum, x, weight, {}, targets, 1, options);
      for (int threads : {2, 3, 8}) {
        set_num_threads(threads);
        Result got = run(linear_cross_entropy_sum, x, weight, {}, targets, 1, options);
        REQUIRE(equal(got.loss, expected.loss));
        REQUIRE(equal(got.dx, expected.dx));
        REQUIRE(equal(got.dweight, expected.dweight));
      }
    }
  }
  set_num_threads(before);
}

TEST_CASE(
    "the fused head never holds all logits, with every option: its memory does not grow with the batch") {
  const int64_t classes = 4000, dim = 8;
  Tensor weight = (0.05 * randn({classes, dim})).requires_grad_();
  auto peak = [&](int64_t rows, const CrossEntropyOptions& options) {
    Tensor x = randn({rows, dim}).requires_grad_(), targets = some_targets(rows, classes);
    if (options.ignore_index >= 0) targets = where(eq(targets, -100), options.ignore_index, targets);
    int64_t before = memory_stats().live_bytes;
    reset_peak_memory();
    linear_cross_entropy_sum(x, weight, {}, targets, options).backward();
    weight.zero_grad();
    return memory_stats().peak_bytes - before;
  };
  for (const CrossEntropyOptions& options :
       {CrossEntropyOptions{}, CrossEntropyOptions{.ignore_index = 5},
        CrossEntropyOptions{.label_smoothing = 0.1}, CrossEntropyOptions{.class_weight = rand({classes})},
        CrossEntropyOptions{.z_loss = 1e-3}, CrossEntropyOptions{.filter = 0x1p-12},
        CrossEntropyOptions{.filter = 0.9},
        CrossEntropyOptions{.ignore_index = 5,
        .label_smoothing = 0.1,
        .class_weight = rand({classes}),
        .z_loss = 1e-3,
        .filter = 0x1p-12}}) {
    INFO("smoothing " << options.label_smoothing << ", z " << options.z_loss << ", filter "
                      << options.filter);
    int64_t small = peak(1024, options), large = peak(8192, options);
    REQUIRE(large < 8192 * classes * 4 / 8);
    // What grows is of the rows alone: x's gradient, the targets, the numbers of a row.
    REQUIRE(large - small < (8192 - 1024) * (4 * dim * 2 + 64));
  }
}

TEST_CASE("the last walk hands the head's gradients on, a walk that keeps the graph copies them") {
  manual_seed(3);
  Tensor x = randn({20, 64}), weight = randn({1000, 64}).requires_grad_();
  int64_t size = weight.numel() * 4;
  auto loss = [&] { return linear_cross_entropy_sum(x, weight, {}, arange(20)); };
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
