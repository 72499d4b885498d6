#include "lexigrad/train/loop/checkpoint.h"

#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::train;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

struct Trained {
  nn::NextTokenModel model;
  optim::Adam adam;
  explicit Trained(uint64_t seed, int64_t dim = 2)
      : model((manual_seed(seed), nn::NextTokenModelOptions{.vocabulary = 3, .dim = dim, .max_length = 2})),
        adam(model.parameters()) {}
  void step() {
    adam.zero_grad();
    model.loss(tensor({{0, 1}}), tensor({{1, 2}})).backward();
    adam.step();
  }
};

std::vector<std::vector<double>> values(const Trained& t) {
  std::vector<std::vector<double>> out;
  for (const auto& [name, x] : t.model.state()) out.push_back(x.to_vector<double>());
  for (const auto& [name, x] : t.adam.state()) out.push_back(x.to_vector<double>());
  return out;
}

const Checkpoint some_state = {{7, 2, 1, 99}, {1.5, 12}, "{}", "0123", "a machine"};

}  // namespace

TEST_CASE("a checkpoint brings back model, optimizer, generator and position", "[checkpoint]") {
  Folder folder;
  CHECK_FALSE(has_checkpoint(folder.path));
  Trained a(1), b(2);
  a.step();
  save_checkpoint(folder.path, some_state, a.model, a.adam);
  double drawn = rand({1}).item<double>();
  b.step();
  b.step();
  CHECK(values(a) != values(b));
  bool asked = false;
  auto before = values(b);
  Checkpoint back = load_checkpoint(folder.path, b.model, b.adam, [&](const Checkpoint& c) {
    asked = c.text_sum == "0123" && values(b) == before;
  });
  CHECK(asked);
  CHECK(values(a) == values(b));
  CHECK(rand({1}).item<double>() == drawn);
  CHECK((back.position.step == 7 && back.position.epoch == 2 && back.position.batch == 1 &&
         back.position.tokens == 99));
  CHECK((back.since_log.sum == 1.5 && back.since_log.weight == 12 && back.config == "{}" &&
         back.machine == "a machine"));
  a.step();
  b.step();
  CHECK(values(a) == values(b));
}

TEST_CASE("the checkpoint before the last one is kept whole", "[checkpoint]") {
  Folder folder;
  Trained a(1);
  std::string current = folder / "checkpoint.safetensors",
              previous = folder / "checkpoint.previous.safetensors", before;
  for (int i = 0; i < 4; ++i) {
    a.step();
    save_checkpoint(folder.path, some_state, a.model, a.adam);
    if (i > 0) CHECK((slurp(previous) == before));
    CHECK((slurp(current) != before));
    before = slurp(current);
  }
  std::filesystem::remove(current);  // the one before is not taken for nothing
  CHECK(has_checkpoint(folder.path));
  CHECK_THAT(message_of<FileError>([&] { read_checkpoint(folder.path); }),
             Contains("rename it to checkpoint.safetensors"));
  std::filesystem::rename(previous, current);
  CHECK(read_checkpoint(folder.path).position.step == 7);
}

TEST_CASE("every altered byte and every lost end of a checkpoint is refused, and the one before is offered",
          "[checkpoint]") {
  Folder folder;
  Trained a(1), b(2);
  a.step();
  save_checkpoint(folder.path, some_state, a.model, a.adam);
  a.step();
  save_checkpoint(folder.path, some_state, a.model, a.adam);
  std::string path = folder / "checkpoint.safetensors", whole = slurp(path);
  auto before = values(b);
  int64_t refused = 0, tried = 0;
  auto refuse = [&](const char* what, size_t at) {
    ++tried;
    for (const std::string& error :
         {message_of<FileError>([&] { read_checkpoint(folder.path); }),
          message_of<FileError>([&] { load_checkpoint(folder.path, b.model, b.adam); })}) {
      bool good = error.find("checkpoint.previous.safetensors; rename it") != std::string::npos &&
                  error.find('\n') == std::string::npos;
      if (!good) UNSCOPED_INFO(what << " " << at << ": \"" << error << "\"");
      refused += good;
    }
  };
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    auto put = [&](size_t at, char byte) { file.seekp(static_cast<std::streamoff>(at)).put(byte).flush(); };
    for (size_t i = 0; i < whole.size(); ++i) {
      for (char flip : {'\x01', '\x20', '\xff'}) {
        put(i, static_cast<char>(whole[i] ^ flip));
        refuse("byte", i);
      }
      put(i, whole[i]);
    }
  }
  REQUIRE((slurp(path) == whole));
  spill(path, whole + '\0');
  refuse("size", whole.size() + 1);
  for (size_t size = whole.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    refuse("size", size);
  }
  CHECK(refused == 2 * tried);
  CHECK(values(b) == before);
  spill(path, whole);
  CHECK(read_checkpoint(folder.path).position.step == 7);
}

