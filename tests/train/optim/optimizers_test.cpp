// What holds for every row of optimizers(). Against PyTorch: long_torch_test.cpp; dense and row gradients,
// saved states, threads and memory: the walks over configs() in the files beside this one.
#include "lexigrad/train/optim/optimizers.h"

#include <map>

#include "autograd/kernels/cases.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

bool fits(const OptionValue& value, const Option& option) {
  if (auto real = std::get_if<Real>(&option.valid)) {
    double x = std::get<double>(value);
    return x >= real->low && x < real->high;
  }
  if (auto whole = std::get_if<Whole>(&option.valid)) {
    int64_t x = std::get<int64_t>(value);
    return x >= whole->low && x <= whole->high;
  }
  if (auto words = std::get_if<std::vector<std::string>>(&option.valid))
    return std::find(words->begin(), words->end(), std::get<std::string>(value)) != words->end();
  return true;
}

// The defaults, and the same with each number that may be 0 put to it.
std::vector<OptionValues> variants(const optim::OptimizerKind& kind) {
  std::vector<OptionValues> out{OptionValues(kind.options)};
  for (const Option& option : kind.options)
    if (std::holds_alternative<double>(option.standard) && fits(0.0, option)) {
      out.push_back(out[0]);
      out.back().set(option.name, 0.0);
    }
  return out;
}

std::vector<std::string> slots_in(const optim::State& state) {
  std::vector<std::string> out;
  for (const auto& [key, value] : state)
    if (value.rank() > 0) out.push_back(key);
  return out;
}

}  // namespace

TEST_CASE("every optimizer says what it is, and its defaults are valid", "[optim]") {
  std::map<std::string, Option> known;
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    INFO(kind.name);
    CHECK_FALSE(kind.help.empty());
    CHECK(kind.lr > 0);
    for (const Option& option : kind.options) {
      INFO(option.name);
      CHECK_FALSE(option.help.empty());
      CHECK(fits(option.standard, option));
      const Option& first = known.emplace(option.name, option).first->second;
      CHECK(first.standard == option.standard);  // one flag for all
      CHECK(first.help == option.help);
      CHECK(first.valid.index() == option.valid.index());
    }
  }
}

TEST_CASE("the defaults of every optimizer bring a bowl's bottom nearer", "[optim]") {
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    INFO(kind.name);
    Tensor w = pattern(31, 7, {6, 3}, 97).requires_grad_();
    auto optimizer = kind.make({w}, {.lr = kind.lr, .options = OptionValues(kind.options)});
    CHECK(optimizer->lr() == kind.lr);
    double before = norm(w.detach()).item<double>();
    for (int step = 0; step < 600; ++step) {
      w.set_grad(w.detach().clone());
      optimizer->step();
    }
    CHECK(norm(w.detach()).item<double>() < before / 2);
  }
}

TEST_CASE("every optimizer keeps the slots that its row names, and no more memory", "[optim]") {
  constexpr int64_t bytes = 256 * 16 * 4;
  for (const optim::OptimizerKind& kind : optim::optimizers())
    for (const OptionValues& options : variants(kind)) {
      std::vector<std::string> expected;
      std::vector<Shape> shapes;
      int64_t numbers = 0;
      for (const optim::SlotKind& slot : kind.slots(options)) {
        Shape shape = slot.shape({256, 16});
        numbers += shape.numel();
        if (shape.numel() == 0) continue;
        expected.push_back(text(kind.name, ".", slot.name, ".token.weight"));
        shapes.push_back(shape);
      }
      if (kind.averages) {  // the weights themselves, beside the average
        expected.push_back(text(kind.name, ".weight.token.weight"));
        shapes.push_back({256, 16});
      }
      INFO(kind.name << ", " << numbers << " numbers in slots");
      Tensor w = pattern(31, 7, {256, 16}, 97, float32).requires_grad_();
      w.set_grad(pattern(7919, 1, {256, 16}, 1009, float32));
      auto optimizer = kind.make({{w, "token.weight"}}, {.lr = kind.lr, .options = options});
      int64_t before = memory_stats().live_bytes;
      optimizer->step();
      int64_t more = memory_stats().live_bytes - before, said = numbers * 4;
      CHECK(more >= said);
      CHECK(more < said + bytes / 4);
      CHECK(slots_in(optimizer->state()) == expected);
      size_t slot = 0;
      for (const auto& [key, value] : optimizer->state())
        if (value.rank() > 0) CHECK(value.shape() == shapes.at(slot++));
    }
}

