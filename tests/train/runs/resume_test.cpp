// A run that was stopped and resumed ends in the same bytes as one that never stopped.
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// Of 520 tokens 468 are for training: 58 windows in 8 batches.
train::TrainConfig small_config(const std::string& text) {
  train::TrainConfig config;
  config.text = text;
  config.dim = 6;
  config.context = 8;
  config.batch = 8;
  config.save_every = 1000;
  return config;
}

std::map<std::string, std::string> without_log(std::map<std::string, std::string> files) {
  for (const char* name : {"log.jsonl", "loss.svg", "checkpoint.previous.safetensors"}) files.erase(name);
  return files;
}

struct Small {
  Folder folder;
  std::string text = folder / "text.txt";
  Small() { spill(text, random_text(40, 480)); }
  std::vector<std::string> flags(const std::string& run) const {
    return {text, "--out", folder / run, "--dim", "6", "--context", "8", "--batch", "8"};
  }
  std::map<std::string, std::string> files(const std::string& run) const { return contents(folder / run); }
};

}  // namespace

TEST_CASE("stopped in the middle of an epoch, rebuilt and resumed: the same bytes, for every optimizer",
          "[resume]") {
  Small small;
  std::ostringstream out;
  int number = 0;
  for (const char* optimizer : {"adam", "sgd", "adamw"})
    for (const char* rows : {"dense", "lazy"})
      for (const char* dtype : {"float32", "float64"})
        for (const char* encoder : {"none", "mean"})
          for (bool shuffle : {true, false}) {
            train::TrainConfig config = small_config(small.text);
            config.optimizer = optimizer;
            config.rows = rows;
            config.dtype = dtype;
            config.encoder = encoder;
            config.shuffle = shuffle;
            config.steps = 24;
            if (config.optimizer == "adamw") {
              config.options.set("warmup", int64_t{15});  // past the stop
              config.clip_norm = 0.05;
            }
            std::string straight = small.folder / std::to_string(++number), stopped = straight + "b";
            train::train(config, straight, out, out);
            config.steps = 11;  // after batch 3 of the second epoch
            train::train(config, stopped, out, out);
            CHECK((slurp(stopped + "/vectors.safetensors") != slurp(straight + "/vectors.safetensors")));
            manual_seed(77);
            config.steps = 24;
            train::resume(config, stopped, out, out);
            INFO(optimizer << " " << rows << " " << dtype << " " << encoder << " " << shuffle);
            CHECK(sha256(slurp(stopped + "/checkpoint.safetensors")) ==
                  sha256(slurp(straight + "/checkpoint.safetensors")));
            CHECK(difference(without_log(contents(straight)), without_log(contents(stopped))).empty());
          }
}

TEST_CASE("skip-gram that was stopped goes on to the same bytes", "[resume]") {
  Small small;
  std::ostringstream out;
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 11; }
  };
  train::TrainConfig config = train::TrainConfig::of("skipgram");
  config.text = small.text, config.dim = 6, config.context = 20, config.batch = 3, config.save_every = 1000;
  config.validation = 0.2;
  const std::string straight = small.folder / "straight", stopped = small.folder / "stopped";
  train::train(config, straight, out, out);
  StopAfter stop;
  CHECK_FALSE(train::train(config, stopped, out, out, {&stop}));
  manual_seed(77);
  train::resume(config, stopped, out, out);
  CHECK(sha256(slurp(stopped + "/checkpoint.safetensors")) ==
        sha256(slurp(straight + "/checkpoint.safetensors")));
  CHECK(difference(without_log(contents(straight)), without_log(contents(stopped))).empty());
}

TEST_CASE("stopped between two lines of the log, a run goes on with the losses that no line has yet",
          "[resume]") {
  struct Full : std::stringbuf {  // throws at the line of progress of step 120, the fourth
    int lines = 0;
    int sync() override { return ++lines < 4 ? 0 : throw std::runtime_error("stop"); }
  };
  Small small;
  std::ostringstream out;
  train::TrainConfig config = small_config(small.text);
  config.steps = 600;  // a line of the log every 3 steps, a checkpoint after step 100
  config.save_every = 100;
  train::train(config, small.folder / "whole", out, out);
  Full buffer;
  std::ostream progress(&buffer);
  progress.exceptions(std::ios::badbit);
  CHECK_THROWS_WITH(train::train(config, small.folder / "run", out, progress), "stop");
  CHECK(train::read_log(small.folder / "run/log.jsonl").back().step == 120);
  train::resume(config, small.folder / "run", out, out);
  CHECK(train::read_log(small.folder / "run/log.jsonl").size() > 200);
  CHECK(difference(small.files("whole"), small.files("run")) == "");
}

