// The points of schedule-free methods against the paper's formulas, shown, saved and limited. Against the authors'
// package: long_torch_test.cpp.
#include "lexigrad/train/optim/schedule_free.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 6, kDim = 3;

Tensor start(Dtype dtype = float64) { return pattern(31, 7, {kRows, kDim}, 97, dtype).clone(); }

// Of a bowl whose bottom moves; rows 4 and 5 are never read.
void set_gradient(const Tensor& table, int64_t step) {
  table.zero_grad();
  Tensor rows = embedding(table, tensor({step % 4, (step * step + 1) % 4, (3 * step) % 4}));
  sum(square(rows - pattern(37, 5 * step, rows.shape(), 101, table.dtype()))).backward();
}

// A rate that rises, and falls.
double rate(int64_t step) { return 0.05 * (1 + static_cast<double>(step % 7) / 3); }

struct Points {
  std::vector<double> x, y, z, v;
};

// The paper's three sequences, each kept for itself.
void paper_step(Points& at, const std::vector<double>& g, int64_t k, bool adam, double& largest,
                double& sum) {
  constexpr double beta = 0.8, beta2 = 0.95, eps = 1e-3, decay = 0.05, warmup = 5, r = 0.5, power = 1.5;
  double lr = rate(k) * std::fmin(1, static_cast<double>(k) / warmup);
  largest = std::fmax(largest, lr);
  double weight = std::pow(static_cast<double>(k), r) * std::pow(largest, power);
  double c = weight / (sum += weight);
  for (size_t i = 0; i < g.size(); ++i) {
    double way = g[i];
    if (adam) {
      at.v[i] = beta2 * at.v[i] + (1 - beta2) * g[i] * g[i];
      way = g[i] / (std::sqrt(at.v[i] / (1 - std::pow(beta2, static_cast<double>(k)))) + eps);
    }
    at.z[i] -= lr * (way + decay * at.y[i]);
    at.x[i] = (1 - c) * at.x[i] + c * at.z[i];
    at.y[i] = (1 - beta) * at.z[i] + beta * at.x[i];
  }
}

std::unique_ptr<optim::Optimizer> made(bool adam, const nn::ParameterRef& table, Rows rows) {
  if (adam)
    return std::make_unique<optim::ScheduleFreeAdamW>(optim::ParameterGroups({table}),
                                                      optim::ScheduleFreeAdamWOptions{.lr = 0.05,
                                                                                      .betas = {0.8, 0.95},
                                                                                      .eps = 1e-3,
                                                                                      .weight_decay = 0.05,
                                                                                      .warmup_steps = 5,
                                                                                      .r = 0.5,
                                                                                      .weight_lr_power = 1.5,
                                                                                      .rows = rows});
  return std::make_unique<optim::ScheduleFreeSGD>(optim::ParameterGroups({table}),
                                                  optim::ScheduleFreeSGDOptions{.lr = 0.05,
                                                                                .momentum = 0.8,
                                                                                .weight_decay = 0.05,
                                                                                .warmup_steps = 5,
                                                                                .r = 0.5,
                                                                                .weight_lr_power = 1.5,
                                                                                .rows = rows});
}

void step(const Tensor& table, optim::Optimizer& optimizer, int64_t k) {
  set_gradient(table, k);
  optimizer.set_lr(rate(k));
  optimizer.step();
}

}  // namespace

TEST_CASE("parameters are the paper's y and what is shown its x, while rates rise and fall", "[optim]") {
  for (bool adam : {false, true}) {
    Tensor table = start().requires_grad_();
    auto optimizer = made(adam, table, Rows::dense);
    std::vector<double> at = table.detach().to_vector<double>();
    Points points{at, at, at, std::vector<double>(at.size(), 0.0)};
    double largest = 0, sum = 0;
    CHECK(equal(optimizer->caught_up(0), table.detach()));
    for (int64_t k = 1; k <= 60; ++k) {
      step(table, *optimizer, k);
      paper_step(points, table.grad().to_vector<double>(), k, adam, largest, sum);
      REQUIRE(distance(table.detach(), from_values<double>(points.y, table.shape())) <= 1e-12);
      REQUIRE(distance(optimizer->caught_up(0), from_values<double>(points.x, table.shape())) <= 1e-12);
    }
    CHECK(distance(table.detach(), optimizer->caught_up(0)) > 1e-4);
  }
}

