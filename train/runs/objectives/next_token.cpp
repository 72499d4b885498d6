#include "lexigrad/train/runs/objectives/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/mixed_dataset.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/train/loop/ahead_feed.h"
#include "lexigrad/train/loop/entropy.h"
#include "lexigrad/train/runs/make.h"
#include "lexigrad/train/runs/mix_weights.h"
#include "lexigrad/train/runs/objectives/objective.h"
#include "lexigrad/train/runs/run_text.h"

namespace lexigrad::train {
namespace {

using TrainingLoader = data::DataLoader<data::MixedDataset>;
using HeldOutLoader = data::DataLoader<data::NextTokenDataset>;

constexpr double kInitStd = 0.02;  // of the tables; GPT-2's. PyTorch's N(0, 1) takes a short run to outgrow

// The optimizer that keeps the fewest numbers.
const std::string& leanest() {
  auto slots = [](const optim::OptimizerKind& kind) {
    return optim::numbers_of(kind.slots(OptionValues(kind.options)), {1000, 100});
  };
  return std::min_element(optim::optimizers().begin(), optim::optimizers().end(),
                          [&](const auto& a, const auto& b) { return slots(a) < slots(b); })
      ->name;
}

// Weights of table, positions and head; the head's gradient is dense and so are its slots. Of a transformer's layer
// 12 matrices of dim x dim. The least that a run can do with; some KiB a layer beside them.
void check_memory(const TrainConfig& config, int64_t vocabulary) {
  double dim = static_cast<double>(config.dim), values = static_cast<double>(vocabulary) * dim;
  double slots =
      static_cast<double>(optim::numbers_of(optim::optimizers().at(config.optimizer).slots(config.options),
                                            {vocabulary, config.dim})) /
      values;
  bool attends = nn::encoders().at(config.encoder).attends;
  double layers = attends ? static_cast<double>(config.options.get<int64_t>("layers")) : 0;
  double averages = config.ema > 0 || config.swa > 0 ? 1 : 0;
  double ngrams = static_cast<double>(config.ngram_memory > 0 ? 0 : config.ngram_rows) * dim,
         matrices = layers * 12 * dim * dim;
  double weights = values * 2 + static_cast<double>(config.context) * dim + ngrams + matrices;
  double beside = values * (1 + slots + 2 * averages) + ngrams * averages + matrices * (1 + averages) +
                  layers * slots_of_layer(config);
  double size = config.dtype == "float64" ? 8 : 4;
  double needed = weights * (config.dtype == "bfloat16" ? 2 : size) + beside * size + layers * 1024 +
                  static_cast<double>(config.ngram_memory) * (1 << 20),
         free = static_cast<double>(available_memory());
  if (needed > free)
    fail_memory(
        "train",
        fmt::format(
            "A vocabulary of {} with --dim {}{} needs at least {:.1f} GiB, this machine has {:.1f} GiB "
            "free. Hint: a smaller --dim, {}a larger --min-count, or --optimizer {}",
            vocabulary, config.dim, attends ? fmt::format(" and --layers {}", layers) : "",
            needed / (1 << 30), free / (1 << 30), attends ? "fewer --layers, " : "", leanest()));
}

data::NextTokenDatasetOptions window_options(const TrainConfig& config, const std::vector<int64_t>& ends,
                                             int64_t stride) {
  return {.max_length = config.context, .stride = stride, .document_ends = ends};
}

void check_fills_window(const TrainConfig& config, const Corpus& corpus, const std::string& path) {
  const data::NextTokenDatasetOptions options = window_options(config, corpus.training_ends, config.stride);
  if (data::NextTokenDataset::windows_in(corpus.training.size(), options) > 0) return;
  fail_file("train",
            text("This corpus of the mix has ", corpus.training.size(), " tokens for training, ",
                 corpus.held_out.size(), " held out, and a window of --context ", config.context,
                 " with its last target needs ", config.document_mask ? 2 : config.context + 1,
                 ". Hint: leave it out, or give a smaller --context"),
            path);
}

nn::NextTokenModelOptions model_options(const TrainConfig& config, int64_t vocabulary,
                                        std::vector<int64_t> occurrences) {
  return {
      .vocabulary = vocabulary,
      .dim = config.dim,
      .max_length = config.context,
      .encoder = config.encoder,
      .encoder_options = config.options.only(nn::encoders().at(config.encoder).options),
      .positions = config.positions,
      .loss = config.loss,
      .loss_options = config.options.only(nn::head_losses().at(config.loss).options),
      .occurrences = std::move(occurrences),
      .layers = config.options.get<int64_t>("layers"),
      .heads = config.options.get<int64_t>("heads"),
      .block = {.dropout = config.options.get<double>("dropout"),
                .residual_std =
                    kInitStd / std::sqrt(2.0 * static_cast<double>(config.options.get<int64_t>("layers"))),
                .recompute = config.recompute},
      .bias = !config.tied,
      .tied = config.tied,
      .ngram_rows = config.ngram_rows,
      .init_std = kInitStd};
}

// Windows of the training text, shuffled and mixed as `config` says. Throws where a corpus does not fill one.
TrainingLoader training_loader(const TrainConfig& config, const RunText& text) {
  const std::vector<std::string> paths = text_paths(config);
  std::vector<data::NextTokenDataset> parts;
  for (const Corpus& corpus : text.corpora) {
    if (!config.mix.empty()) check_fills_window(config, corpus, paths[parts.size()]);
    parts.emplace_back(corpus.training, window_options(config, corpus.training_ends, config.stride));
  }
  return {data::MixedDataset(std::move(parts), mix_weights(config)), loader_options(config)};
}

class NextToken final : public Objective {
 public:
  NextToken(const TrainConfig& config, const RunText& text, const std::vector<int64_t>& occurrences,
            std::shared_ptr<PagedTable> ngrams)
      : config_(config),
        text_(text),
        ngrams_(std::move(ngrams)),
        model_(make_model(config, text.tokenizer->vocabulary_size(), occurrences, ngrams_)),
        loader_(training_loader(config, text)),
        loss_([this](const Tensor& inputs, const Tensor& targets) { return model_.loss(inputs, targets); }) {
    const std::vector<double> weights = mix_weights(config);
    double sum = 0;
    for (size_t i = 0; i < text.corpora.size(); ++i) {
      const Corpus& corpus = text.corpora[i];
      const data::NextTokenDatasetOptions options = window_options(config, corpus.held_out_ends, 0);
      if (data::NextTokenDataset::windows_in(corpus.held_out.size(), options) == 0) continue;
      held_out_loaders_.emplace_back(
          data::NextTokenDataset(corpus.held_out, options),
          data::DataLoaderOptions{.batch_size = config.batch, .seed = config.seed});
      held_out_.push_back({i, weights.empty() ? 1 : weights[i], held_out_loaders_.back().size()});
      sum += held_out_.back().share;
    }
    for (HeldOut& each : held_out_) each.share /= sum;
  }

