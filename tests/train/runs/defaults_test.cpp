// Whatever is chosen by name learns with the defaults of the rest, and what has not learnt is said.
#include <cmath>
#include <set>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// A small run, and the summary that it prints.
struct Trained {
  Folder folder;
  std::ostringstream out, progress;
  double held_out = NAN, chance = 0;

  Trained(const std::string& text, train::TrainConfig config) {
    config.text = folder / "text";
    config.validation = 0.1;
    spill(config.text, text);
    train::train(config, folder / "run", out, progress);
    held_out = train::read_log(folder / "run/log.jsonl").back().validation.value();
    chance = std::log(static_cast<double>(train::load_run_tokenizer(folder / "run")->vocabulary_size()));
  }
};

train::TrainConfig small(int64_t steps) {
  train::TrainConfig config;
  config.dim = 16;
  config.context = 8;
  config.steps = steps;
  config.options.set("negatives", int64_t{16});
  return config;
}

bool acts_in_attention(const std::string& positions) {
  return nn::make_positions(positions, {.max_length = 8, .dim = 16, .heads = 4})->in_attention();
}

}  // namespace

namespace {

// Runs `optimizer` with every encoder, position method and loss; unless `thorough`, attention meets one position
// method, and the losses the plain encoder. The number of combinations.
int learns_with_all(const std::string& optimizer, bool thorough) {
  std::string text = data::make_planted_corpus(
                         {.classes = 4, .words_per_class = 6, .sentences = 600, .controls_per_class = 1})
                         .text;
  int combinations = 0;
  auto learns = [&](const train::TrainConfig& config) {
    INFO(config.optimizer << " " << config.encoder << " " << config.positions << " " << config.loss);
    Trained run(text, config);
    CHECK(run.held_out < run.chance - 0.05);
    CHECK(run.out.str().find("warning") == std::string::npos);
    ++combinations;
  };
  for (const auto& encoder : nn::encoders()) {
    if (nn::encoders().is_own(encoder)) continue;
    train::TrainConfig config = small(60);
    config.optimizer = optimizer;
    config.encoder = encoder.name;
    for (const auto& positions : nn::position_methods()) {
      if (nn::position_methods().is_own(positions) ||
          (acts_in_attention(positions.name) && !encoder.attends) ||
          (!thorough && encoder.attends && positions.name != "learned"))
        continue;
      config.positions = positions.name;
      learns(config);
    }
    config.positions = "learned";
    for (const auto& loss : nn::head_losses()) {
      if (nn::head_losses().is_own(loss) || loss.name == "softmax" || (!thorough && encoder.name != "none"))
        continue;
      config.loss = loss.name;
      // Scores that nothing normalises take longer, but cost less.
      config.steps = encoder.attends ? 60 : thorough ? 600 : 300;
      learns(config);
    }
  }
  return combinations;
}

}  // namespace

TEST_CASE("sgd, adam and adamw learn with every encoder, position method and loss by their own defaults",
          "[defaults]") {
  for (const char* optimizer : {"sgd", "adam", "adamw"})
    CHECK(learns_with_all(optimizer, true) == (11 + 3 + 3) + 3 * 3);
}

TEST_CASE("every other optimizer learns with every encoder and loss by its own defaults", "[defaults]") {
  int others = 0;
  for (const auto& optimizer : optim::optimizers()) {
    if (optim::optimizers().is_own(optimizer) ||
        std::set<std::string>{"sgd", "adam", "adamw"}.contains(optimizer.name))
      continue;
    CHECK(learns_with_all(optimizer.name, false) == (1 + 3 + 3) + 3);
    ++others;
  }
  CHECK(others == 13);
}

TEST_CASE("a run that ends above ln V says so, and what it might be", "[defaults]") {
  std::string text = random_text(40, 2000);
  train::TrainConfig config = small(6);
  config.optimizer = "sgd";
  config.lr = 20;
  CHECK_THAT(Trained(text, config).out.str(),
             Contains("warning: the loss is above that of chance, ln V = 3.") &&
                 Contains("a smaller --lr (it was 20)"));
  config = small(400);
  config.lr = 0.05;
  CounterRng random(5);
  std::string noise;
  for (uint64_t i = 0; i < 300; ++i) noise += "w" + std::to_string(random.below(40, 0, i)) + " ";
  CHECK_THAT(Trained(noise, config).out.str(),
             Contains("warning: held-out text is predicted worse than by chance"));
}

