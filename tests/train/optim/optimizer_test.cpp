// Options, messages, saved state.
#include "lexigrad/train/optim/optimizer.h"

#include <limits>

#include "catch.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Adam, optim::Rows, optim::SGD;

namespace {

template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "";
}

Tensor parameter(double value = 1) { return full({3, 2}, value).requires_grad_(); }

// Steps first..last-1 on two parameters, one with row gradients.
void train_steps(optim::Optimizer& optimizer, int64_t first, int64_t last) {
  const auto& p = optimizer.parameters();
  for (int64_t step = first; step < last; ++step) {
    p[0].set_grad(rows_of(pattern(7919, step, p[0].shape(), 1009, float32), {step % 5, 6 + step % 3}));
    p[1].set_grad(pattern(7919, 3 * step, p[1].shape(), 1009, float32));
    optimizer.step();
  }
}

std::vector<nn::ParameterRef> two_parameters() {
  return {{pattern(31, 1, {10, 4}, 97, float32).requires_grad_(), "tok.weight"},
          {pattern(31, 2, {4}, 97, float32).requires_grad_(), "head.bias"},
          {pattern(31, 3, {4}, 97, float32).requires_grad_(), "unused"}};
}

optim::State copy(const optim::State& state) {
  optim::State out;
  for (const auto& [key, value] : state) out.emplace_back(key, value.clone());
  return out;
}

}  // namespace

TEST_CASE("options outside their range are refused by name", "[optim]") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  Tensor w = parameter();
  auto sgd = [&](const optim::SGDOptions& o) { return error_of([&] { SGD({w}, o); }); };
  auto adam = [&](const optim::AdamOptions& o) { return error_of([&] { Adam({w}, o); }); };
  CHECK(sgd({.lr = nan}) == "[sgd] lr is nan (valid: finite, >= 0)");
  CHECK(sgd({.lr = -1}) == "[sgd] lr is -1 (valid: finite, >= 0)");
  CHECK(sgd({.lr = inf}) == "[sgd] lr is inf (valid: finite, >= 0)");
  CHECK(sgd({.momentum = -0.5}) == "[sgd] momentum is -0.5 (valid: finite, >= 0)");
  CHECK(sgd({.momentum = nan}) == "[sgd] momentum is nan (valid: finite, >= 0)");
  CHECK(sgd({.dampening = nan}) == "[sgd] dampening is nan (valid: finite)");
  CHECK(sgd({.weight_decay = -1}) == "[sgd] weight_decay is -1 (valid: finite, >= 0)");
  CHECK(sgd({.nesterov = true}) ==
        "[sgd] nesterov needs momentum > 0 and dampening 0, they are 0 and 0. Hint: momentum 0.9 is usual");
  CHECK_FALSE(sgd({.momentum = 0.9, .dampening = 0.1, .nesterov = true}).empty());
  CHECK(adam({.lr = nan}) == "[adam] lr is nan (valid: finite, >= 0)");
  CHECK(adam({.betas = {1, 0.9}}) == "[adam] betas[0] is 1 (valid: 0 <= betas[0] < 1)");
  CHECK(adam({.betas = {0.9, nan}}) == "[adam] betas[1] is nan (valid: 0 <= betas[1] < 1)");
  CHECK(adam({.eps = -1e-8}) == "[adam] eps is -1e-08 (valid: finite, >= 0)");
  CHECK(adam({.weight_decay = inf}) == "[adam] weight_decay is inf (valid: finite, >= 0)");
  CHECK(adam({.lr = 0, .betas = {0, 0}, .eps = 0}).empty());
  CHECK(error_of([&] { optim::Adagrad({w}, {.lr_decay = -1}); }) ==
        "[adagrad] lr_decay is -1 (valid: finite, >= 0)");
  CHECK(error_of([&] { optim::Adagrad({w}, {.initial_accumulator_value = nan}); }) ==
        "[adagrad] initial_accumulator_value is nan (valid: finite, >= 0)");
  CHECK(error_of([&] { optim::RMSprop({w}, {.alpha = 1}); }) ==
        "[rmsprop] alpha is 1 (valid: 0 <= alpha < 1)");
  CHECK(error_of([&] { optim::RMSprop({w}, {.momentum = -1}); }) ==
        "[rmsprop] momentum is -1 (valid: finite, >= 0)");
  CHECK(error_of([&] { optim::Adadelta({w}, {.rho = -0.5}); }) ==
        "[adadelta] rho is -0.5 (valid: 0 <= rho < 1)");
  CHECK(error_of([&] { optim::NAdam({w}, {.momentum_decay = inf}); }) ==
        "[nadam] momentum_decay is inf (valid: finite, >= 0)");
  CHECK(error_of([&] {
          optim::RAdam({w}, {.betas = {0.9, 1}});
        }) == "[radam] betas[1] is 1 (valid: 0 <= betas[1] < 1)");
  CHECK(error_of([&] {
          optim::Lion({w}, {.betas = {1, 0.9}});
        }) == "[lion] betas[0] is 1 (valid: 0 <= betas[0] < 1)");

  Adam optimizer({w}, {.lr = 0.5});
  CHECK(error_of([&] { optimizer.set_lr(nan); }) == "[adam] lr is nan (valid: finite, >= 0)");
  CHECK(optimizer.lr() == 0.5);
}

