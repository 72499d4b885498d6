#include "lexigrad/train/loop/trainer.h"

#include <cmath>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/loop/evaluate.h"
#include "lexigrad/train/loop/not_finite.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/sgd.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t vocabulary = 11, dim = 5, context = 4;

std::vector<int64_t> some_tokens(int64_t count, uint64_t seed = 5) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < count; ++i)
    ids.push_back(static_cast<int64_t>(CounterRng(seed).below(vocabulary, 0, static_cast<uint64_t>(i))));
  return ids;
}

data::DataLoader<data::NextTokenDataset> some_loader(int64_t tokens, int64_t batch, bool shuffle = true) {
  return {data::NextTokenDataset(some_tokens(tokens), {.max_length = context}),
          {.batch_size = batch, .shuffle = shuffle, .seed = 4}};
}

nn::NextTokenModel some_model(Dtype dtype = float32) {
  manual_seed(2);
  nn::NextTokenModel model({.vocabulary = vocabulary, .dim = dim, .max_length = context});
  if (dtype == float64) model.to(float64);
  return model;
}

LossFunction loss_of(const nn::NextTokenModel& model) {
  return [&model](const Tensor& x, const Tensor& y) { return model.loss(x, y); };
}

// log(sum exp z) - z[target], summed over a batch: the model in plain loops, in double.
double plain_loss(const nn::NextTokenModel& model, const Tensor& inputs, const Tensor& targets) {
  auto table = model.token().weight().to_vector<double>(),
       place = model.position().parameters()[0].to_vector<double>();
  auto head = model.head().weight().to_vector<double>(), bias = model.head().bias().to_vector<double>();
  auto ids = inputs.to_vector<int64_t>(), next = targets.to_vector<int64_t>();
  double sum = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    double total = 0, wanted = 0;
    for (size_t v = 0; v < vocabulary; ++v) {
      double z = bias[v];
      for (size_t c = 0; c < dim; ++c)
        z +=
            (table[static_cast<size_t>(ids[i]) * dim + c] + place[i % context * dim + c]) * head[v * dim + c];
      total += std::exp(z);
      if (static_cast<int64_t>(v) == next[i]) wanted = z;
    }
    sum += std::log(total) - wanted;
  }
  return sum;
}

std::vector<std::vector<double>> values_of(const std::vector<nn::ParameterRef>& parameters) {
  std::vector<std::vector<double>> out;
  for (const Tensor& p : parameters) out.push_back(p.to_vector<double>());
  return out;
}

// A loss that needs no batch: its tensors make what the tests look for.
struct Toy {
  data::DataLoader<data::NextTokenDataset> loader = some_loader(60, 2);
  Tensor a = full({3}, 2.0).requires_grad_(), b = full({2, 2}, 1.0).requires_grad_();
  std::vector<nn::ParameterRef> parameters{{a, "a"}, {b, "b"}};
  optim::SGD sgd{parameters, {.lr = 0.1}};
  Trainer trainer(const LossFunction& loss) { return {loss, sgd, loader}; }
};

}  // namespace

TEST_CASE("the tally is the sum of the losses of all tokens, whatever the sizes of the batches",
          "[trainer]") {
  nn::NextTokenModel model = some_model();
  data::DataLoader loader = some_loader(4 * 7 + 1, 3),
                   same = some_loader(4 * 7 + 1, 3);  // 7 windows: batches of 3, 3, 1
  optim::SGD still(model.parameters(), {.lr = 0});
  Trainer trainer(loss_of(model), still, loader);
  double expected = 0;
  for (auto [x, y] : same) {
    trainer.step();
    expected += plain_loss(model, x, y);
  }
  CHECK(trainer.tally().weight == 7 * context);
  CHECK(trainer.tally().sum == Approx(expected).epsilon(1e-6));
  CHECK(trainer.take_tally().mean() == Approx(expected / (7 * context)).epsilon(1e-6));
  CHECK(trainer.tally().weight == 0);
  CHECK(trainer.position().tokens == 7 * context);
}

TEST_CASE("evaluate is the mean over all tokens and leaves no gradient", "[trainer]") {
  nn::NextTokenModel model = some_model(float64);
  data::DataLoader loader = some_loader(4 * 7 + 1, 3, false), same = some_loader(4 * 7 + 1, 3, false);
  double expected = 0;
  for (auto [x, y] : same) expected += plain_loss(model, x, y);
  bool recorded = false;
  LossFunction watched = [&](const Tensor& x, const Tensor& y) {
    nn::Loss loss = model.loss(x, y);
    recorded |= loss.sum.requires_grad();
    return loss;
  };
  CHECK(evaluate(watched, loader) == Approx(expected / (7 * context)).epsilon(1e-13));
  CHECK_FALSE(recorded);
  CHECK_FALSE(model.token().weight().has_grad());
}