TEST_CASE("a run may be made longer, in steps or epochs, and equals one that was so long from the start",
          "[resume]") {
  Small small;
  train_run(small.flags("long") + Words{"--epochs", "4"});
  train_run(small.flags("short") + Words{"--steps", "5"});
  train_run({"--out", small.folder / "short", "--resume", "--steps", "11", "--threads", "1"});
  CHECK(small.files("short")["config.json"].find("\"steps\": 11") != std::string::npos);
  train_run({"--out", small.folder / "short", "--resume", "--epochs", "4", "--threads", "0"});
  CHECK(difference(without_log(small.files("long")), without_log(small.files("short"))).empty());
  auto log = train::read_log(small.folder / "short/log.jsonl");
  REQUIRE(!log.empty());
  CHECK(log.back().step == 32);
  for (size_t i = 0; i < log.size(); ++i)
    CHECK(log[i].step == static_cast<int64_t>(i));  // short enough to log every step
}

TEST_CASE("The flag --resume on a finished run exits 0 and touches nothing", "[resume]") {
  Small small;
  train_run(small.flags("run") + Words{"--steps", "9"});
  auto times = [&] {
    std::map<std::string, std::filesystem::file_time_type> out;
    for (const auto& file : std::filesystem::directory_iterator(small.folder / "run"))
      out[file.path().string()] = file.last_write_time();
    return out;
  };
  auto files = small.files("run");
  auto before = times();
  for (const auto& more :
       std::vector<std::vector<std::string>>{{}, {"--steps", "4"}, {"--steps", "9", "--threads", "2"}}) {
    CommandResult result = run_command(Words{"train", "--out", small.folder / "run", "--resume"} + more);
    CHECK(result.exit == 0);
    CHECK_THAT(result.out, Contains("complete: 9 steps"));
    CHECK(difference(files, small.files("run")).empty());
    CHECK(times() == before);
  }
}

TEST_CASE("The flag --resume with a flag that contradicts the run names it", "[resume]") {
  Small small;
  train_run(small.flags("run") + Words{"--steps", "9"});
  auto files = small.files("run");
  const std::vector<std::pair<std::string, std::string>> flags = {
      {"--dim", "7"},        {"--context", "9"},     {"--lr", "0.5"},    {"--seed", "1"},
      {"--encoder", "mean"}, {"--dtype", "float64"}, {"--rows", "lazy"}, {"--optimizer", "sgd"},
      {"--min-count", "2"},  {"--validation", "0"},  {"--stride", "2"},  {"--batch", "9"}};
  for (const auto& [flag, value] : flags) {
    std::string line = failed_command(1, {"train", "--out", small.folder / "run", "--resume", flag, value});
    CHECK_THAT(line, Contains(flag + " ") && Contains("the run has"));
  }
  CHECK_THAT(failed_command(1, {"train", "--out", small.folder / "run", "--resume", "--no-shuffle"}),
             Contains("--shuffle false (the run has true)"));
  CHECK_THAT(
      failed_command(1, {"train", small.folder / "other.txt", "--out", small.folder / "run", "--resume"}),
      Contains("TEXT"));
  CHECK(difference(files, small.files("run")).empty());
}

TEST_CASE("a run whose learning rate falls to its end cannot be made longer", "[resume]") {
  Small small;
  train_run(small.flags("run") + Words{"--steps", "9", "--schedule", "cosine", "--warmup", "2"});
  auto log = train::read_log(small.folder / "run/log.jsonl");
  REQUIRE(log.size() >= 9);
  CHECK(log[2].lr < log[3].lr);
  CHECK(log[3].lr > log.back().lr);
  std::string line = failed_command(1, {"train", "--out", small.folder / "run", "--resume", "--steps", "11"});
  CHECK_THAT(line, Contains("--steps 11 (the run has 9)"));
  train_run({"--out", small.folder / "run", "--resume", "--threads", "1"});
}

