// Everything that decides what a training run computes; kept as config.json in the run folder
// and in checkpoints.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/nn/losses/head_losses.h"
#include "lexigrad/nn/models/encoders.h"
#include "lexigrad/nn/positions/methods.h"
#include "lexigrad/train/optim/optimizers.h"
#include "lexigrad/train/optim/schedules/schedules.h"
#include "lexigrad/train/runs/objectives/objectives.h"

namespace lexigrad::train {

/// Options of what a run chooses by name, from the tables.
struct RunOptions {
  static std::vector<Option> objective(), tokenizer(), encoder(), loss(), schedule(), optimizer();
  /// The defaults of them all.
  static OptionValues defaults();
};

/// Limits of a list of words: two in each, as A:B.
struct WordPairs {};

struct TrainConfig {
  std::string text;  ///< paths, one a line; "-" is standard input
  std::string encoding = "auto";
  std::string objective = "next-token";
  std::string tokenizer{data::WordTokenizer::kKind};
  int64_t dim = 64;
  int64_t context = 16;
  int64_t stride = 0;
  int64_t batch = 16;
  int64_t accumulate = 1;
  bool document_mask = false;
  std::string mix;  ///< weights of the texts, "0.7,0.3"; empty: one behind another
  bool shuffle = true;
  int64_t shuffle_block = 0;
  std::string encoder = "none";
  std::string positions = "learned";
  bool tied = false;
  int64_t ngram_rows = 0;
  int64_t ngram_memory = 0;
  double ngram_lr = 0.05;
  std::string vectors;
  std::string loss = "softmax";
  std::string optimizer = "adam";
  double lr = 0;
  std::string schedule = "constant";
  double clip_value = 0;
  double clip_row = 0;
  double clip_norm = 0;
  double ema = 0;
  int64_t swa = 0;
  std::vector<std::string> no_decay;
  std::string rows = "dense";
  int64_t epochs = 0;
  int64_t steps = 0;
  double validation = 0.1;
  int64_t seed = 123;
  int64_t threads = 0;
  bool recompute = false;
  std::string dtype = "float32";
  int64_t save_every = 0;
  bool check_numerics = false;
  std::vector<std::string> watch;
  int64_t patience = 0;
  bool keep_best = false;
  int64_t keep = 0;
  bool log_norms = false;
  double spikes = 0;
  bool table_stats = false;
  bool tensorboard = false;
  bool strict = false;
  /// Options of objective, tokenizer, encoder, loss, schedule and optimizer: "momentum", "min-count", ...
  OptionValues options = RunOptions::defaults();

  /// The one list of options: visit(flag, member, limits, help) for each.
  template <class Config, class Visit>
  static void fields(Config& c, const Visit& visit);

