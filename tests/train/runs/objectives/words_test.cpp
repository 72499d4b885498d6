// Runs that learn vectors of words from the words around them.
#include <cmath>
#include <set>

#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/data/datasets/sentences.h"
#include "lexigrad/nn/models/skip_gram.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// 40 words in lines of 12, and a few that come once.
struct Sentences : SmallRuns {
  Sentences() { spill(text, random_text(40, 2400) + "once upon a time\nalone\n\n"); }
  train::TrainConfig config() const {
    train::TrainConfig out = train::TrainConfig::of("skipgram");
    out.text = text;
    out.dim = 8;
    out.context = 40;
    out.batch = 4;
    out.epochs = 2;
    return out;
  }
  Words flags(const char* run) const {
    return {"train", text, "--objective", "skipgram", "--dim", "8", "--epochs", "2", "--out", folder / run};
  }
};

}  // namespace

TEST_CASE("the command trains skip-gram with defaults of its own; those that are given win", "[objectives]") {
  Sentences small;
  CommandResult result = run_command(small.flags("run") + Words{"--negatives", "7"});
  INFO(result.err);
  REQUIRE(result.exit == 0);
  for (const char* part : {"skipgram of 5 words a side, 7 negatives", "passages", "a held-out pair",
                           "counts of words", "held-out loss", "nats a pair"})
    CHECK_THAT(result.out, Contains(part));
  const train::TrainConfig used = train::read_config(small.folder / "run"),
                           standard = train::TrainConfig::of("skipgram");
  CHECK(used.dim == 8);
  CHECK(used.options.get<int64_t>("negatives") == 7);
  CHECK(used.options.get<int64_t>("min-count") == 5);
  CHECK(used.lr == 0.05);
  CHECK((used.rows == "lazy" && used.schedule == "linear" && used.optimizer == "sgd"));
  CHECK(used.clip_row == standard.clip_row);
  CHECK(train::TrainConfig{}.dim == 64);
  CHECK(run_command({"neighbors", small.folder / "run", "w1"}).exit == 0);
  CHECK(run_command({"train", "--resume", "--out", small.folder / "run"}).exit == 0);
  CHECK_THAT(run_command({"train", "--replay", "3", "--out", small.folder / "run"}).out,
             Contains("nats a pair") && Contains("passage "));
  CHECK_THAT(failed_command(1, {"generate", small.folder / "run", "--prompt", "w1"}),
             Contains("--objective skipgram") && Contains("lexigrad neighbors"));
  CommandResult plan = run_command(Words{"train", small.text, "--objective", "skipgram", "--plan"});
  CHECK(plan.exit == 0);
  CHECK_THAT(plan.out, Contains("passages") && Contains("parameters: contexts") && !Contains("encoder"));
}

TEST_CASE("what a run of skip-gram learns is what its model learns by hand", "[objectives]") {
  Sentences small;
  train::TrainConfig config = small.config();
  config.steps = 3, config.validation = 0;
  const std::string run = small.run("run", config);
  const auto tokenizer = train::load_run_tokenizer(run);

  // Line by line, as the text has them; rare words are none.
  std::vector<int64_t> ids, ends, occurrences(static_cast<size_t>(tokenizer->vocabulary_size()), 0);
  const std::string text = slurp(small.text);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    for (int64_t id : tokenizer->encode(text.substr(at, end - at))) ids.push_back(id);
    if (end > at) ends.push_back(static_cast<int64_t>(ids.size()));
    at = end + 1;
  }
  const int64_t unknown = tokenizer->vocabulary().find("<|unk|>");
  REQUIRE(std::count(ids.begin(), ids.end(), unknown) == 5);
  for (int64_t id : ids) ++occurrences[static_cast<size_t>(id)];
  occurrences[static_cast<size_t>(unknown)] = 0;

  manual_seed(static_cast<uint64_t>(config.seed));
  const auto words = std::count_if(occurrences.begin(), occurrences.end(), [](int64_t n) { return n > 0; });
  nn::SkipGram model(occurrences, {.dim = 8, .negatives = 5, .subsample = 4 / static_cast<double>(words)});
  data::DataLoader loader(data::SentenceDataset(ids, {.length = 40, .ends = ends, .left_out = {unknown}}),
                          {.batch_size = 4, .shuffle = true, .seed = config.seed});
  optim::SGD sgd(model.parameters(), {.lr = 0.05, .rows = optim::Rows::lazy});
  train::Trainer trainer(
      [&](const Tensor& sentences) { return model(sentences); }, sgd, loader,
      {.sum_gradients = true, .clip_row = 15, .schedule = optim::make_schedule("linear", 3, config.options)});
  for (int step = 0; step < 3; ++step) trainer.step();
  CHECK(equal(train::load_vectors(run + "/vectors.safetensors").rows, model.token().weight().detach()));
  CHECK(norm(model.token().weight().detach()[unknown]).item<double>() == 0);
}

