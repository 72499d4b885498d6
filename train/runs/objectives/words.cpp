#include "lexigrad/train/runs/objectives/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/sentences.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/nn/models/cbow.h"
#include "lexigrad/nn/models/skip_gram.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/make.h"
#include "lexigrad/train/runs/objectives/objective.h"
#include "lexigrad/train/runs/run_text.h"

namespace lexigrad::train {
namespace {

constexpr const char *kLoss = "negative-sampling", *kSampler = "unigram";
constexpr uint64_t kHeldOutDraws = uint64_t{1} << 62;  // the first step of them, behind those of training

using Loader = data::DataLoader<data::SentenceDataset>;
using SentenceLoss = std::function<nn::Loss(const Tensor&)>;

// Draws for each batch what it drew in other passes.
class HeldOutFeed final : public Feed {
 public:
  HeldOutFeed(SentenceLoss loss, Loader& loader) : feed_(std::move(loss), loader) {}
  void seek(int64_t epoch, int64_t batch) override { feed_.seek(epoch, batch_ = batch); }
  bool done() const override { return feed_.done(); }
  void advance() override { feed_.advance(), ++batch_; }
  nn::Loss loss() const override {
    DrawStep draws(kHeldOutDraws + static_cast<uint64_t>(batch_));
    return feed_.loss();
  }

 private:
  LoaderFeed<SentenceLoss, data::SentenceDataset> feed_;
  int64_t batch_ = 0;
};

// Tokens that stand for no word.
std::vector<int64_t> left_out(const data::Tokenizer& tokenizer) {
  std::vector<int64_t> out;
  for (const data::SpecialToken& each : tokenizer.special_tokens()) out.push_back(each.id);
  return out;
}

nn::WordModelOptions model_options(const TrainConfig& config) {
  return {.dim = config.dim,
          .window = config.options.get<int64_t>("window"),
          .negatives = static_cast<double>(config.options.get<int64_t>("negatives")),
          .subsample = config.options.get<double>("subsample"),
          .power = config.options.get<double>("power"),
          .dtype = config.dtype == "float64" ? float64 : float32};
}

int64_t words_in(const Tensor& sentences) {
  const int64_t* ids = sentences.data<int64_t>();
  return sentences.numel() - std::count(ids, ids + sentences.numel(), -1);
}

template <class Model>
std::unique_ptr<nn::WordModel> make_model(const TrainConfig& config, std::vector<int64_t> occurrences,
                                          const data::Tokenizer& tokenizer) {
  for (int64_t id : left_out(tokenizer)) occurrences[static_cast<size_t>(id)] = 0;
  nn::WordModelOptions options = model_options(config);
  // A small vocabulary has no word that is rare.
  const auto words =
      std::count_if(occurrences.begin(), occurrences.end(), [](int64_t times) { return times > 0; });
  if (options.subsample > 0) options.subsample = std::max(options.subsample, 4 / static_cast<double>(words));
  manual_seed(static_cast<uint64_t>(config.seed));
  return std::make_unique<Model>(occurrences, options);
}

Loader sentence_loader(const TrainConfig& config, const data::TokenArray& tokens, std::vector<int64_t> ends,
                       const data::Tokenizer& tokenizer, const data::DataLoaderOptions& options) {
  return {data::SentenceDataset(
              tokens, {.length = config.context, .ends = std::move(ends), .left_out = left_out(tokenizer)}),
          options};
}

class Words final : public Objective {
 public:
  Words(const TrainConfig& config, const RunText& text, std::unique_ptr<nn::WordModel> model)
      : config_(config),
        model_(std::move(model)),
        loader_(sentence_loader(config, text.corpora[0].training, text.corpora[0].training_ends,
                                *text.tokenizer, loader_options(config))),
        loss_([this](const Tensor& sentences) {
          const nn::Loss loss = model_->forward(sentences);
          return nn::Loss{loss.sum, words_in(sentences), loss.weight};  // a run counts what it has read
        }) {
    const Corpus& corpus = text.corpora[0];
    if (corpus.held_out.size() == 0) return;
    held_out_loader_.emplace(sentence_loader(config, corpus.held_out, corpus.held_out_ends, *text.tokenizer,
                                             {.batch_size = config.batch, .seed = config.seed}));
    held_out_.push_back({0, 1, held_out_loader_->size()});
    if (measured_pairs() == 0) held_out_.clear();
  }

  nn::Module& model() override { return *model_; }
  const Tensor& table() const override { return model_->token().weight(); }
  std::vector<Tensor> shown_tables() const override {
    if (!config_.options.get<bool>("plus-contexts")) return {table()};
    return {table(), model_->context().weight()};
  }
  const data::BatchSampler& sampler() const override { return loader_.sampler(); }
  std::string sample_name() const override { return "passage"; }
  void set_order(data::ShuffleOrder order) override { loader_.set_order(order); }
  std::vector<int64_t> tokens_of(int64_t sample) const override {
    auto ids = loader_.dataset().gather(std::vector<int64_t>{sample}).to_vector<int64_t>();
    std::erase(ids, -1);
    return ids;
  }

  std::unique_ptr<Feed> feed() override {
    return std::make_unique<LoaderFeed<SentenceLoss, data::SentenceDataset>>(loss_, loader_);
  }
  std::unique_ptr<Feed> held_out_feed(size_t) override {
    return std::make_unique<HeldOutFeed>(loss_, *held_out_loader_);
  }