TEST_CASE("every optimizer leaves out the parameters that no_decay names", "[optim]") {
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    INFO(kind.name);
    OptionValues options(kind.options);
    if (options.has("weight-decay")) options.set("weight-decay", 0.5);
    auto moved = [&](std::vector<std::string> no_decay) {
      Tensor w = ones({2}, float64).requires_grad_();
      auto optimizer =
          kind.make({{w, "w"}}, {.lr = 0.01, .options = options, .no_decay = std::move(no_decay)});
      for (double g : {0.25, -0.5}) {
        w.set_grad(full({2}, g, float64));
        optimizer->step();
      }
      return w.detach();
    };
    CHECK(equal(moved({"w"}), moved({})) == !options.has("weight-decay"));
    CHECK(
        message_of([&] { moved({"b"}); }) ==
        "[" + kind.name +
            "] no_decay \"b\" is the name of no parameter. Hint: * stands for any letters, \"w\" is a name");
  }
}

TEST_CASE("every optimizer's kernels agree in float32 and float64, under every instruction set", "[optim]") {
  auto trained = [](const Config& config, Dtype dtype) {
    Tensor w = pattern(31, 7, {11, 37}, 97, dtype).requires_grad_();
    auto optimizer = config.make({w}, optim::Rows::dense);
    for (int64_t step = 0; step < 20; ++step) {
      w.set_grad(pattern(7919, 104729 * step + 11, w.shape(), 1009, dtype));
      optimizer->step();
    }
    return w.detach();
  };
  for (const Config& config : configs()) {
    INFO(config.name);
    // Rounding turns SOAP's directions a little where gradients have hardly been.
    const double most = config.name.starts_with("soap") ? 1e-4 : 1e-5;
    kernel_cases::for_targets(
        [&] { CHECK(distance(trained(config, float32), trained(config, float64)) <= most); });
  }
}

TEST_CASE("the learning rates where none is given, as a sentence", "[optim]") {
  CHECK(
      optim::standard_rates() ==
      "0.002 for mine, 0.003 for adam, adamw, nadam, rmsprop, lion, rowwise-adam, muon and soap, 0.01 for schedule-free-adamw, 0.03 for radam, 0.1 for adagrad, rowwise-adagrad and adafactor, 1 for sgd, 3 for adadelta and schedule-free-sgd, 0.03 for sgd with attention or a loss other than softmax, 0.3 for schedule-free-sgd with attention or a loss other than softmax");
}

// w (4, 2) whose gradient is dense, or the rows 1 and 2.
static void give_gradient(const Tensor& w, bool rows) {
  w.zero_grad();
  if (rows)
    sum(embedding(w, tensor({1, 2, 1}))).backward();
  else
    w.set_grad(ones(w.shape(), w.dtype()));
}

TEST_CASE(
    "every optimizer's step counts as a change in place, for dense and row gradients and under row rules",
    "[optim]") {
  int64_t refused = 0;
  for (const optim::OptimizerKind& kind : optim::optimizers())
    for (optim::Rows mode : {optim::Rows::dense, optim::Rows::lazy})
      for (const OptionValues& options : variants(kind))
        for (bool rows : {false, true})
          for (int rules = 0; rules < 3; ++rules) {
            INFO(kind.name << " rows " << rows << " rules " << rules);
            nn::Parameter w(ones({4, 2}, float64));
            if (rules == 1) w.freeze_rows(std::vector<int64_t>{1});
            if (rules == 2) w.rules->max_norm = 0.5;
            auto optimizer = kind.make({w}, {.lr = 0.1, .rows = mode, .options = options});
            Tensor before = sum(square(w) * w), after;
            give_gradient(w, rows);
            optimizer->step();
            after = sum(square(w) * w);
            CHECK(message_of([&] {
                    before.backward();
                  }).find("keeps for backward was changed in place by optimizer.step()") !=
                  std::string::npos);
            CHECK_NOTHROW(after.backward());
            ++refused;
          }
  CHECK(refused >= 24);
}