TEST_CASE("words of one kind have converged, and the held-out loss is below that of counts", "[objectives]") {
  SmallRuns runs;
  spill(runs.text, data::make_planted_corpus({.sentences = 4000}).text);
  for (const std::string objective : {"skipgram", "cbow"}) {
    const std::string run = runs.folder / objective;
    CommandResult result = run_command({"train", runs.text, "--objective", objective, "--out", run});
    INFO(result.err);
    REQUIRE(result.exit == 0);
    CHECK_THAT(result.out, Contains("nats a pair: below "));
    const auto log = train::read_log(run + "/log.jsonl");
    CHECK(log.back().validation.value() < log.front().validation.value() - 0.3);
    CHECK_THAT(run_command({"neighbors", run, "cat", "-k", "3"}).out, Contains("dog") || Contains("horse"));
    CHECK_THAT(run_command({"neighbors", run, "apple", "-k", "3"}).out,
               Contains("banana") || Contains("pear"));
  }
}

TEST_CASE("a held-out loss of pairs is the same in each pass, and of other draws than training's",
          "[objectives]") {
  Sentences small;
  train::TrainConfig config = small.config();
  config.validation = 0.2;
  train::RunParts parts(config, "");
  REQUIRE(parts.objective->held_out().size() == 1);
  const double once = held_out_loss(parts);
  CHECK(held_out_loss(parts) == once);
  parts.trainer.step();
  CHECK(held_out_loss(parts) != once);
  const double chance = parts.objective->chance().loss;
  // Contexts begin at zero; a noise word that is the target does not count.
  CHECK(chance == Approx(6 * std::log(2.0)));
  CHECK((once < chance && once > 0.95 * chance));
  CHECK(parts.objective->yardsticks(0).back().loss < chance);
}

TEST_CASE("what does not go with an objective is named", "[objectives]") {
  Sentences small;
  for (const Words& flags :
       {Words{"--encoder", "attention"}, Words{"--positions", "none"}, Words{"--tied"},
        Words{"--stride", "3"}, Words{"--document-mask"}, Words{"--ngram-rows", "100"}, Words{"--recompute"},
        Words{"--dtype", "bfloat16"}, Words{"--loss", "softmax"}}) {
    INFO(flags.front());
    CHECK_THAT(failed_command(2, small.flags("run") + flags), Contains(flags.front()));
  }
  for (const Words& flags : {Words{"--window", "3"}, Words{"--subsample", "0"}})
    CHECK_THAT(failed_command(2, Words{"train", small.text, "--out", small.folder / "run"} + flags),
               Contains(flags.front()) && Contains("--objective skipgram"));
  CHECK_THAT(failed_command(2, {"train", small.text, "--out", small.folder / "run", "--objective", "words"}),
             Contains("--objective") && Contains("skipgram"));
  CHECK_THAT(failed_command(1, small.flags("run") + Words{"--min-count", "5000"}),
             Contains("occurs 5000 times"));
  CHECK(small.folder.files() == 1);
}

TEST_CASE("texts without a pair of words are refused", "[objectives]") {
  SmallRuns runs;
  for (const std::string& text :
       {std::string("one\ntwo\none\ntwo\n"), std::string("one one\n"), std::string("\n\n")}) {
    INFO(text);
    spill(runs.text, text);
    const bool alone = text != "one one\n";
    CommandResult result = run_command({"train", runs.text, "--objective", "skipgram", "--min-count", "1",
                                        "--validation", "0", "--epochs", "1", "--out", runs.folder / "run"});
    CHECK(result.exit == (alone ? 1 : 0));
    if (alone) CHECK_THAT(result.err, Contains("Hint: "));
    std::filesystem::remove_all(runs.folder / "run");
  }
}

TEST_CASE("vectors may be the sum of both tables", "[objectives]") {
  Sentences small;
  train::TrainConfig config = small.config();
  config.options.set("plus-contexts", true);
  const std::string run = small.run("run", config);
  const train::SafetensorsFile file = train::load_safetensors(run + "/checkpoint.safetensors");
  const Tensor *token = file.find("model.token.weight"), *context = file.find("model.context.weight");
  REQUIRE((token && context));
  CHECK(equal(train::load_vectors(run + "/vectors.safetensors").rows, *token + *context));
}

TEST_CASE("documents of a token file are sentences", "[objectives]") {
  Sentences small;
  const std::string tokens = small.folder / "t.tokens";
  REQUIRE(run_command({"tokenize", small.text, "--tokenizer", "word", "--out", tokens}).exit == 0);
  CHECK(run_command({"train", tokens, "--objective", "skipgram", "--dim", "8", "--epochs", "1", "--out",
                     small.folder / "run"})
            .exit == 0);
}
