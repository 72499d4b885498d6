// What is done by the held-out loss: an early end, the best weights, the learning rate; and checkpoints that stay.
#include <set>
#include <sstream>

#include "catch.h"
#include "lexigrad/train/formats/module_file.h"
#include "lexigrad/train/loop/callbacks/early_stop.h"
#include "lexigrad/train/loop/callbacks/follow_plateau.h"
#include "lexigrad/train/loop/callbacks/keep_best.h"
#include "lexigrad/train/loop/callbacks/save.h"
#include "support/throws.h"
#include "train/formats/folder.h"
#include "train/loop/callbacks/scripted.h"

using namespace lexigrad;
using namespace lexigrad::train;
using namespace lexigrad::test;

namespace {

const std::vector<double> kLosses = {5, 4, 4.5, 3, 3.5, 3, 2.9, 3, 3, 3, 3, 3};

struct StopAt final : Callback {
  int64_t at;
  explicit StopAt(int64_t step) : at(step) {}
  void after_step(RunState& state) override { state.stop = state.step() == at; }
};

std::set<std::string> names_in(const Folder& folder) {
  std::set<std::string> out;
  for (const auto& file : std::filesystem::directory_iterator(folder.path))
    out.insert(file.path().filename().string());
  return out;
}

}  // namespace

TEST_CASE("a run ends, complete, where so many held-out losses in a row are not below the lowest",
          "[early_stop]") {
  auto steps = [](int64_t patience, double min_delta, std::string& said) {
    Scripted run;
    std::ostringstream out;
    Told told(kLosses);
    EarlyStop early(out, patience, min_delta);
    CHECK(train_to(run.trainer, 12, {&told, &early}));
    said = out.str();
    return run.trainer.position().step;
  };
  std::string said;
  CHECK(steps(1, 0, said) == 3);
  CHECK(said == "stopped early after step 3: 1 evaluation without a held-out loss below 4.0000\n");
  CHECK(steps(2, 0, said) == 6);  // 3 again is no lower than 3
  CHECK(steps(3, 0, said) == 10);
  CHECK(said == "stopped early after step 10: 3 evaluations without a held-out loss below 2.9000\n");
  CHECK(steps(3, 0.5, said) == 7);  // 2.9 is not lower enough
  CHECK(steps(6, 0, said) == 12);
  CHECK(said.empty());
  std::ostringstream out;
  CHECK(message_of([&] { EarlyStop early(out, 0); }) == "[early_stop] patience is 0 (valid: >= 1)");
}

TEST_CASE("a stopped run's callbacks go on from the checkpoint as if never stopped",
          "[early_stop][plateau][keep_best]") {
  Folder folder;
  std::ostringstream said;
  auto run_to = [&](Scripted& run, int64_t stop_at) {
    Told told(kLosses);
    EarlyStop early(said, 4);
    FollowPlateau plateau({.factor = 0.5, .patience = 1, .cooldown = 1});
    KeepBest best(said, folder / "best.safetensors", run.model);
    StopAt stop(stop_at);
    Save save(folder.path, 100, run.model, run.sgd, {});
    std::vector<Callback*> callbacks{&told, &plateau, &best, &early, &stop, &save};
    resume_from(folder.path, run.model, run.sgd, run.trainer, callbacks);
    train_to(run.trainer, 12, callbacks);
    return run.model.weight().to_vector<float>();
  };
  Scripted straight;
  std::vector<float> start = straight.model.weight().to_vector<float>(), end = run_to(straight, 100);
  std::string bytes = slurp(folder / "checkpoint.safetensors"), best = slurp(folder / "best.safetensors");
  CHECK(read_checkpoint(folder.path).callbacks.at("early_stop.waited") == 4);
  CHECK(EarlyStop::has_ended(read_checkpoint(folder.path).callbacks, 4));
  CHECK_FALSE(EarlyStop::has_ended(read_checkpoint(folder.path).callbacks, 5));
  // The second bad loss in a row reduces, behind steps 6 and 9; the cool-down swallows that of step 10.
  double moved = 0;
  for (double share : {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25}) moved += 0.125 * share;
  CHECK(straight.trainer.position().step == 11);
  CHECK(end[0] == Approx(start[0] - moved));
  for (const char* name : {"checkpoint.safetensors", "checkpoint.previous.safetensors", "best.safetensors"})
    std::filesystem::remove(folder / name);
  for (int64_t stop : {3, 5, 8, 9, 100}) {
    Scripted part;
    run_to(part, stop);
  }
  CHECK((slurp(folder / "checkpoint.safetensors") == bytes));
  CHECK((slurp(folder / "best.safetensors") == best));
}

TEST_CASE("the weights of the lowest held-out loss are kept, the averaged ones where they were measured",
          "[keep_best]") {
  Folder folder;
  std::ostringstream out;
  for (bool averaged : {false, true}) {
    Scripted run;
    optim::WeightAverage average = optim::WeightAverage::ema(run.model.parameters(), 0.5);
    struct Watch final : Callback {
      std::function<void(int64_t)> body;
      void after_step(RunState& state) override { body(state.step()); }
    } watch;
    std::vector<float> wanted;
    watch.body = [&](int64_t step) {
      average.update();
      if (step == 7)
        wanted = averaged ? average.average(0).to_vector<float>() : run.model.weight().to_vector<float>();
    };
    Told told(kLosses);
    KeepBest best(out, folder / "best.safetensors", run.model, averaged ? &average : nullptr, {{"of", "me"}});
    train_to(run.trainer, 12, {&watch, &told, &best});
    nn::Linear found(3, 2);
    Metadata metadata = load_module(folder / "best.safetensors", found);
    CHECK(found.weight().to_vector<float>() == wanted);
    CHECK((metadata["of"] == "me" && metadata["step"] == "7" && metadata["validation"] == "2.9"));
    CHECK(run.model.weight().to_vector<float>() != wanted);
  }
  CHECK_THAT(out.str(), Catch::Contains("held-out loss 2.9000 after step 7"));
}

TEST_CASE("the last checkpoints stay under the numbers of their steps, also behind a resume", "[keep]") {
  Folder folder;
  auto run_to = [&](int64_t total) {
    Scripted run;
    Save save(folder.path, 10, run.model, run.sgd, {}, nullptr, 2);
    std::vector<Callback*> callbacks{&save};
    resume_from(folder.path, run.model, run.sgd, run.trainer, callbacks);
    train_to(run.trainer, total, callbacks);
  };
  run_to(90);
  std::string at_90 = slurp(folder / "checkpoint.safetensors");
  std::filesystem::remove(folder /
                          "checkpoint.step90.safetensors");  // as a kill before the name would leave it
  spill(folder / "checkpoint.stepx.safetensors", "not of a run");
  spill(folder / "checkpoint.step999.safetensors", "of a run that went on from an earlier one");
  run_to(100);
  CHECK(names_in(folder) ==
        std::set<std::string>{"checkpoint.previous.safetensors", "checkpoint.safetensors",
                              "checkpoint.step100.safetensors", "checkpoint.step90.safetensors",
                              "checkpoint.step999.safetensors", "checkpoint.stepx.safetensors"});
  CHECK((slurp(folder / "checkpoint.step90.safetensors") == at_90));
  CHECK((slurp(folder / "checkpoint.step100.safetensors") == slurp(folder / "checkpoint.safetensors")));
}
