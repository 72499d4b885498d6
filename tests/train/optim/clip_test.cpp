// Gradient norms and clipping, of dense and row gradients.
#include "lexigrad/train/optim/clip.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/data/datasets/tensor_dataset.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {
struct Pair {
  Tensor table = zeros({5, 2}, float64).requires_grad_(), weight = zeros({2}, float64).requires_grad_(),
         unused = zeros({3}, float64).requires_grad_();
  std::vector<nn::ParameterRef> all{table, weight, unused};
  // Norm 13: 3, 4 in the rows, 12 in the weight.
  Pair() {
    table.set_grad(RowGrad(tensor({1, 4}), tensor({{3.0, 0.0}, {0.0, 4.0}}, float64), 5));
    weight.set_grad(tensor({0.0, -12.0}, float64));
  }
};
}  // namespace

TEST_CASE("the norm is that of all gradients as one vector", "[optim]") {
  Pair p;
  REQUIRE(optim::grad_norm(p.all) == 13);
  REQUIRE(optim::grad_norm({p.unused}) == 0);
}

TEST_CASE("gradients are scaled down to the norm asked for, never up, and rows stay rows", "[optim]") {
  Pair p;
  REQUIRE(optim::clip_grad_norm_(p.all, 20) == 13);
  REQUIRE(equal(p.weight.grad(), tensor({0.0, -12.0}, float64)));
  REQUIRE(optim::clip_grad_norm_(p.all, 6.5) == 13);
  double factor = 6.5 / (13 + 1e-6);  // as torch.nn.utils.clip_grad_norm_
  REQUIRE(equal(p.weight.grad(), tensor({0.0, -12.0 * factor}, float64)));
  REQUIRE(p.table.row_grad() != nullptr);
  REQUIRE(equal(p.table.row_grad()->values(), tensor({{3 * factor, 0.0}, {0.0, 4 * factor}}, float64)));
  REQUIRE_FALSE(p.unused.has_grad());
}