  std::vector<Yardstick> yardsticks(size_t) const override {
    return {{"counts of words", model_->loss_of_counts()}};
  }
  bool trains_held_out_loss() const override { return true; }
  Yardstick chance() const override {
    return {"(1 + negatives) ln 2", (1 + model_options(config_).negatives) * std::numbers::ln2};
  }
  std::string unit() const override { return "pair"; }
  std::string described() const override {
    const nn::WordModelOptions o = model_options(config_);
    return fmt::format("dim {}, {} of {} words a side, {} negatives, subsample {:g}", o.dim,
                       config_.objective, o.window, o.negatives, o.subsample);
  }

 private:
  double measured_pairs() {
    NoGrad off;
    double pairs = 0;
    const std::unique_ptr<Feed> feed = held_out_feed(0);
    for (feed->seek(0, 0); pairs == 0 && !feed->done(); feed->advance()) pairs += feed->loss().weight;
    return pairs;
  }

  const TrainConfig& config_;
  std::unique_ptr<nn::WordModel> model_;
  Loader loader_;
  std::optional<Loader> held_out_loader_;
  SentenceLoss loss_;
};

void set_defaults(TrainConfig& config) {
  config.dim = 100;
  config.context = 200;
  config.batch = 8;
  config.loss = kLoss;
  config.optimizer = "sgd";
  config.schedule = "linear";
  config.clip_row = 15;
  config.rows = "lazy";
  config.validation = 0.01;
  config.options.set("momentum", 0.0);
  config.options.set("weight-decay", 0.0);
  config.options.set("sampler", std::string(kSampler));
  config.options.set("negatives", int64_t{5});
  config.options.set("min-count", int64_t{5});
}

OptionFault fault(const TrainConfig& config) {
  const TrainConfig standard;
  const std::pair<const char*, bool> others[] = {
      {"stride", config.stride != standard.stride && config.stride != config.context},
      {"document-mask", config.document_mask},
      {"mix", !config.mix.empty()},
      {"encoder", config.encoder != standard.encoder},
      {"positions", config.positions != standard.positions},
      {"tied", config.tied},
      {"ngram-rows", config.ngram_rows > 0},
      {"recompute", config.recompute}};
  for (const auto& [flag, given] : others)
    if (given) return {flag, " is for --objective next-token. Hint: leave it out"};
  if (config.loss != kLoss)
    return {"loss",
            text(" is ", config.loss, "; --objective ", config.objective, " learns by --loss ", kLoss)};
  if (config.options.get<std::string>("sampler") != kSampler)
    return {"sampler",
            text(" must be ", kSampler, " under --objective ", config.objective, ". Hint: leave it out")};
  if (config.dtype == "bfloat16") return {"dtype", " bfloat16 is for --objective next-token"};
  return {};
}

// The most words of a sentence that are known; of sentences behind the first with two, none is looked at.
int64_t most_words(const Corpus& corpus, const std::vector<int64_t>& unknown) {
  constexpr int64_t some = 1 << 16;
  const int64_t size = corpus.training.size();
  int64_t most = 0, words = 0, place = 0;
  auto end = corpus.training_ends.begin();
  while (place < size && most < 2)
    corpus.training.slice(place, std::min(place + some, size)).for_each_part([&](auto ids) {
      for (auto id : ids) {
        words += std::find(unknown.begin(), unknown.end(), static_cast<int64_t>(id)) == unknown.end();
        most = std::max(most, words);
        if (++place == *end) ++end, words = 0;
      }
    });
  return most;
}

void check_text(const TrainConfig& config, const RunText& text) {
  const int64_t most = most_words(text.corpora[0], left_out(*text.tokenizer));
  if (most > 1) return;
  fail_file("train",
            most == 0
                ? "No word of it occurs as often as --min-count says. Hint: a smaller --min-count"
                : "Each of its lines has one word, and words are learnt from others in their line. Hint: "
                  "sentences as lines, or more words by a smaller --min-count",
            config.text);
}

template <class Model>
ObjectiveKind kind(const char* name, const char* help, double sgd_lr) {
  const nn::WordModelOptions standard;
  return {
      .name = name,
      .help = help,
      .options =
          {{"window", standard.window, Whole{1, 1000},
            "words on each side of a word that are near it, of skipgram and cbow; each word draws 1..window"},
           {"subsample", standard.subsample, Real{0, 1},
            "words of a larger share of the text, and of more than four times the mean, are left out at random, "
            "of skipgram and cbow; 0: none"},
           {"plus-contexts",
            false,
            {},
            "vectors are the sum of a word's as a word and as one that is predicted"}},
      .sums = true,
      .sgd_lr = sgd_lr,
      .fewest_epochs = 5,
      .most_epochs = 100,
      .sentences = true,
      .set_defaults = set_defaults,
      .fault = fault,
      .check_text = check_text,
      .make = [](const TrainConfig& config, const RunText& text, const std::vector<int64_t>& occurrences,
                 std::shared_ptr<PagedTable>) -> std::unique_ptr<Objective> {
        check_text(config, text);
        return std::make_unique<Words>(config, text, make_model<Model>(config, occurrences, *text.tokenizer));
      }};
}

}  // namespace

ObjectiveKind skip_gram_objective() {
  return kind<nn::SkipGram>("skipgram", "vectors of words: each word predicts those around it", 0.05);
}

ObjectiveKind cbow_objective() {
  return kind<nn::Cbow>("cbow", "the same: the words around it together predict each word", 0.2);
}

}  // namespace lexigrad::train