  nn::Module& model() override { return model_; }
  const Tensor& table() const override { return model_.token().weight(); }
  const data::BatchSampler& sampler() const override { return loader_.sampler(); }
  std::string sample_name() const override { return "window"; }
  void set_order(data::ShuffleOrder order) override { loader_.set_order(order); }

  std::vector<int64_t> tokens_of(int64_t sample) const override {
    auto [inputs, targets] = loader_.dataset().gather(std::vector<int64_t>{sample});
    const int64_t *first = inputs.data<int64_t>(), *next = targets.data<int64_t>();
    auto count = static_cast<size_t>(inputs.numel());
    while (count > 1 && next[count - 1] == data::kNoTarget) --count;  // not of the document
    std::vector<int64_t> ids(first, first + count);
    ids.push_back(next[count - 1]);
    return ids;
  }

  std::unique_ptr<Feed> feed() override {
    if (!ngrams_) return std::make_unique<LoaderFeed<LossFunction, data::MixedDataset>>(loss_, loader_);
    return std::make_unique<AheadFeed<LossFunction, data::MixedDataset>>(
        loss_, loader_, *ngrams_,
        [this](const auto& batch) { return model_.ngrams()->rows_of(batch.inputs); });
  }
  std::unique_ptr<Feed> held_out_feed(size_t part) override {
    return std::make_unique<LoaderFeed<LossFunction, data::NextTokenDataset>>(loss_,
                                                                              held_out_loaders_.at(part));
  }

  std::vector<Yardstick> yardsticks(size_t part) const override {
    const Corpus& corpus = text_.corpora[held_out_.at(part).corpus];
    Entropies of = entropies(corpus.training, corpus.held_out, text_.tokenizer->vocabulary_size());
    return {{"unigram counts", of.unigram}, {"bigram counts", of.bigram}};
  }
  bool trains_held_out_loss() const override { return config_.loss == TrainConfig{}.loss; }
  Yardstick chance() const override {
    return {"ln V", std::log(static_cast<double>(text_.tokenizer->vocabulary_size()))};
  }
  std::string unit() const override { return "token"; }
  std::string described() const override {
    return fmt::format("dim {}, context {}, encoder {}, positions {}", config_.dim, config_.context,
                       config_.encoder, config_.positions);
  }

 private:
  const TrainConfig& config_;
  const RunText& text_;
  std::shared_ptr<PagedTable> ngrams_;
  nn::NextTokenModel model_;
  TrainingLoader loader_;
  std::vector<HeldOutLoader> held_out_loaders_;
  LossFunction loss_;
};

}  // namespace

nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary, std::vector<int64_t> occurrences,
                              std::shared_ptr<nn::RowTable> ngrams) {
  check_memory(config, vocabulary);
  manual_seed(static_cast<uint64_t>(config.seed));
  nn::NextTokenModelOptions options = model_options(config, vocabulary, std::move(occurrences));
  options.ngram_table = std::move(ngrams);
  nn::NextTokenModel model(options);
  if (config.dtype == "float64") model.to(float64);
  if (config.dtype == "bfloat16") model.to(bfloat16);
  return model;
}

ObjectiveKind next_token_objective() {
  return {.name = "next-token",
          .help = "each token from those before it",
          .options = {},
          .set_defaults = [](TrainConfig&) {},
          .fault = [](const TrainConfig&) { return OptionFault{}; },
          .check_text = [](const TrainConfig& config, const RunText& text) { training_loader(config, text); },
          .make = [](const TrainConfig& config, const RunText& text, const std::vector<int64_t>& occurrences,
                     std::shared_ptr<PagedTable> ngrams) -> std::unique_ptr<Objective> {
            return std::make_unique<NextToken>(config, text, occurrences, std::move(ngrams));
          }};
}

}  // namespace lexigrad::train
