// The finder of learning rates on a loss whose values are a formula.
#include "lexigrad/train/loop/rate_finder.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "support/throws.h"

using namespace lexigrad;
using namespace lexigrad::train;

namespace {

// |w|^2 / 2, plus a level: a step of SGD at rate r makes w (1 - r).
struct Bowl {
  struct Bowls final : Feed {
    const Bowl& bowl;
    explicit Bowls(const Bowl& made) : bowl(made) {}
    void seek(int64_t, int64_t) override {}
    bool done() const override { return false; }
    void advance() override {}
    nn::Loss loss() const override {
      const Tensor& w = bowl.model.weight();
      return {.sum = sum(w * w) * 0.5 + 0.01, .count = 1};
    }
  };
  nn::Linear model = (manual_seed(1), nn::Linear(8, 8, {.bias = false}));
  optim::SGD sgd;
  Trainer trainer;

  explicit Bowl(double lr = 0.3)
      : sgd((model.to(float64), model.parameters()), {.lr = lr}),
        trainer(std::make_unique<Bowls>(*this), sgd) {}
};

}  // namespace

TEST_CASE("losses at growing rates are those of the formula, whatever the rate of the optimizer",
          "[find_lr]") {
  for (double lr : {0.3, 5.0}) {
    Bowl bowl(lr);
    const double bottom = 0.01;
    auto w = bowl.model.weight().to_vector<double>();
    double half = 0, mean = 0, weight = 0;
    for (double each : w) half += each * each / 2;
    RateCurve curve = find_rates(bowl.trainer, {.lowest = 1e-3, .highest = 1e3, .steps = 60});
    for (size_t i = 0; i < curve.rates.size(); ++i) {
      double rate = 1e-3 * std::pow(1e6, static_cast<double>(i) / 59), loss = half + bottom;
      mean = 0.9 * mean + 0.1 * loss;
      weight = 0.9 * weight + 0.1;
      CHECK(curve.rates[i] == Approx(rate));
      CHECK(curve.losses[i] == Approx(loss).epsilon(1e-9));
      CHECK(curve.smoothed[i] == Approx(mean / weight).epsilon(1e-9));
      half *= (1 - rate) * (1 - rate);
    }
    CHECK(curve.falls());
    CHECK(curve.diverged);
    CHECK((curve.rates.back() > 2 && curve.rates.back() < 1e3));
    double at = curve.rates[curve.lowest()], steep = curve.rates[curve.steepest()];
    CHECK((at > 0.5 && at < curve.rates.back()));
    CHECK((steep > 0.01 && steep < at));
    size_t s = curve.steepest();
    for (size_t i = 10; i < curve.lowest(); ++i)
      CHECK(curve.smoothed[i - 1] - curve.smoothed[i + 1] <= curve.smoothed[s - 1] - curve.smoothed[s + 1]);
  }
}

TEST_CASE("rates that are too small to tell are said to be so, and a loss that is no number ends the search",
          "[find_lr]") {
  Bowl bowl, wild;
  CHECK_FALSE(find_rates(bowl.trainer, {.lowest = 1e-9, .highest = 1e-8, .steps = 30}).falls());
  RateCurve curve = find_rates(wild.trainer, {.lowest = 1e-3, .highest = 1e300, .steps = 20});
  CHECK(curve.diverged);
  CHECK(curve.rates.size() < 19);
  for (double loss : curve.losses) CHECK(std::isfinite(loss));
  CHECK(message_of([&] { find_rates(bowl.trainer, {.lowest = 1, .highest = 0.5}); }) ==
        "[find_rates] The rates are from 1 to 0.5 (valid: 0 < lowest < highest)");
  CHECK(message_of([&] { find_rates(bowl.trainer, {.steps = 9}); }) ==
        "[find_rates] steps is 9 (valid: >= 10)");
}