  /// The defaults under an objective.
  static TrainConfig of(const std::string& objective);
  /// Throws std::invalid_argument naming the flag of the first value outside its range.
  void check() const;
};

/// One flat JSON object, keys as the flags.
std::string config_json(const TrainConfig& config);
/// Reads it back; `path` is for the FileError of a text that is not such an object. Unknown keys are errors.
TrainConfig parse_config(const std::string& json, const std::string& path);
/// The same with the values that a run takes where the config has 0: learning rate, stride and, where an epoch
/// has `epoch` batches, epochs and steps.
TrainConfig with_values_used(TrainConfig config, int64_t epoch);
/// The learning rate, or the default of the optimizer under that encoder and loss.
double learning_rate(const TrainConfig& config);
/// What decides the numbers of a step: the same without threads, how often it is saved and what watches.
TrainConfig numbers_of(TrainConfig config);
/// Where `now` differs from the run's own options, apart from those that numbers_of() drops and, where
/// the schedule does not depend on them, steps and epochs: "--dim 16 (the run has 64), ..."; empty where it
/// does not. The text counts by its path.
std::string contradictions(const TrainConfig& now, const TrainConfig& run);

namespace detail {

inline constexpr int64_t kMany = int64_t{1} << 40;

template <class T>
auto limits_of(const Option& option) {
  using Limits =
      std::conditional_t<std::is_same_v<T, int64_t>, Whole,
                         std::conditional_t<std::is_same_v<T, double>, Real, std::vector<std::string>>>;
  if (auto* limits = std::get_if<Limits>(&option.valid)) return *limits;
  if constexpr (std::is_same_v<Limits, Whole>)
    return Whole{0, kMany};
  else if constexpr (std::is_same_v<Limits, Real>)
    return Real{0, std::numeric_limits<double>::infinity()};
  else
    return Limits{};
}

template <class Values, class Visit>
void visit_options(Values& values, const std::vector<Option>& options, const Visit& visit) {
  for (const Option& option : options)
    std::visit(
        [&]<class T>(T& value) {
          visit(option.name.c_str(), value, limits_of<std::remove_const_t<T>>(option), option.help.c_str());
        },
        values.at(option.name));
}

}  // namespace detail

template <class Config, class Visit>
void TrainConfig::fields(Config& c, const Visit& visit) {
  using Words = std::vector<std::string>;
  using detail::kMany;
  constexpr double inf = std::numeric_limits<double>::infinity();
  auto more = [&](const std::vector<Option>& options) { detail::visit_options(c.options, options, visit); };
  visit("text", c.text, Words{},
        "texts to train on, one behind another, or a token file, or those of --mix; - is standard input");
  visit("encoding", c.encoding, data::encodings(),
        "of TEXT; auto: UTF-16 and UTF-32 by their byte order mark, else UTF-8");
  visit("objective", c.objective, objectives().names(), described_objectives().c_str());
  more(RunOptions::objective());
  visit("tokenizer", c.tokenizer, data::tokenizers().names(), "what a token is");
  visit("dim", c.dim, Whole{1, kMany}, "numbers in a vector");
  visit("context", c.context, Whole{1, kMany},
        "tokens in a window (max_length in the API), or in a passage of sentences");
  visit("stride", c.stride, Whole{0, kMany},
        "tokens from one window to the next; 0: the context, every token once");
  visit("batch", c.batch, Whole{1, kMany}, "windows or passages in a step, or in each part of it");
  visit("accumulate", c.accumulate, Whole{1, 1000000},
        "batches in a step: that of one batch as large, in the memory of one of them");
  visit(
      "document-mask", c.document_mask, Words{},
      "no window goes over the end of a text of a token file; short ones are filled with what does not count");
  visit(
      "mix", c.mix, Words{},
      "weights of the token files that are named, as 0.7,0.3: each has its share of the windows at every moment");
  visit("shuffle", c.shuffle, Words{}, "another order of windows each epoch");
  visit(
      "shuffle-block", c.shuffle_block, Whole{0, kMany},
      "windows of a block, for token files larger than the memory: blocks are shuffled, and the windows of each "
      "eight of them together; 0: all windows");
  visit("encoder", c.encoder, nn::encoders().names(),
        "none: the token alone predicts the next; mean: the mean over positions <= t; attention: a "
        "transformer");
  visit("positions", c.positions, nn::position_methods().names(), "how the model knows the order of tokens");
  more(RunOptions::encoder());
  visit("tied", c.tied, Words{}, "the table of tokens is the head's weight, too");
  visit("ngram-rows", c.ngram_rows, Whole{0, kMany},
        "rows of a memory of pairs and triples of tokens, hashed, added to their vectors; 0: none");
  visit(
      "ngram-memory", c.ngram_memory, Whole{0, kMany},
      "MiB of memory for those rows, which then lie in a file of the run and move by row-wise Adagrad; 0: all in "
      "memory, moved as other parameters");
  visit("ngram-lr", c.ngram_lr, Real{0, inf}, "learning rate of rows in a file");
  visit("vectors", c.vectors, Words{}, "RUN folder or file of vectors from which the words in it start");
  visit("loss", c.loss, nn::head_losses().names(),
        "what training takes; the held-out loss always is the full softmax");
  more(RunOptions::loss());
  visit("optimizer", c.optimizer, optim::optimizers().names(), "how parameters move");
  visit("lr", c.lr, Real{0, inf}, ("learning rate; 0: " + optim::standard_rates()).c_str());
  visit("schedule", c.schedule, optim::schedules().names(),
        ("how the learning rate changes; " + optim::described_schedules()).c_str());
  more(RunOptions::schedule());
  visit("clip-value", c.clip_value, Real{0, inf}, "largest size of each element of a gradient; 0: any");
  visit("clip-row", c.clip_row, Real{0, inf},
        "largest norm of each row of a gradient, after --clip-value; 0: any");
  visit("clip-norm", c.clip_norm, Real{0, inf},
        "largest norm of all gradients together, after those two; 0: any");
  visit("ema", c.ema, Real{0, 1},
        "average of the weights for evaluating and saving: the share it keeps in a step, as 0.999; 0: none");
  visit(
      "swa", c.swa, Whole{0, kMany},
      "the same of equal shares (SWA): the mean of the weights after this step and each later one; 0: none");
  more(RunOptions::optimizer());
  visit("no-decay", c.no_decay, Words{},
        "parameter that does not decay, as *.bias; may be given again; inspect lists the names");
  visit(
      "rows", c.rows, optim::row_modes(),
      "rows of the table outside the batch: gradient 0, or left alone; lazy_exact: as dense ones, caught up when "
      "they are read");
  visit(
      "epochs", c.epochs, Whole{0, 1000000},
      "passes over the text; 0: 3, more where that is less than 1500 steps, 10 at most; for words 5 to 100");
  visit("steps", c.steps, Whole{0, kMany}, "steps in all; 0: what the epochs make");
  visit("validation", c.validation, Real{0, 1},
        "share of the tokens, from the end, that is held out, 262144 tokens at most; 0: none");
  more(RunOptions::tokenizer());
  visit("seed", c.seed, Whole{0, std::numeric_limits<int64_t>::max()}, "of initial values and shuffles");
  visit("threads", c.threads, Whole{0, 4096}, "0: all that this process may use; never changes the result");
  visit(
      "recompute", c.recompute, Words{},
      "values inside the attention encoder's blocks are computed again for the gradients, not kept: less memory, "
      "more time, the same result");
  visit("dtype", c.dtype, Words{"float32", "float64", "bfloat16"},
        "of parameters; bfloat16: matrices in half the memory, rounded at random, the rest float32");
  visit("save-every", c.save_every, Whole{0, kMany}, "steps between checkpoints; 0: ten in a run");
  visit("check-numerics", c.check_numerics, Words{},
        "stop at the first op or gradient rule that makes inf or nan, and name it; slower");
  visit("watch", c.watch, WordPairs{},
        "two words as A:B whose cosine is logged and drawn; may be given again");
  visit("patience", c.patience, Whole{0, 1000000},
        "evaluations in a row without a lower held-out loss after which the run ends; 0: it takes all steps");
  visit("keep-best", c.keep_best, Words{}, "the weights of the lowest held-out loss, as best.safetensors");
  visit("keep", c.keep, Whole{0, 1000000},
        "checkpoints that stay beside the last one, as checkpoint.stepN.safetensors");
  visit("log-norms", c.log_norms, Words{},
        "norms of the gradients and how far each parameter moves, in each line of the log");
  visit(
      "spikes", c.spikes, Real{0, inf},
      "say where a step's loss is so many deviations above the mean of the last ones, 6 being many; 0: never");
  visit("table-stats", c.table_stats, Words{},
        "the table's norms, dead rows and isotropy at each evaluation, in the log");
  visit("tensorboard", c.tensorboard, Words{}, "events and vectors for tensorboard --logdir RUN");
  visit("strict", c.strict, Words{}, "no run where a parameter has no gradient or does not move");
}

}  // namespace lexigrad::train