TEST_CASE("config.json has the values that a run has used", "[defaults]") {
  train::TrainConfig config = small(0);
  config.optimizer = "sgd";
  Trained plain(random_text(40, 2000), config);
  train::TrainConfig used = train::read_config(plain.folder / "run");
  CHECK((used.lr == 1 && used.stride == 8 && used.epochs == 10 && used.steps % 10 == 0));
  CHECK(train::read_log(plain.folder / "run/log.jsonl").back().step == used.steps);
  for (auto [encoder, loss] : {std::pair{"attention", "softmax"}, {"none", "nce"}}) {
    config = small(3);
    config.optimizer = "sgd";
    config.encoder = encoder;
    config.loss = loss;
    CHECK(train::read_config(Trained(random_text(40, 2000), config).folder / "run").lr == 0.03);
  }
}

TEST_CASE("the summary shows words of letters in any script, the frequent ones first", "[defaults]") {
  auto shown = [](const std::string& text) {
    std::string out = Trained(text, small(3)).out.str();
    std::vector<std::string> words;
    std::istringstream lines(out.substr(out.find("before -> after\n") + 16));
    for (std::string line; std::getline(lines, line) && line.starts_with("  ");)
      words.push_back(line.substr(2, line.find(' ', 2) - 2));
    return words;
  };
  auto times = [](const std::string& text, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += text + ' ';
    return out;
  };
  CHECK(shown(times("\u6211\u4eec", 9) + times("\u6211\u4eec\u5b66\u4e60\uff0c\u3002......", 40)) ==
        Words{"\u4eec", "\u6211", "\u4e60", "\u5b66"});
  CHECK(shown(times("... 12345 \u043f\u0440\u0438\u0432\u0435\u0442 \u0434\u0430 ,,,,,, aaaaaa", 40)) ==
        Words{"aaaaaa", "\u043f\u0440\u0438\u0432\u0435\u0442", "\u0434\u0430"});
}

TEST_CASE("a run starts from the vectors of another, where their words are", "[defaults]") {
  Folder folder;
  spill(folder / "a.vec", "3 4\nw1 1 2 3 4\nw2 -1 0.5 0 2\nother 9 9 9 9\n");
  train::TrainConfig config = small(2);
  config.dim = 4;
  config.vectors = folder / "a.vec";
  Trained run(random_text(40, 2000), config);
  CHECK_THAT(run.out.str(), Contains("start   2 of ") && Contains("a.vec"));
  train::WordVectors start = train::load_vectors(run.folder / "run/vectors_start.safetensors");
  auto row = [&](const char* word) {
    auto at = std::find(start.words.begin(), start.words.end(), word) - start.words.begin();
    return start.rows[at].to_vector<float>();
  };
  CHECK(row("w1") == std::vector<float>{1, 2, 3, 4});
  CHECK(row("w2") == std::vector<float>{-1, 0.5, 0, 2});
  config.vectors = run.folder / "run";
  CHECK_THAT(Trained(random_text(40, 2000), config).out.str(),
             Contains("start   4"));  // all 40 words and marks
  auto fails = [&](const std::string& vectors, int64_t dim) {
    spill(folder / "text", random_text(40, 2000));
    config.text = folder / "text";
    config.dim = dim;
    config.vectors = vectors;
    std::ostringstream out;
    CHECK_THROWS_AS(train::train(config, folder / "run", out, out), FileError);
    CHECK_FALSE(std::filesystem::exists(folder / "run"));
  };
  fails(folder / "a.vec", 5);
  spill(folder / "b.vec", "1 4\nother 9 9 9 9\n");
  fails(folder / "b.vec", 4);
  fails(folder / "none.vec", 4);
}

TEST_CASE("no-decay leaves parameters out, by names", "[defaults]") {
  auto vectors = [](double decay, const Words& without) {
    train::TrainConfig config = small(20);
    config.optimizer = "adamw";
    config.options.set("weight-decay", decay);
    config.no_decay = without;
    return slurp(Trained(random_text(40, 2000), config).folder / "run/vectors.safetensors");
  };
  CHECK((vectors(0.5, {"*"}) == vectors(0, {})));
  CHECK((vectors(0.5, {"token.*", "*"}) == vectors(0, {})));
  CHECK((vectors(0.5, {"token.weight"}) != vectors(0.5, {})));
}