TEST_CASE("accumulated gradients equal those of the big batch", "[trainer]") {
  for (Dtype dtype : {float32, float64}) {
    nn::NextTokenModel model = some_model(dtype);
    data::NextTokenDataset windows(some_tokens(8 * context + 1), {.max_length = context});
    auto part = [&](std::vector<int64_t> ids) {
      auto [x, y] = windows.gather(ids);
      return model.loss(x, y);
    };
    auto gradients = [&](const nn::Loss& loss) {
      for (Tensor p : model.parameters()) p.zero_grad();
      loss.backward();
      std::vector<std::vector<double>> out;
      for (const Tensor& p : model.parameters())
        out.push_back((p.row_grad() ? p.row_grad()->dense() : p.grad()).to_vector<double>());
      return out;
    };
    auto big = gradients(part({0, 1, 2, 3, 4, 5, 6, 7})),
         parts = gradients(part({0, 1, 2}) + part({3, 4, 5, 6, 7}));
    double tolerance = dtype == float32 ? 1e-6 : 1e-12;
    for (size_t i = 0; i < big.size(); ++i) {
      double scale = 0;
      for (double g : big[i]) scale = std::max(scale, std::abs(g));
      REQUIRE(scale > 0);
      for (size_t j = 0; j < big[i].size(); ++j)
        CHECK(std::abs(big[i][j] - parts[i][j]) <= tolerance * scale);
    }
  }
}

TEST_CASE("the audit of a model that trains is clean, and the step is a step", "[trainer]") {
  nn::NextTokenModel model = some_model(), twin = some_model();
  data::DataLoader loader = some_loader(60, 3), same = some_loader(60, 3);
  optim::Adam adam(model.parameters()), other(twin.parameters());
  Trainer audited(loss_of(model), adam, loader), plain(loss_of(twin), other, same);
  Audit audit = audited.audited_step();
  plain.step();
  CHECK(audit.clean());
  CHECK(to_string(audit).empty());
  CHECK(values_of(model.parameters()) == values_of(twin.parameters()));
}

TEST_CASE("what a matrix of zeros hides is not unchanged by fault", "[trainer]") {
  for (bool hidden : {true, false}) {
    const Tensor a = ones({3, 2}).requires_grad_(),
                 b = (hidden ? zeros({2, 3}) : ones({2, 3})).requires_grad_();
    optim::SGD sgd(std::vector<nn::ParameterRef>{{a, "a"}, {b, "b"}}, {.lr = 0.1});
    auto loader = some_loader(40, 4);
    auto loss = [&](const Tensor&, const Tensor&) {
      const Tensor product = matmul(a, b);
      return nn::Loss{sum(hidden ? product : product * 0.0), 1};
    };
    CHECK(Trainer(LossFunction(loss), sgd, loader).audited_step().clean() == hidden);
  }
  // What has a gradient was not hidden: here one that is lost in rounding.
  const Tensor a = ones({3, 2}).requires_grad_(), b = zeros({2, 3}).requires_grad_(),
               c = full({2}, 1e9).requires_grad_();
  optim::SGD sgd(std::vector<nn::ParameterRef>{{a, "a"}, {b, "b"}, {c, "c"}}, {.lr = 0.1});
  auto loader = some_loader(40, 4);
  auto loss = [&](const Tensor&, const Tensor&) { return nn::Loss{sum(matmul(a, b)) + sum(c), 1}; };
  CHECK(Trainer(LossFunction(loss), sgd, loader).audited_step().unchanged == std::vector<std::string>{"c"});
}

TEST_CASE("the audit names parameters without gradient, unchanged and unregistered", "[trainer]") {
  Toy toy;
  auto audit_of = [&](const LossFunction& loss) { return toy.trainer(loss).audited_step(); };
  Audit unused = audit_of([&](auto&...) { return nn::Loss{sum(toy.a * toy.a), 1}; });
  CHECK(unused.without_gradient == std::vector<std::string>{"b"});
  CHECK((unused.unchanged.empty() && unused.unregistered.empty()));

  Audit constant = audit_of([&](auto&...) { return nn::Loss{sum(toy.a * toy.a) + sum(toy.b * 0.0), 1}; });
  CHECK(constant.unchanged == std::vector<std::string>{"b"});
  CHECK((constant.without_gradient.empty() && constant.unregistered.empty()));

  Tensor stray = full({4, 7}, 1.0).requires_grad_();
  Audit forgotten = audit_of([&](auto&...) { return nn::Loss{sum(toy.a) + sum(toy.b) + sum(stray), 1}; });
  REQUIRE(forgotten.unregistered.size() == 1);
  CHECK_THAT(forgotten.unregistered[0], Contains("[4, 7]") || Contains("(4, 7)"));
  CHECK((forgotten.without_gradient.empty() && forgotten.unchanged.empty()));

  Tensor(toy.b).requires_grad_(false);  // frozen on purpose
  CHECK(audit_of([&](auto&...) { return nn::Loss{sum(toy.a), 1}; }).clean());
  std::string line = to_string(Audit{{"x", "y"}, {"z"}, {"a tensor of shape (1)"}});
  for (const char* part : {"x, y", "z", "a tensor of shape (1)", "Hint: "}) CHECK_THAT(line, Contains(part));
}

