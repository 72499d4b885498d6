// A step whose loss or gradient is not finite is not made, and says which batch is at fault.
#include "lexigrad/train/loop/not_finite.h"

#include <cmath>
#include <numeric>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/train/loop/trainer.h"
#include "lexigrad/train/optim/methods/adam.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

// Twelve batches of one window in an epoch; the loss of the window of token `bad` is finite, its gradient is not.
struct Toy {
  std::vector<int64_t> ids;
  int64_t bad;
  data::DataLoader<data::NextTokenDataset> loader;
  Tensor a = full({3}, 2.0).requires_grad_(), table = full({13, 2}, 1.0).requires_grad_();
  std::vector<nn::ParameterRef> parameters{{a, "a"}, {table, "table"}};
  optim::Adam adam{parameters, {.lr = 0.1}};

  explicit Toy(int64_t bad = 5) : ids(13), bad(bad), loader(windows(ids), {.batch_size = 1}) {}
  Trainer trainer(TrainerOptions options = {}) {
    LossFunction loss = [this](const Tensor& x, const Tensor&) {
      bool now = x.item<int64_t>() == bad;
      Tensor y = a * (now ? 0.0 : 1.0);
      return nn::Loss{sum(log(y * y + (now ? 1e-45 : 1.0))) + sum(embedding(table, x)), 1};
    };
    return {loss, adam, loader, std::move(options)};
  }
  static data::NextTokenDataset windows(std::vector<int64_t>& ids) {
    std::iota(ids.begin(), ids.end(), int64_t{0});
    return data::NextTokenDataset(ids, {.max_length = 1});
  }
  std::vector<std::vector<double>> values() const {
    std::vector<std::vector<double>> out = {a.to_vector<double>(), table.to_vector<double>()};
    for (const auto& [name, tensor] : adam.state()) out.push_back(tensor.to(float64).to_vector<double>());
    return out;
  }
};

}  // namespace

TEST_CASE("a gradient that is not finite never reaches the weights, clipped or not", "[not finite]") {
  for (double clip_value : {0.0, 1.0})
    for (double clip_norm : {0.0, 1.0}) {
      Toy toy;
      Trainer trainer = toy.trainer({.clip_value = clip_value, .clip_norm = clip_norm});
      for (int i = 0; i < 5; ++i) trainer.step();
      CHECK(std::isfinite(trainer.gradient_norm()));
      auto before = toy.values();
      Tally tally = trainer.tally();
      for (int again = 0; again < 2; ++again) {
        CHECK_THROWS_WITH(trainer.step(),
                          Contains("The gradient is not finite at step 6: that of a; every "
                                   "parameter is finite. The gradient rule of log at step 6 made inf"));
        CHECK(toy.values() == before);
        CHECK((trainer.position().step == 5 && trainer.position().batch == 5 &&
               trainer.position().tokens == 5));
        CHECK((trainer.tally().sum == tally.sum && trainer.tally().weight == tally.weight));
        CHECK(trainer.last_step().number == 6);
        REQUIRE(trainer.last_step().batches.size() == 1);
        CHECK(trainer.last_step().batches[0].batch == 5);
      }
      toy.bad = -1;
      trainer.step();
      CHECK(trainer.position().step == 6);
      CHECK(toy.values() != before);
    }
}

TEST_CASE("of a step of several batches the one at fault is named, in the epoch where it is",
          "[not finite]") {
  Toy toy(1);
  Trainer trainer = toy.trainer({.accumulate = 5});
  toy.bad = -1;
  trainer.step();
  trainer.step();
  CHECK(trainer.last_step().batches.size() == 5);
  toy.bad = 1;  // batch 1 of epoch 1, the fourth of step 3, which begins at batch 10
  auto before = toy.values();
  CHECK_THROWS_WITH(trainer.step(), Contains("at step 3"));
  CHECK(toy.values() == before);
  CHECK((trainer.position().epoch == 0 && trainer.position().batch == 10));
  REQUIRE(trainer.last_step().batches.size() == 1);
  CHECK((trainer.last_step().batches[0].epoch == 1 && trainer.last_step().batches[0].batch == 1));
}

TEST_CASE("finite gradients whose sum over batches is not are refused, and all batches named",
          "[not finite]") {
  Toy toy;
  LossFunction loss = [&](auto&...) { return nn::Loss{sum(toy.a - full({3}, 2.0)) * 2e38, 1}; };
  Trainer trainer(loss, toy.adam, toy.loader, {.accumulate = 2});
  auto before = toy.values();
  CHECK_THROWS_WITH(trainer.step(), Contains("that of a") && Contains("each op is finite"));
  CHECK(toy.values() == before);
  CHECK(trainer.last_step().batches.size() == 2);
}

TEST_CASE("a gradient whose norm alone overflows is finite, and the step is made", "[not finite]") {
  Tensor w = full({4}, 1.0, float64).requires_grad_();
  Toy toy;
  optim::Adam adam({{w, "w"}, {toy.a, "a"}}, {.lr = 0.1});
  LossFunction loss = [&](auto&...) { return nn::Loss{sum(w) * 1e300 * 1e-3 + sum(toy.a).to(float64), 1}; };
  Trainer trainer(loss, adam, toy.loader);
  trainer.step();
  CHECK(trainer.position().step == 1);
}
