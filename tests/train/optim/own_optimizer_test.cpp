// An optimizer from outside the tree: a row that a program adds is known to runs, checkpoints and every walk
// over the table.
#include <cmath>
#include <filesystem>
#include <sstream>
#include <type_traits>

#include "lexigrad/lexigrad.h"
#include "lexigrad/train/formats/safetensors.h"
#include "train/optim/support.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

// AMSGrad without bias corrections: three slots.
class Mine final : public optim::Optimizer {
 public:
  Mine(const optim::ParameterGroups& parameters, const optim::OptimizerSettings& settings)
      : Optimizer(kOwnOptimizer, parameters, {settings.lr, 0, settings.rows}, settings.no_decay,
                  {"mean", "square", "largest"}),
        pace_(settings.options.get<double>("pace")) {
    check_option("pace", pace_, 0, 1);
  }

 private:
  void update(const nn::ParameterRef& parameter, const optim::StepOptions& step,
              Memory& memory) const override {
    optim::update_rows(
        parameter, step, optim::reach_of(step, optim::Reach::touched), memory,
        [](const optim::StepOptions& now, double share) { return share * now.lr; },
        [pace = pace_](auto* w, const auto* g, const auto& slots, int64_t n, double lr) {
          using T = std::remove_pointer_t<decltype(w)>;
          T *mean = slots[0], *square = slots[1], *largest = slots[2];
          for (int64_t i = 0; i < n; ++i) {
            T grad = g ? g[i] : T(0);
            mean[i] += static_cast<T>(pace) * (grad - mean[i]);
            square[i] += static_cast<T>(0.01) * (grad * grad - square[i]);
            largest[i] = std::max(largest[i], square[i]);
            w[i] -= static_cast<T>(lr) * mean[i] / (std::sqrt(largest[i]) + static_cast<T>(1e-8));
          }
        });
  }

  double pace_;
};

const optim::OptimizerEntry kMine({.name = kOwnOptimizer,
                                   .help = "the tests' own",
                                   .lr = 0.002,
                                   .options = {{"pace", 0.1, Real{0, 1}, "share of the newest gradient"}},
                                   .slots =
                                       [](const OptionValues&) {
                                         return optim::SlotKinds{"mean", "square", "largest"};
                                       },
                                   .make =
                                       [](const optim::ParameterGroups& parameters,
                                          const optim::OptimizerSettings& settings) {
                                         return std::make_unique<Mine>(parameters, settings);
                                       }});

}  // namespace

TEST_CASE(
    "a run trains with an optimizer and a schedule of one's own, and stopped and resumed ends in the same bytes",
    "[optim][resume]") {
  Folder folder;
  spill(folder / "text.txt", random_text(40, 480));
  std::ostringstream out;
  for (const char* rows : {"dense", "lazy", "lazy_exact"}) {
    train::TrainConfig config;
    config.text = folder / "text.txt";
    config.dim = 6;
    config.context = config.batch = 8;
    config.save_every = 1000;
    config.optimizer = kOwnOptimizer;
    config.schedule = "halves";  // from schedules/schedules_test.cpp
    config.rows = rows;
    config.steps = 24;
    std::string straight = folder / rows, stopped = straight + "_stopped";
    train::train(config, straight, out, out);
    config.steps = 11;
    train::train(config, stopped, out, out);
    CHECK((slurp(stopped + "/vectors.safetensors") != slurp(straight + "/vectors.safetensors")));
    config.steps = 24;
    train::resume(config, stopped, out, out);
    for (const char* file : {"/vectors.safetensors", "/checkpoint.safetensors"})
      CHECK(sha256(slurp(stopped + file)) == sha256(slurp(straight + file)));
    train::SafetensorsFile checkpoint = train::load_safetensors(straight + "/checkpoint.safetensors");
    for (const char* slot : {"mean", "square", "largest"})
      CHECK(checkpoint.find(text("optimizer.mine.", slot, ".token.weight")) != nullptr);
    CHECK(train::read_config(straight).optimizer == kOwnOptimizer);
    config.optimizer = "adam";
    CHECK_THROWS_WITH(train::resume(config, straight, out, out),
                      Catch::Matchers::Contains("--optimizer \"adam\" (the run has \"mine\")"));
  }
}

TEST_CASE("an optimizer of one's own is refused under a name that is taken", "[optim]") {
  CHECK_THROWS_WITH(optim::OptimizerEntry(optim::optimizers().at(kOwnOptimizer)),
                    "[optimizer] There is a row \"mine\" already. Hint: take another name");
  CHECK_THROWS_WITH(
      optim::optimizers().at("theirs"),
      "[optimizer] There is no optimizer \"theirs\" (valid are " + optim::optimizers().listed() + ")");
  train::TrainConfig config;
  config.optimizer = "theirs";
  CHECK_THROWS_WITH(config.check(), Catch::Matchers::Contains("--optimizer is \"theirs\"; it must be") &&
                                        Catch::Matchers::Contains("or mine"));
}