TEST_CASE("a checkpoint of something else is refused with the reason", "[checkpoint]") {
  Folder folder;
  Trained a(1), wide(1, 3);
  std::string path = folder / "checkpoint.safetensors";
  save_safetensors(path, {{"x", full({2}, 1.0)}});
  CHECK_THAT(message_of<FileError>([&] { read_checkpoint(folder.path); }),
             Contains("not a checkpoint") && Contains(path));
  save_safetensors(path, {}, {{"lexigrad_checkpoint", "2"}});
  CHECK_THAT(message_of<FileError>([&] { read_checkpoint(folder.path); }),
             Contains("Version 2") && Contains("reads 1"));
  save_safetensors(path, {}, {{"lexigrad_checkpoint", "1"}, {"state", "{}"}, {"config", "{}"}});
  CHECK_THAT(message_of<FileError>([&] { read_checkpoint(folder.path); }), Contains("state cannot be read"));
  save_checkpoint(folder.path, some_state, wide.model, wide.adam);
  CHECK_THAT(message_of<FileError>([&] { load_checkpoint(folder.path, a.model, a.adam); }),
             Contains("do not fit this run"));
  optim::SGD sgd(wide.model.parameters(), {.momentum = 0.9});
  CHECK_THAT(message_of<FileError>([&] { load_checkpoint(folder.path, wide.model, sgd); }),
             Contains("do not fit this run"));
}

namespace {

// The last line of the log of a run folder from tests/fixtures, resumed to step 40.
LogEntry resumed(const std::string& fixture) {
  Folder folder;
  std::string run = folder / "run";
  std::filesystem::copy(lexigrad::test::in_source("tests/fixtures/" + fixture), run);
  std::string json = slurp(run + "/config.json"), old = "/data/words.txt";
  spill(run + "/config.json", json.replace(json.find(old), old.size(), run + "/words.txt"));
  TrainConfig config = read_config(run);
  config.steps = 40;
  std::ostringstream out;
  resume(config, run, out, out);
  return read_log(run + "/log.jsonl").back();
}

}  // namespace

// Losses of runs of 40 steps by the version that made the folders.
TEST_CASE("run folders of version 1 of every kind still load and go on", "[checkpoint]") {
  for (const auto& [fixture, loss, validation] :
       {std::tuple{"checkpoint_v1", 2.351746082305908, 2.356647777557373},
        std::tuple{"checkpoint_v1_sgd", 1.3115899582735295, 0.5821806449828097},
        std::tuple{"checkpoint_v1_attention", 2.1187586784362793, 2.1489174365997314}}) {
    INFO(fixture);
    LogEntry last = resumed(fixture);
    CHECK((last.step == 40 && last.epoch == 2 && last.tokens == 616));
    CHECK(*last.loss == Approx(loss).epsilon(1e-5));
    CHECK(*last.validation == Approx(validation).epsilon(1e-5));
  }
}

TEST_CASE("a run folder of version 1 still loads and goes on", "[checkpoint]") {
  Folder folder;
  std::string run = folder / "run";
  std::filesystem::copy(lexigrad::test::in_source("tests/fixtures/checkpoint_v1"), run);
  Checkpoint begun = read_checkpoint(run);
  CHECK((begun.position.step == 16 && begun.position.epoch == 1 && begun.position.batch == 2 &&
         begun.position.tokens == 244));
  std::string json = slurp(run + "/config.json"), old = "/data/words.txt";
  spill(run + "/config.json", json.replace(json.find(old), old.size(), run + "/words.txt"));
  TrainConfig config = read_config(run);
  config.steps = 40;
  std::ostringstream out;
  resume(config, run, out, out);
  LogEntry last = read_log(run + "/log.jsonl").back();
  CHECK((last.step == 40 && last.epoch == 2 && last.tokens == 616));
  CHECK(*last.loss == Approx(2.351746082305908).epsilon(1e-5));  // of a run of 40 steps of that version
  CHECK(*last.validation == Approx(2.356647777557373).epsilon(1e-5));
}
