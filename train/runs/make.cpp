#include "lexigrad/train/runs/make.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/runs/mix_weights.h"

namespace lexigrad::train {
namespace {

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

}  // namespace

TrainingLoader make_training_loader(const TrainConfig& config, const RunText& text) {
  const std::vector<std::string> paths = text_paths(config);
  std::vector<data::NextTokenDataset> parts;
  for (const Corpus& corpus : text.corpora) {
    if (!config.mix.empty()) check_fills_window(config, corpus, paths[parts.size()]);
    parts.emplace_back(corpus.training, window_options(config, corpus.training_ends, config.stride));
  }
  return {data::MixedDataset(std::move(parts), mix_weights(config)),
          {.batch_size = config.batch,
           .shuffle = config.shuffle,
           .seed = config.seed,
           .shuffle_block = config.shuffle_block}};
}

std::vector<HeldOut> make_held_out(const TrainConfig& config, const RunText& text) {
  const std::vector<double> weights = mix_weights(config);
  std::vector<HeldOut> out;
  double sum = 0;
  for (size_t i = 0; i < text.corpora.size(); ++i) {
    const Corpus& corpus = text.corpora[i];
    const data::NextTokenDatasetOptions options = window_options(config, corpus.held_out_ends, 0);
    if (data::NextTokenDataset::windows_in(corpus.held_out.size(), options) == 0) continue;
    out.push_back({i,
                   weights.empty() ? 1 : weights[i],
                   {data::NextTokenDataset(corpus.held_out, options),
                    {.batch_size = config.batch, .seed = config.seed}}});
    sum += out.back().share;
  }
  for (HeldOut& each : out) each.share /= sum;
  return out;
}

std::shared_ptr<PagedTable> make_ngram_table(const TrainConfig& config) {
  if (config.ngram_memory == 0 || config.ngram_rows == 0) return nullptr;
  return std::make_shared<PagedTable>(
      PagedTableOptions{.rows = config.ngram_rows, .dim = config.dim, .memory = config.ngram_memory << 20});
}

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

double slots_of_layer(const TrainConfig& config) {
  const optim::OptimizerKind& kind = optim::optimizers().at(config.optimizer);
  const optim::SlotKinds slots = kind.matrix_slots.empty() ? kind.slots(config.options) : kind.matrix_slots;
  int64_t numbers = 0, dim = config.dim;
  for (const Shape& shape : {Shape{dim, 3 * dim}, Shape{dim, dim}, Shape{dim, 4 * dim}, Shape{4 * dim, dim}})
    numbers += optim::numbers_of(slots, shape);
  return static_cast<double>(numbers);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::Module& model) {
  const optim::OptimizerKind& kind = optim::optimizers().at(config.optimizer);
  return kind.make(model.parameters(), {.lr = learning_rate(config),
                                        .rows = optim::rows_by_name(config.rows),
                                        .options = config.options,
                                        .no_decay = config.no_decay});
}

optim::Schedule make_schedule(const TrainConfig& config, int64_t total) {
  return optim::make_schedule(config.schedule, total, config.options);
}

}  // namespace lexigrad::train