TEST_CASE("parameters that cannot be optimized are refused", "[optim]") {
  Tensor w = parameter();
  auto error = [](std::vector<nn::ParameterRef> p) {
    return error_of([&] { Adam optimizer(std::move(p)); });
  };
  CHECK(error({}) == "[adam] There are no parameters. Hint: pass model.parameters()");
  CHECK(error({{w, "a"}, {w, "b"}}) ==
        "[adam] Parameter \"b\" is listed twice (it is also \"a\"). Hint: list a tied weight once");
  CHECK(error({{w, "a"}, {w.detach().requires_grad_(), "b"}}).find("twice") != std::string::npos);
  CHECK(error({Tensor()}) == "[adam] Parameter \"#0\" is an undefined tensor");
  CHECK(error({arange(3)}) == "[adam] Parameter \"#0\" is int64 (valid are float32, float64 and bfloat16)");
  CHECK(error({w + 1}).find("result of an op") != std::string::npos);
  CHECK(error({ones({2, 3}).t().requires_grad_()}).find("not contiguous") != std::string::npos);
  CHECK(error({{w, "a", 3}}) == "[adam] Constant row 3 is outside parameter \"a\" (valid are -1..2)");
}

TEST_CASE("a parameter without gradient stays and zero_grad drops gradients", "[optim]") {
  Tensor a = parameter(), b = parameter();
  Adam optimizer({a, b}, {.lr = 0.1, .weight_decay = 0.1});
  a.set_grad(ones({3, 2}));
  optimizer.step();
  CHECK(a.detach().to_vector<float>()[0] != 1);
  CHECK(equal(b.detach(), ones({3, 2})));
  optimizer.zero_grad();
  CHECK_FALSE(a.has_grad());
  Tensor before = a.detach().clone();
  optimizer.step();
  CHECK(equal(a.detach(), before));
}

TEST_CASE("a new learning rate holds from the next step", "[optim]") {
  Tensor w = zeros({2}, float64).requires_grad_();
  SGD optimizer({w}, {.lr = 1});
  w.set_grad(ones({2}, float64));
  optimizer.step();
  optimizer.set_lr(0.25);
  optimizer.step();
  CHECK(equal(w.detach(), full({2}, -1.25, float64)));
}

TEST_CASE("scalars and empty tensors are parameters too", "[optim]") {
  Tensor scalar = tensor(2.0, float64).requires_grad_(), none = zeros({0, 4}).requires_grad_();
  SGD optimizer({scalar, none}, {.lr = 0.5, .momentum = 0.9});
  scalar.set_grad(tensor(1.0, float64));
  none.set_grad(zeros({0, 4}));
  optimizer.step();
  CHECK(scalar.item<double>() == 1.5);
}

