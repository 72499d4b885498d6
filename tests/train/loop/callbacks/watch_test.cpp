// What watches a run: norms, spikes, a table; and the line that shows how far it is.
#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/train/loop/callbacks/log.h"
#include "lexigrad/train/loop/callbacks/measures/norms.h"
#include "lexigrad/train/loop/callbacks/measures/spikes.h"
#include "lexigrad/train/loop/callbacks/measures/table_watch.h"
#include "lexigrad/train/loop/callbacks/progress.h"
#include "lexigrad/train/loop/callbacks/strict.h"
#include "lexigrad/train/loop/run_log.h"
#include "support/throws.h"
#include "train/formats/folder.h"
#include "train/loop/callbacks/scripted.h"

using namespace lexigrad;
using namespace lexigrad::train;
using namespace lexigrad::test;

namespace {

// Losses around `level` with a spread of 0.1, the same in each run.
double noisy(int64_t step, double level = 3) {
  double sum = -6;
  for (uint64_t i = 0; i < 12; ++i) sum += CounterRng(3).uniform(static_cast<uint64_t>(step), i);
  return level + 0.1 * sum;
}

}  // namespace

TEST_CASE("norms of gradients and moves are in the log's lines, of each parameter", "[norms]") {
  Folder folder;
  Scripted run;
  Norms norms(2);
  Log log(folder / "log.jsonl", 2);
  std::vector<float> before;
  struct Look final : Callback {
    std::function<void(int64_t)> body;
    void before_step(RunState& state) override { body(state.step()); }
  } look;
  look.body = [&](int64_t done) {
    if (done == 3) before = run.model.weight().to_vector<float>();
  };
  train_to(run.trainer, 5, {&look, &norms, &log});
  double size = 0;
  for (float w : before) size += static_cast<double>(w) * w;
  auto entries = read_log(folder / "log.jsonl");
  REQUIRE(entries.size() == 4);  // steps 0, 2, 4 and the last
  CHECK(entries[0].measured.empty());
  auto at4 = entries[2].measured;
  CHECK(at4.at("grad_norm") == Approx(std::sqrt(8.0)));  // 6 weights, 2 of the bias
  CHECK(at4.at("grad_norm/weight") == Approx(std::sqrt(6.0)));
  CHECK(at4.at("grad_norm/bias") == Approx(std::sqrt(2.0)));
  CHECK(at4.at("update_ratio/weight") == Approx(0.125 * std::sqrt(6.0) / std::sqrt(size)).epsilon(1e-5));
  CHECK(entries[3].measured.size() == 5);
  CHECK((entries[3].resident_bytes > 1e6 && entries[3].peak_bytes >= entries[3].resident_bytes));
  CHECK(entries[3].tokens_per_second > 0);
}

TEST_CASE("a spike is found, noise and a falling loss are none, and a new level is got used to", "[spikes]") {
  auto found = [](std::function<double(int64_t)> losses, int64_t total) {
    Folder folder;
    Scripted run(std::move(losses));
    Spikes spikes(6);
    Log log(folder / "log.jsonl", 1000);
    train_to(run.trainer, total, {&spikes, &log});
    std::vector<int64_t> steps;
    for (const LogEntry& e : read_log(folder / "log.jsonl"))
      if (e.measured.contains("spike/z")) steps.push_back(e.step);
    return steps;
  };
  using Steps = std::vector<int64_t>;
  CHECK(found([](int64_t step) { return noisy(step); }, 2000).empty());
  CHECK(found([](int64_t step) { return noisy(step, 3 + 7 * std::pow(0.99, step)); }, 800).empty());
  CHECK(found([](int64_t) { return 2.0; }, 300).empty());
  CHECK(found([](int64_t step) { return noisy(step) + (step == 150   ? 1.5
                                                       : step == 152 ? 1.1
                                                                     : 0); }, 400) ==
        Steps{150, 152});
  CHECK(found([](int64_t step) { return step == 15 ? 99 : noisy(step); }, 18).empty());  // too early to say
  Steps level = found([](int64_t step) { return noisy(step, step < 200 ? 3 : 4.5); }, 600);
  REQUIRE(!level.empty());
  CHECK((level.front() == 200 && level.size() >= 2 && level.back() < 230));
}