TEST_CASE("a run under each schedule, stopped and resumed, ends in the same bytes", "[resume]") {
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 11; }
  };
  Small small;
  std::ostringstream out;
  const std::pair<const char*, OptionValue> short_ones[] = {{"lr-every", int64_t{5}},
                                                            {"lr-milestones", std::string("4,15")},
                                                            {"lr-period", int64_t{7}},
                                                            {"warmup", int64_t{2}}};
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    train::TrainConfig config = small_config(small.text);
    config.schedule = kind.name;
    config.steps = 24;
    for (const auto& [name, value] : short_ones) config.options.set(name, value);
    std::string straight = small.folder / kind.name, stopped = straight + "_stopped";
    StopAfter stop;
    CHECK(train::train(config, straight, out, out));
    CHECK_FALSE(train::train(config, stopped, out, out, {&stop}));
    INFO(kind.name);
    CHECK((slurp(stopped + "/checkpoint.safetensors") != slurp(straight + "/checkpoint.safetensors")));
    CHECK(train::resume(train::read_config(stopped), stopped, out, out));
    CHECK(difference(without_log(contents(straight)), without_log(contents(stopped))).empty());
    auto log = train::read_log(stopped + "/log.jsonl");
    REQUIRE(log.size() == 25);
    optim::Schedule schedule = optim::make_schedule(kind.name, 24, config.options);
    for (size_t step = 1; step < 25; ++step)
      CHECK(log[step].lr == 0.003 * schedule(static_cast<int64_t>(step) - 1));
  }
}

TEST_CASE("The flag --resume with another text under the same path is refused", "[resume]") {
  Small small;
  train_run(small.flags("run") + Words{"--steps", "9"});
  auto files = small.files("run");
  std::string text = slurp(small.text);
  for (const std::string& other :
       {text + "w1 ", std::string(text).replace(0, 2, "xx"), random_text(50, 480, 2)}) {
    spill(small.text, other);
    CHECK_THAT(failed_command(1, {"train", "--out", small.folder / "run", "--resume", "--steps", "20"}),
               Contains("not the one that the run was trained on") && Contains(small.text));
    CHECK(difference(files, small.files("run")).empty());
  }
  spill(small.text, text);
  train_run({"--out", small.folder / "run", "--resume", "--steps", "20"});
}

TEST_CASE(
    "The flag --resume refuses a config.json that was edited after the checkpoint, except where the text is",
    "[resume]") {
  Small small;
  train_run(small.flags("run") + Words{"--steps", "9"});
  std::string path = small.folder / "run/config.json", json = slurp(path), moved = small.folder / "moved.txt";
  auto edited = [&](const std::string& from, const std::string& to) {
    std::string copy = json;
    copy.replace(copy.find(from), from.size(), to);
    spill(path, copy);
  };
  edited("\"lr\": 0.003", "\"lr\": 0.5");
  CHECK_THAT(failed_command(1, {"train", "--out", small.folder / "run", "--resume", "--steps", "20"}),
             Contains("--lr 0.5 (the run has 0.003)"));
  std::filesystem::rename(small.text, moved);
  edited(small.text, moved);
  train_run({"--out", small.folder / "run", "--resume", "--steps", "20"});
}

TEST_CASE("The flag --resume without a checkpoint starts at step 0, with TEXT where there is no run",
          "[resume]") {
  Small small;
  std::vector<std::string> steps = {"--steps", "9"};
  train_run(small.flags("run") + steps);
  train_run(small.flags("new") + steps + Words{"--resume"});
  CHECK(difference(small.files("run"), small.files("new")).empty());
  for (const char* gone : {"checkpoint.safetensors", "checkpoint.previous.safetensors"})
    std::filesystem::remove(small.folder / (std::string("new/") + gone));
  train_run({"--out", small.folder / "new", "--resume"});
  CHECK(difference(small.files("run"), small.files("new")).empty());
  CHECK_THAT(failed_command(2, {"train", "--out", small.folder / "none", "--resume"}),
             Contains("TEXT is missing"));
  CHECK_FALSE(std::filesystem::exists(small.folder / "none"));
}

TEST_CASE("a run goes on from any folder", "[resume]") {
  Small small;
  train_run(small.flags("whole") + Words{"--steps", "12"});
  auto home = std::filesystem::current_path();
  std::filesystem::current_path(small.folder.path);
  std::vector<std::string> flags = small.flags("run");
  flags[0] = "text.txt";
  train_run(flags + Words{"--steps", "7"});
  std::filesystem::current_path(home);
  train_run({"--out", small.folder / "run", "--resume", "--steps", "12"});
  CHECK(difference(without_log(small.files("whole")), without_log(small.files("run"))).empty());
}