TEST_CASE("state names every slot in a stable order", "[optim]") {
  auto p = two_parameters();
  Adam adam(p);
  train_steps(adam, 0, 3);
  std::vector<std::string> names;
  for (const auto& [key, value] : adam.state()) names.push_back(key);
  CHECK(names == std::vector<std::string>{"adam.step.tok.weight", "adam.m.tok.weight", "adam.v.tok.weight",
                                          "adam.step.head.bias", "adam.m.head.bias", "adam.v.head.bias",
                                          "adam.step.unused"});
  CHECK(adam.state()[0].second.item<int64_t>() == 3);
  CHECK(adam.state()[6].second.item<int64_t>() == 0);
  Tensor a = parameter(), b = parameter(), c = parameter();
  SGD sgd({a, {b, "w"}, {c, "w"}});
  CHECK(sgd.name(0) == "#0");
  CHECK(sgd.name(1) == "w");
  CHECK(sgd.name(2) == "w#2");
}

TEST_CASE("training goes on from a saved state in the same bits", "[optim]") {
  for (const Config& config : configs())
    for (Rows rows : {Rows::dense, Rows::lazy}) {
      INFO(config.name);
      auto whole = config.make(two_parameters(), rows);
      train_steps(*whole, 0, 3);
      optim::State saved = copy(whole->state());
      auto parameters = two_parameters();
      for (size_t i = 0; i < parameters.size(); ++i) parameters[i].copy_(whole->parameters()[i].detach());
      train_steps(*whole, 3, 12);

      auto resumed = config.make(parameters, rows);
      train_steps(*resumed, 5, 7);  // load_state must replace what this leaves
      resumed->load_state(saved);
      for (size_t i = 0; i < saved.size(); ++i) CHECK(equal(resumed->state()[i].second, saved[i].second));
      auto start = config.make(two_parameters(), rows);
      train_steps(*start, 0, 3);
      for (size_t i = 0; i < parameters.size(); ++i) parameters[i].copy_(start->parameters()[i].detach());
      train_steps(*resumed, 3, 12);
      for (size_t i = 0; i < parameters.size(); ++i)
        CHECK(equal(parameters[i].detach(), whole->parameters()[i].detach()));
    }
}

TEST_CASE("a loaded state keeps the sign of its zeros", "[optim]") {
  Adam adam({{parameter(), "w"}});
  adam.load_state({{"adam.step.w", tensor(1, int64)},
                   {"adam.m.w", tensor({{-0.0, 0.0}, {0.0, 0.0}, {1.0, 0.0}})},
                   {"adam.v.w", zeros({3, 2})}});
  Tensor slot = adam.state()[1].second;
  const float* m = slot.data<float>();
  CHECK(std::signbit(m[0]));
  CHECK_FALSE(std::signbit(m[1]));
}

TEST_CASE("a state that does not fit is refused and changes nothing", "[optim]") {
  Adam adam(two_parameters());
  train_steps(adam, 0, 3);
  optim::State good = copy(adam.state());
  auto error = [&](const optim::State& state) { return error_of([&] { adam.load_state(state); }); };

  optim::State other = good;
  other[1].second = zeros({9, 4});
  CHECK(error(other) == "[adam] \"adam.m.tok.weight\" is float32 [9, 4], expected float32 [10, 4]");
  other = good;
  other[2].second = zeros({10, 4}, float64);
  CHECK(error(other) == "[adam] \"adam.v.tok.weight\" is float64 [10, 4], expected float32 [10, 4]");
  other = good;
  other.erase(other.begin() + 2);
  CHECK(error(other) ==
        "[adam] The state has no \"adam.v.tok.weight\". Hint: it is of another optimizer or model");
  other = good;
  other.emplace_back("adam.m.extra", zeros({1}));
  CHECK(error(other) ==
        "[adam] The state has \"adam.m.extra\", which no parameter here needs. Hint: it is of "
        "another optimizer or model");
  other = good;
  other[0].second = tensor(-1, int64);
  CHECK(error(other) == "[adam] \"adam.step.tok.weight\" is -1 (valid are 0 and more)");
  CHECK_FALSE(error(SGD(two_parameters()).state()).empty());
  for (size_t i = 0; i < good.size(); ++i) CHECK(equal(adam.state()[i].second, good[i].second));
}