TEST_CASE("a norm that is not finite leaves the gradients, and a bound that is none is refused", "[optim]") {
  Pair p;
  p.weight.set_grad(tensor({static_cast<double>(INFINITY), 1.0}, float64));
  REQUIRE(std::isinf(optim::clip_grad_norm_(p.all, 1)));
  REQUIRE(p.weight.grad()[1].item<double>() == 1);
  for (double bound : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    REQUIRE(message_of([&] {
              optim::clip_grad_norm_(p.all, bound);
            }).find("[clip_grad_norm_] max_norm is ") == 0);
}

namespace {

double clamped(double value, double bound) {
  return value < -bound ? -bound : value > bound ? bound : value;  // NaN stays
}

// The gradient of a table some of whose rows are looked up again and again: by rows, or by a product.
nn::ParameterRef looked_up(bool rows, Dtype dtype) {
  Tensor table = pattern(3, 1, {6, 4}, 11, dtype).requires_grad_();
  Tensor ids = tensor({4, 1, 1, 4, 1, 5}), dy = pattern(5, 2, {6, 4}, 13, dtype);
  Tensor y = rows ? embedding(table, ids) : matmul(one_hot(ids, 6).to(dtype), table);
  sum(y * dy).backward();
  return {table, "table"};
}

}  // namespace

TEST_CASE("elements are clamped as PyTorch's formula says, and rows stay rows", "[optim]") {
  for (double bound : {0.3, 3.5, 20.0}) {
    Pair p;
    optim::clip_grad_value_(p.all, bound);
    REQUIRE(equal(p.weight.grad(), tensor({0.0, clamped(-12, bound)}, float64)));
    REQUIRE(p.table.row_grad() != nullptr);
    REQUIRE(equal(p.table.row_grad()->indices(), tensor({1, 4})));
    REQUIRE(equal(p.table.row_grad()->values(),
                  tensor({{clamped(3, bound), 0.0}, {0.0, clamped(4, bound)}}, float64)));
    REQUIRE_FALSE(p.unused.has_grad());
  }
  Pair p;
  p.weight.set_grad(tensor({static_cast<double>(NAN), -static_cast<double>(INFINITY)}, float64));
  optim::clip_grad_value_(p.all, 2);
  REQUIRE(std::isnan(p.weight.grad()[0].item<double>()));
  REQUIRE(p.weight.grad()[1].item<double>() == -2);
  for (double bound : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    REQUIRE(message_of([&] {
              optim::clip_grad_value_(p.all, bound);
            }).find("[clip_grad_value_] clip_value is ") == 0);
}

TEST_CASE("of a row that is looked up again and again the sum is clamped, as in the dense gradient",
          "[optim]") {
  for (Dtype dtype : {float64, float32})
    for (const Config& config : configs()) {
      nn::ParameterRef rows = looked_up(true, dtype), dense = looked_up(false, dtype);
      std::vector<double> expected = dense.grad().to_vector<double>();
      double bound = 0.4 * largest(dense.grad());
      optim::clip_grad_value_({rows}, bound);
      optim::clip_grad_value_({dense}, bound);
      REQUIRE(rows.row_grad()->count() == 3);
      REQUIRE(dense.row_grad() == nullptr);
      int clipped = 0;
      for (double& g : expected) clipped += std::abs(g) > bound ? 1 : 0, g = clamped(g, bound);
      REQUIRE(clipped >= 3);
      Tensor formula = from_values<double>(expected, {6, 4});
      double tolerance = dtype == float64 ? 1e-12 : 1e-6;
      REQUIRE(distance(dense.grad(), formula) < tolerance);
      REQUIRE(distance(rows.row_grad()->dense(), formula) < tolerance);
      config.make({rows}, optim::Rows::dense)->step();
      config.make({dense}, optim::Rows::dense)->step();
      INFO(config.name << " " << name(dtype));
      REQUIRE(distance(rows, dense) < tolerance);
    }
}

TEST_CASE("the trainer clamps elements before it clips their norm", "[optim]") {
  Tensor w = zeros({2}, float64).requires_grad_(), factors = tensor({30.0, -0.5}, float64);
  data::DataLoader<data::TensorDataset<1>> loader{data::TensorDataset(arange(4)), {.batch_size = 2}};
  optim::SGD sgd({w}, {.lr = 1});
  auto loss = [&](const std::array<Tensor, 1>&) { return nn::Loss{sum(w * factors), 1}; };
  train::Trainer(loss, sgd, loader, {.clip_value = 2, .clip_norm = 1}).step();
  double factor = 1 / (std::hypot(2.0, 0.5) + 1e-6);
  REQUIRE(distance(w, tensor({-2 * factor, 0.5 * factor}, float64)) < 1e-15);
  for (double bound : {-1.0, static_cast<double>(NAN)})
    REQUIRE(message_of([&] {
              train::Trainer(loss, sgd, loader, {.clip_value = bound});
            }).find("[train] clip_value is ") == 0);
}

TEST_CASE("rows of a gradient are scaled down to a norm each, the same as row and as dense gradients",
          "[optim]") {
  const Tensor values = tensor({{3.0, 4.0}, {0.3, 0.4}, {0.0, 0.0}, {NAN, 1.0}, {-30.0, 40.0}}, float64);
  Tensor rows = zeros({7, 2}, float64).requires_grad_(), dense = zeros({5, 2}, float64).requires_grad_(),
         bias = zeros({2}, float64).requires_grad_(), scalar = zeros({}, float64).requires_grad_();
  rows.set_grad(RowGrad(tensor({0, 1, 3, 4, 6}), values.clone(), 7));
  dense.set_grad(values.clone());
  bias.set_grad(tensor({3.0, -0.5}, float64));
  scalar.set_grad(tensor(9.0, float64));
  optim::clip_grad_rows_({rows, dense, bias, scalar}, 1);
  const std::vector<double> expected{0.6, 0.8, 0.3, 0.4, 0, 0, NAN, 1, -0.6, 0.8};
  for (const Tensor& clipped : {rows.row_grad()->values(), dense.grad()})
    for (int64_t i = 0; i < 10; ++i) {
      double got = clipped.data<double>()[i], wanted = expected[static_cast<size_t>(i)];
      CHECK((std::isnan(wanted) ? std::isnan(got) : std::abs(got - wanted) < 1e-15));
    }
  CHECK(equal(bias.grad(), tensor({1.0, -0.5}, float64)));
  CHECK(scalar.grad().item<double>() == 9);
  for (double bound : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    REQUIRE(message_of([&] {
              optim::clip_grad_rows_({rows}, bound);
            }).find("[clip_grad_rows_] max_norm is ") == 0);
}

TEST_CASE("the trainer clips rows between elements and the norm of all, and takes sums where it is asked to",
          "[optim]") {
  data::DataLoader<data::TensorDataset<1>> loader{data::TensorDataset(arange(8)), {.batch_size = 2}};
  const Tensor factors = tensor({{6.0, 8.0}, {0.5, 0.0}}, float64);
  auto moved = [&](const train::TrainerOptions& options) {
    Tensor w = zeros({2, 2}, float64).requires_grad_();
    optim::SGD sgd({w}, {.lr = 1});
    auto loss = [&](const std::array<Tensor, 1>&) { return nn::Loss{sum(w * factors), 4}; };
    train::Trainer trainer(loss, sgd, loader, options);
    trainer.step();
    CHECK(trainer.tally().weight == 4 * static_cast<double>(options.accumulate));
    return w.detach();
  };
  auto near = [](const Tensor& a, const Tensor& b) { return distance(a, b) < 1e-14; };
  CHECK(near(moved({}), factors / -4));
  CHECK(near(moved({.sum_gradients = true}), -factors));
  CHECK(near(moved({.accumulate = 2, .sum_gradients = true}), factors * -2));
  CHECK(near(moved({.sum_gradients = true, .clip_row = 5}), tensor({{-3.0, -4.0}, {-0.5, 0.0}}, float64)));
  CHECK(near(moved({.sum_gradients = true, .clip_value = 6, .clip_row = std::hypot(3.0, 3.0)}),
             tensor({{-3.0, -3.0}, {-0.5, 0.0}}, float64)));
  const double all = std::hypot(5.0, 0.5), factor = 1 / (all + 1e-6);
  CHECK(near(moved({.sum_gradients = true, .clip_row = 5, .clip_norm = 1}),
             tensor({{-3.0, -4.0}, {-0.5, 0.0}}, float64) * factor));
  CHECK(message_of([&] { moved({.clip_row = -1}); }).find("[train] clip_row is -1") == 0);
}

TEST_CASE("parameters left out of the decay by name move as without it", "[optim]") {
  auto stepped = [](double decay, std::vector<std::string> no_decay) {
    std::vector<nn::ParameterRef> parameters{{ones({2}, float64).requires_grad_(), "block.0.bias"},
                                             {ones({2}, float64).requires_grad_(), "block.0.weight"}};
    for (const auto& p : parameters) p.set_grad(ones({2}, float64));
    optim::AdamW optimizer(parameters, {.weight_decay = decay, .no_decay = std::move(no_decay)});
    optimizer.step();
    return std::vector<double>{parameters[0][0].item<double>(), parameters[1][0].item<double>()};
  };
  double plain = stepped(0, {})[0], decayed = stepped(0.5, {})[0];
  REQUIRE(decayed < plain);
  for (std::string pattern : {"*.bias", "block.0.bias", "block.*bias", "*b*l*ia*"})
    REQUIRE(stepped(0.5, {pattern}) == std::vector<double>{plain, decayed});
  REQUIRE(stepped(0.5, {"*"}) == std::vector<double>{plain, plain});
  REQUIRE(message_of([&] {
            stepped(0.5, {"*.bias", "norm*"});
          }) ==
          "[adamw] no_decay \"norm*\" is the name of no parameter. Hint: * stands for any letters, "
          "\"block.0.bias\" is a name");
}