TEST_CASE("the average is shown while CaughtUp lives, and then the same bits train on", "[optim]") {
  for (bool adam : {false, true})
    for (Rows rows : {Rows::dense, Rows::lazy, Rows::lazy_exact}) {
      Tensor plain = start(float32).requires_grad_(), shown = start(float32).requires_grad_();
      auto a = made(adam, plain, rows), b = made(adam, shown, rows);
      for (int64_t k = 1; k <= 20; ++k) {
        step(plain, *a, k);
        step(shown, *b, k);
        Tensor x = b->caught_up(0).clone();
        {
          optim::CaughtUp all(*b);
          CHECK(equal(shown.detach(), x));
          CHECK(equal(b->caught_up(0), x));
          CHECK(equal(x, plain.detach()) == (k == 1));  // where all three points are one
          CHECK_THAT(message_of([&] { b->step(); }), Catch::Matchers::Contains("end the life of CaughtUp"));
        }
        REQUIRE(equal(shown.detach(), plain.detach()));
      }
    }
}

TEST_CASE("a state saved beside the average, or beside the weights, goes on with the same bits", "[optim]") {
  for (bool adam : {false, true})
    for (Rows rows : {Rows::dense, Rows::lazy, Rows::lazy_exact})
      for (bool beside_average : {false, true}) {
        Tensor table = start(float32).requires_grad_(), again = start(float32).requires_grad_();
        auto optimizer = made(adam, table, rows), resumed = made(adam, again, rows);
        for (int64_t k = 1; k <= 12; ++k) step(table, *optimizer, k);
        {
          std::optional<optim::CaughtUp> shown;
          if (beside_average) shown.emplace(*optimizer);
          NoGrad off;
          again.copy_(table.detach());
          resumed->load_state(optimizer->state());
        }
        CHECK(equal(again.detach(), table.detach()));
        CHECK(equal(resumed->caught_up(0), optimizer->caught_up(0)));
        for (int64_t k = 13; k <= 30; ++k) {
          step(table, *optimizer, k);
          step(again, *resumed, k);
        }
        CHECK(equal(again.detach(), table.detach()));
        CHECK(equal(resumed->caught_up(0), optimizer->caught_up(0)));
      }
}

TEST_CASE("a table grows between two steps, and its new rows are shown as they are", "[optim]") {
  Tensor table = start().requires_grad_();
  optim::ScheduleFreeAdamW optimizer({nn::ParameterRef(table, "table")});
  for (int64_t k = 1; k <= 3; ++k) step(table, optimizer, k);
  Tensor before = optimizer.caught_up(0).clone();
  optimizer.parameters()[0].append_rows(pattern(3, 1, {2, kDim}, 7));
  Tensor after = optimizer.caught_up(0);
  CHECK(equal(narrow(after, 0, 0, kRows), before));
  CHECK(equal(narrow(after, 0, kRows, 2), pattern(3, 1, {2, kDim}, 7)));
}

TEST_CASE("what is shown holds max_norm, too", "[optim]") {
  nn::Embedding table = nn::Embedding::from_pretrained(start(), {.freeze = false, .max_norm = 0.3});
  optim::ScheduleFreeSGD optimizer(table.parameters(), {.lr = 0.5, .momentum = 0.5});
  bool limited = false;
  for (int64_t k = 1; k <= 20; ++k) {
    set_gradient(table.weight(), k);
    optimizer.step();
    if (k < 5) continue;  // until all rows have been read
    Tensor x = optimizer.caught_up(0);
    for (int64_t row = 0; row < 4; ++row) {
      double norm = lexigrad::norm(x[row]).item<double>();
      CHECK(norm <= 0.3 + 1e-6);
      limited |= norm > 0.2999;
    }
  }
  CHECK(limited);
}

TEST_CASE("options of schedule-free methods are refused with what is valid", "[optim]") {
  Tensor w = ones({2}, float64).requires_grad_();
  for (double beta : {0.0, 1.0, -0.1, std::nan("")}) {
    CHECK_THAT(message_of([&] { optim::ScheduleFreeSGD({w}, {.momentum = beta}); }),
               Catch::Matchers::Contains("(valid: above 0, below 1)"));
    CHECK_THAT(message_of([&] {
                 optim::ScheduleFreeAdamW({w}, {.betas = {beta, 0.9}});
               }),
               Catch::Matchers::Contains("(valid: above 0, below 1)"));
  }
  CHECK_THAT(message_of([&] { optim::ScheduleFreeSGD({w}, {.warmup_steps = -1}); }),
             Catch::Matchers::Contains("warmup_steps is -1 (valid: 0 and more)"));
  CHECK_THAT(message_of([&] { optim::ScheduleFreeAdamW({w}, {.r = -1}); }),
             Catch::Matchers::Contains("r is -1"));
  CHECK_THAT(message_of([&] {
               optim::ScheduleFreeAdamW({w}, {.betas = {0.9, 1}});
             }),
             Catch::Matchers::Contains("betas[1]"));
}
