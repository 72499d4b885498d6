#include "lexigrad/train/runs/make.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/run_folder.h"

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

NextTokenLoader make_loader(const TrainConfig& config, const data::TokenArray& tokens,
                            const std::vector<int64_t>& ends, bool training) {
  data::NextTokenDataset windows(
      tokens, {.max_length = config.context, .stride = training ? config.stride : 0, .document_ends = ends});
  return {windows, {.batch_size = config.batch, .shuffle = training && config.shuffle, .seed = config.seed}};
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

// The ends within the tokens begin..end-1, counted from `begin`.
std::vector<int64_t> ends_within(const std::vector<int64_t>& ends, int64_t begin, int64_t end) {
  std::vector<int64_t> out;
  for (int64_t each : ends)
    if (each > begin && each < end) out.push_back(each - begin);
  out.push_back(end - begin);
  return out;
}

data::TokenArray open_tokens(const std::string& path, RunText& out, std::vector<int64_t>& ends) {
  data::TokenFile file(path);
  ends = file.document_ends();
  out.sum = file.sum();
  out.bytes = file.sizes().text_bytes;
  out.tokenizer = file.tokenizer();
  return file.tokens();
}

void check_texts(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (is_run(path))
      fail_file("train", "This is a run and no text. Hint: --resume --out goes on with it", path);
    if (data::TokenFile::is_one(path))
      fail_file("train",
                "This is a token file among texts. Hint: name it alone, or the texts it was made from", path);
  }
}

data::TokenArray encode_texts(const TrainConfig& config, const std::vector<std::string>& paths,
                              RunText& out) {
  check_texts(paths);
  const data::Texts texts(paths, {.encoding = config.encoding});
  const bool learns = data::tokenizers().at(config.tokenizer).learns;
  out.kept_bytes = texts.kept_bytes();
  out.tokenizer =
      data::make_tokenizer(config.tokenizer, *data::joined_texts(texts.documents()), config.options);
  std::unique_ptr<data::ByteSource> source = data::joined_texts(texts.documents(!learns));
  data::TokenArrayBuilder ids(out.tokenizer->vocabulary_size(), static_cast<int64_t>(source->expected()) + 1);
  data::TextBlocks blocks(*source, *out.tokenizer);
  Xxh64 sum;
  for (std::string_view block; !(block = blocks.next()).empty();) {
    sum.update(block);
    out.bytes += static_cast<int64_t>(block.size());
    ids.append(*out.tokenizer, block);
  }
  out.sum = sum.hex();
  return std::move(ids).finish();
}

}  // namespace

std::vector<int64_t> RunText::occurrences() const {
  std::vector<int64_t> count(static_cast<size_t>(tokenizer->vocabulary_size()), 0);
  training.for_each_part([&](auto ids) {
    for (auto id : ids) ++count[static_cast<size_t>(id)];
  });
  return count;
}

std::vector<std::string> text_paths(const TrainConfig& config) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= config.text.size();) {
    size_t end = std::min(config.text.find('\n', at), config.text.size());
    out.push_back(config.text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string shown_paths(const TrainConfig& config) {
  return data::visible(fmt::format("{}", fmt::join(text_paths(config), ", ")));
}

RunText read_run_text(const TrainConfig& config) {
  const std::vector<std::string> paths = text_paths(config);
  const bool tokens = paths.size() == 1 && data::TokenFile::is_one(paths[0]);
  if (config.document_mask && !tokens)
    fail_file(
        "train",
        "--document-mask needs a token file, which says where texts end. Hint: lexigrad tokenize TEXT... --out "
        "NAME.tokens makes one",
        paths[0]);
  RunText out;
  std::vector<int64_t> ends;
  data::TokenArray all = tokens ? open_tokens(paths[0], out, ends) : encode_texts(config, paths, out);
  int64_t count = all.size(), held_out = static_cast<int64_t>(static_cast<double>(count) * config.validation),
          training = count - std::min(held_out, kMostHeldOut);
  out.training = all.slice(0, training);
  out.held_out = all.slice(training, count);
  if (config.document_mask) {
    out.training_ends = ends_within(ends, 0, training);
    out.held_out_ends = ends_within(ends, training, count);
  }
  return out;
}

NextTokenLoader make_training_loader(const TrainConfig& config, const RunText& text) {
  return make_loader(config, text.training, text.training_ends, true);
}
NextTokenLoader make_held_out_loader(const TrainConfig& config, const RunText& text) {
  return make_loader(config, text.held_out, text.held_out_ends, false);
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