TEST_CASE("a loss that is not finite names its step and changes no parameter", "[trainer]") {
  for (double bad : {std::nan(""), HUGE_VAL}) {
    Toy toy;
    int64_t calls = 0;
    Trainer trainer = toy.trainer([&](auto&...) {
      return nn::Loss{sum(toy.a * toy.a) * (++calls == 3 || calls == 4 ? bad : 1.0), 1};
    });
    trainer.step();
    trainer.step();
    auto before = values_of(toy.parameters);
    CHECK_THROWS_WITH(trainer.step(),
                      Contains("at step 3; every parameter is finite. mul at step 3 passed on") &&
                          Contains("input 1 was float32 []"));
    CHECK(values_of(toy.parameters) == before);
    CHECK(trainer.position().step == 2);
    CHECK(trainer.tally().weight == 2);
    trainer.step();  // the next loss is finite again
    CHECK(trainer.position().step == 3);
  }
  Toy toy;
  Trainer trainer = toy.trainer([&](auto&...) { return nn::Loss{sum(toy.a) + sum(toy.b), 1}; });
  CHECK(not_finite(toy.sgd).empty());
  toy.b.data<float>()[3] = HUGE_VALF;
  CHECK(not_finite(toy.sgd) == "b");
  CHECK_THROWS_WITH(trainer.step(),
                    Contains("at step 1; parameters that are not finite: b. sum at step 1 passed on inf"));
}

TEST_CASE("checked steps stop before a value that is not finite reaches the loss or a gradient",
          "[trainer]") {
  Toy toy;
  auto& loader = toy.loader;
  int64_t calls = 0;
  LossFunction loss = [&](auto&...) {
    Tensor x = toy.a * (++calls == 2 ? 0.0 : 1.0);
    return nn::Loss{sum(log(x * x + (calls == 2 ? 1e-45 : 1.0))), 1};
  };
  Trainer trainer(loss, toy.sgd, loader, {.check_numerics = true});
  trainer.step();
  auto before = values_of(toy.parameters);
  CHECK_THROWS_WITH(trainer.step(), Contains("The gradient rule of log at step 2 made inf"));
  CHECK(values_of(toy.parameters) == before);
  CHECK(trainer.position().step == 1);
}

TEST_CASE("each epoch passes every window once, and a restored position goes on with the same batches",
          "[trainer]") {
  auto record_from = [](const Position& start, int64_t steps, Position* end = nullptr) {
    Toy toy;
    toy.loader = some_loader(4 * 7 + 1, 3);
    std::vector<std::vector<int64_t>> batches;
    Trainer trainer = toy.trainer([&](const Tensor& x, const Tensor&) {
      batches.push_back(x.to_vector<int64_t>());
      return nn::Loss{sum(toy.a) + sum(toy.b), x.numel()};
    });
    trainer.restore(start, {});
    for (int64_t i = 0; i < steps; ++i) trainer.step();
    if (end) *end = trainer.position();
    return batches;
  };
  Position end;
  auto all = record_from({}, 7, &end);
  CHECK((end.step == 7 && end.epoch == 2 && end.batch == 1));
  CHECK(end.tokens == (2 * 7 + 3) * context);
  std::multiset<std::vector<int64_t>> epochs[2];
  for (size_t i = 0; i < 6; ++i)
    for (size_t w = 0; w < all[i].size(); w += context)
      epochs[i / 3].insert({all[i].begin() + w, all[i].begin() + w + context});
  CHECK(epochs[0].size() == 7);
  CHECK(epochs[0] == epochs[1]);
  CHECK(std::vector(all.begin(), all.begin() + 3) !=
        std::vector(all.begin() + 3, all.begin() + 6));  // another order
  for (int64_t cut = 1; cut < 7; ++cut) {
    Position there;
    record_from({}, cut, &there);
    CHECK(record_from(there, 7 - cut) == std::vector(all.begin() + cut, all.end()));
  }
}
