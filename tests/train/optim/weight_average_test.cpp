// Averages of weights against their closed forms.
#include "lexigrad/train/optim/weight_average.h"

#include <cmath>
#include <stdexcept>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

// A table and a vector whose values of step s are a pattern of their own.
struct Weights {
  nn::ParameterRef table, bias;
  explicit Weights(Dtype dtype)
      : table(zeros({5, 3}, dtype).requires_grad_(), "table"),
        bias(zeros({4}, dtype).requires_grad_(), "bias") {}
  std::vector<nn::ParameterRef> all() const { return {table, bias}; }
  void set(int64_t step) const {
    NoGrad off;
    table.copy_(pattern(3 + step, step, {5, 3}, 17, table.dtype()));
    bias.copy_(pattern(5 + step, 2 * step, {4}, 13, bias.dtype()));
  }
};

constexpr int64_t kSteps = 6;

// sum over steps s of share(s) * the table of step s
Tensor summed(const std::function<double(int64_t)>& share) {
  Tensor out = zeros({5, 3}, float64);
  for (int64_t s = 1; s <= kSteps; ++s) out = out + pattern(3 + s, s, {5, 3}, 17) * share(s);
  return out;
}

}  // namespace

TEST_CASE("an exponential average and a mean are PyTorch's sums over the steps", "[optim]") {
  for (Dtype dtype : {float64, float32}) {
    double tolerance = dtype == float64 ? 1e-14 : 1e-6;
    for (double decay : {0.0, 0.3, 0.99}) {
      Weights w(dtype);
      auto average = optim::WeightAverage::ema(w.all(), decay);
      for (int64_t s = 1; s <= kSteps; ++s) w.set(s), average.update();
      auto share = [&](int64_t s) {  // the first weights are the first average
        return std::pow(decay, kSteps - s) * (s == 1 ? 1 : 1 - decay);
      };
      REQUIRE(average.updates() == kSteps);
      REQUIRE(average.average(0).dtype() == dtype);
      REQUIRE(distance(average.average(0), summed(share)) < tolerance);
    }
    Weights w(dtype);
    auto mean = optim::WeightAverage::mean(w.all());
    for (int64_t s = 1; s <= kSteps; ++s) w.set(s), mean.update();
    REQUIRE(distance(mean.average(0), summed([](int64_t) { return 1.0 / kSteps; })) < tolerance);
  }
}

TEST_CASE("weights hold their averages while AveragedWeights lives, and then their own bits again",
          "[optim]") {
  Weights w(float32);
  auto average = optim::WeightAverage::ema(w.all(), 0.9);
  w.set(1);
  {
    optim::AveragedWeights before_any(average);
    REQUIRE(equal(w.table, pattern(4, 1, {5, 3}, 17, float32)));
  }
  average.update();
  w.set(2);
  average.update();
  Tensor live = w.table.detach().clone(), averaged = average.average(0).clone();
  REQUIRE_FALSE(equal(live, averaged));
  try {
    optim::AveragedWeights held(average);
    REQUIRE(equal(w.table, averaged));
    throw std::runtime_error("stop");
  } catch (const std::runtime_error&) {}
  REQUIRE(equal(w.table, live));
  REQUIRE(equal(average.average(0), averaged));
}

TEST_CASE("an average goes on from its state, and refuses another's", "[optim]") {
  Weights w(float64);
  auto straight = optim::WeightAverage::ema(w.all(), 0.9), stopped = optim::WeightAverage::ema(w.all(), 0.9);
  for (int64_t s = 1; s <= 3; ++s) w.set(s), straight.update(), stopped.update();
  auto resumed = optim::WeightAverage::ema(w.all(), 0.9);
  resumed.load_state(stopped.state());
  for (int64_t s = 4; s <= kSteps; ++s) w.set(s), straight.update(), resumed.update();
  REQUIRE(resumed.updates() == kSteps);
  REQUIRE(equal(resumed.average(0), straight.average(0)));
  REQUIRE(equal(resumed.average(1), straight.average(1)));
  auto table_alone = optim::WeightAverage::mean({w.table});
  REQUIRE(message_of([&] {
            resumed.load_state(table_alone.state());
          }).find("[weight_average] The state has no \"of.bias\"") == 0);
  REQUIRE(message_of([&] {
            table_alone.load_state(resumed.state());
          }).find("[weight_average] The state has 3 tensors, expected 2") == 0);
  Weights single(float32);
  REQUIRE(message_of([&] {
            optim::WeightAverage::mean(single.all()).load_state(resumed.state());
          }).find("[weight_average] \"of.table\" is float64 [5, 3], expected float32 [5, 3]") == 0);
  for (double decay : {-0.1, 1.0, static_cast<double>(NAN)})
    REQUIRE(message_of([&] {
              optim::WeightAverage::ema(w.all(), decay);
            }).find("[weight_average] decay is ") == 0);
}

TEST_CASE("an average has the same bits for any number of threads, and is not of a table that has grown",
          "[optim]") {
  int before = num_threads();
  std::vector<std::vector<float>> seen;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    nn::ParameterRef big(pattern(7, 1, {90, 1000}, 101, float32).requires_grad_(), "big");
    auto average = optim::WeightAverage::ema({big}, 0.999);
    average.update();
    {
      NoGrad off;
      big.mul_(3);
    }
    average.update();
    seen.push_back(average.average(0).to_vector<float>());
  }
  set_num_threads(before);
  REQUIRE((seen[1] == seen[0] && seen[2] == seen[0]));
  Weights w(float32);
  auto average = optim::WeightAverage::mean(w.all());
  w.table.append_rows(zeros({1, 3}));
  REQUIRE(message_of([&] { average.update(); }).find("[weight_average] Parameter \"table\" has grown") == 0);
}