TEST_CASE("a spike's line says what was expected, and its mean goes on from a checkpoint", "[spikes]") {
  struct Keep final : Callback {
    std::vector<std::string> lines;
    CallbackState kept;
    void after_step(RunState& state) override {
      lines.insert(lines.end(), state.notes.begin(), state.notes.end());
      kept = state.kept();
    }
  } keep, first, second;
  auto losses = [](int64_t step) { return step == 90 ? 5 : noisy(step); };
  Scripted whole(losses), part(losses);
  Spikes spikes, before, after;
  train_to(whole.trainer, 120, {&spikes, &keep});
  REQUIRE(keep.lines.size() == 1);
  CHECK_THAT(keep.lines[0], Catch::StartsWith("spike: step 90, loss 5.0000, expected 3.0") ||
                                Catch::StartsWith("spike: step 90, loss 5.0000, expected 2.9"));
  train_to(part.trainer, 60, {&before, &first});
  after.load_state(first.kept);
  train_to(part.trainer, 120, {&after, &second});
  CHECK(second.lines == keep.lines);
  for (const auto& [name, value] : keep.kept) {
    INFO(name);
    CHECK(second.kept.at(name) == value);
  }
}

TEST_CASE("rows that no step has moved are counted as dead", "[table_watch]") {
  Scripted run;
  Tensor table = randn({9, 4}), start = table.clone();
  std::vector<double> dead;
  struct Look final : Callback {
    std::function<void(RunState&)> body;
    void after_step(RunState& state) override { body(state); }
  } move, look;
  move.body = [&](RunState& state) { table.data<float>()[state.step() * 4] += 1e-6f; };  // a row a step
  look.body = [&](RunState& state) { dead.push_back(state.measured.at("table/dead_rows")); };
  Told told({5, 4, 3});
  TableWatch watch([&] { return table; }, [&] { return start; });
  train_to(run.trainer, 3, {&move, &told, &watch, &look});
  CHECK(dead == std::vector<double>{8, 7, 6});
}

TEST_CASE("the line of progress keeps to its columns, and share and loss stay", "[progress]") {
  const ProgressFigures figures{120, 3000, 51234, 3.25, 75};
  const std::string whole = "  4%  step 120/3000  51234 tokens/s  loss 3.2500  ETA 1:15";
  CHECK(progress_line(figures, 0) == whole);
  CHECK(progress_line(figures, 200) == "[#" + std::string(36, '.') + "] " + whole);
  CHECK(progress_line(figures, 80) == "[" + std::string(19, '.') + "] " + whole);
  CHECK(progress_line(figures, 58) == whole);
  CHECK(progress_line(figures, 57) ==
        "[" + std::string(12, '.') + "]   4%  step 120/3000  loss 3.2500  ETA 1:15");
  CHECK(progress_line(figures, 40) == "[..........]   4%  loss 3.2500  ETA 1:15");
  CHECK(progress_line(figures, 20) == "  4%  loss 3.2500");
  CHECK(progress_line(figures, 12) == "  4%");
  for (int64_t columns = 1; columns < 300; ++columns)
    for (const ProgressFigures& f : {figures, {3000000, 3000000, 1e9, 12345.678, 360000}, {0, 0, 0, 0, 0}})
      CHECK(static_cast<int64_t>(progress_line(f, columns).size()) <= columns);
}

TEST_CASE("notes have lines of their own", "[progress]") {
  struct Note final : Callback {
    void after_step(RunState& state) override {
      if (state.step() == 2) state.notes = {"spike: here"};
    }
  } note;
  Scripted run;
  std::ostringstream out;
  ShowProgress show(out, 1000);
  train_to(run.trainer, 3, {&note, &show});
  CHECK_THAT(out.str(), Catch::StartsWith("spike: here\n100%  step 3/3"));
}

TEST_CASE("a strict run ends after its first step where something does not train", "[strict]") {
  Scripted run, frozen;
  Strict strict;
  CHECK(train_to(run.trainer, 2, {&strict}));
  frozen.sgd.set_lr(1e-30);
  CHECK(
      message_of([&] { train_to(frozen.trainer, 2, {&strict}); }) ==
      "[train] Not everything trains: unchanged by the first step: weight, bias. Hint: list every member in "
      "LEXIGRAD_MODULE and use it in the loss");
}
