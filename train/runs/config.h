// Everything that decides what a training run computes; kept as config.json in the run folder and in
// checkpoints.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "lexigrad/nn/models/encoders.h"
#include "lexigrad/nn/positions/methods.h"

namespace lexigrad::train {

struct Whole {
  int64_t low, high;  ///< both are valid
};
struct Real {
  double low, high;  ///< high is not valid
};

struct TrainConfig {
  std::string text;
  std::string tokenizer = "word";
  int64_t dim = 64;
  int64_t context = 16;
  int64_t stride = 0;
  int64_t batch = 16;
  bool shuffle = true;
  std::string encoder = "none";
  std::string positions = "learned";
  int64_t layers = 1;
  int64_t heads = 4;
  double dropout = 0;
  bool tied = false;
  std::string optimizer = "adam";
  double lr = 0;
  std::string schedule = "constant";
  int64_t warmup = 0;
  double lr_end = 0;
  double clip_norm = 0;
  double momentum = 0.9;
  double weight_decay = 5e-5;
  std::string row_mode = "dense";
  int64_t epochs = 0;
  int64_t steps = 0;
  double validation = 0.1;
  int64_t min_count = 1;
  int64_t seed = 123;
  int64_t threads = 0;
  std::string dtype = "float32";
  int64_t save_every = 0;
  bool check_numerics = false;
  std::string gpt2_dir;
  std::vector<std::string> watch;

  /// The one list of options: visit(flag, member, limits, help) for each.
  template <class Config, class Visit>
  static void fields(Config& c, const Visit& visit) {
    using Words = std::vector<std::string>;
    constexpr int64_t many = int64_t{1} << 40;
    constexpr double inf = std::numeric_limits<double>::infinity();
    visit("text", c.text, Words{}, "UTF-8 text to train on");
    visit("tokenizer", c.tokenizer, Words{"word", "gpt2"}, "what a token is");
    visit("dim", c.dim, Whole{1, many}, "numbers in a vector");
    visit("context", c.context, Whole{1, many}, "tokens in a window (max_length in the API)");
    visit("stride", c.stride, Whole{0, many},
          "tokens from one window to the next; 0: the context, every token once");
    visit("batch", c.batch, Whole{1, many}, "windows in a step");
    visit("shuffle", c.shuffle, Words{}, "another order of windows each epoch");
    visit("encoder", c.encoder, nn::encoders().names(),
          "none: the token alone predicts the next; mean: the mean over positions <= t; attention: a "
          "transformer");
    visit("positions", c.positions, nn::position_methods().names(),
          "how the model knows the order of tokens");
    visit("layers", c.layers, Whole{1, many}, "blocks of the attention encoder");
    visit("heads", c.heads, Whole{1, many}, "heads of the attention encoder; they must divide dim");
    visit("dropout", c.dropout, Real{0, 1},
          "share of numbers put to 0 in the attention encoder, in training");
    visit("tied", c.tied, Words{}, "the table of tokens is the head's weight, too");
    visit("optimizer", c.optimizer, Words{"sgd", "adam", "adamw"}, "how parameters move");
    visit("lr", c.lr, Real{0, inf}, "learning rate; 0: 0.003 for adam and adamw, 1 for sgd");
    visit("schedule", c.schedule, Words{"constant", "linear", "cosine"}, "how the learning rate falls");
    visit("warmup", c.warmup, Whole{0, many}, "steps over which the learning rate rises first");
    visit("lr-end", c.lr_end, Real{0, 1}, "share of the learning rate that linear and cosine end at");
    visit("clip-norm", c.clip_norm, Real{0, inf}, "largest norm of all gradients together; 0: any");
    visit("momentum", c.momentum, Real{0, 1}, "of sgd; adam and adamw have moments of their own");
    visit("weight-decay", c.weight_decay, Real{0, inf},
          "L2, added to the gradient; adamw shrinks the weights instead");
    visit("row-mode", c.row_mode, Words{"dense", "lazy"},
          "rows of the table outside the batch: gradient 0, or left alone");
    visit("epochs", c.epochs, Whole{0, 1000000},
          "passes over the text; 0: 3, more where that is less than 1500 steps, 10 at most");
    visit("steps", c.steps, Whole{0, many}, "steps in all; 0: what the epochs make");
    visit("validation", c.validation, Real{0, 1},
          "share of the tokens, from the end, that is held out; 0: none");
    visit("min-count", c.min_count, Whole{1, many}, "rarer words become <|unk|> (word tokenizer)");
    visit("seed", c.seed, Whole{0, std::numeric_limits<int64_t>::max()}, "of initial values and shuffles");
    visit("threads", c.threads, Whole{0, 4096}, "0: all that this process may use; never changes the result");
    visit("dtype", c.dtype, Words{"float32", "float64"}, "of parameters");
    visit("save-every", c.save_every, Whole{0, many}, "steps between checkpoints; 0: ten in a run");
    visit("check-numerics", c.check_numerics, Words{},
          "stop at the first op or gradient rule that makes inf or nan, and name it; slower");
    visit("gpt2-dir", c.gpt2_dir, Words{},
          "folder with encoder.json and vocab.bpe; default: the cache that script/setup fills");
    visit("watch", c.watch, Words{}, "two words as A:B whose cosine is logged and drawn; may be given again");
  }

  /// Throws std::invalid_argument naming the flag of the first value outside its range.
  void check() const;
};

/// One flat JSON object, keys as the flags.
std::string config_json(const TrainConfig& config);
/// Reads it back; `path` is for the FileError of a text that is not such an object. Unknown keys are errors.
TrainConfig parse_config(const std::string& json, const std::string& path);
/// What decides the numbers: the same without threads, save-every and check-numerics.
TrainConfig numbers_of(TrainConfig config);
/// Where `now` differs from the run's own options, apart from threads, save-every, check-numerics and, where
/// the schedule is constant, steps and epochs: "--dim 16 (the run has 64), ..."; empty where it does not. The
/// text counts by its path.
std::string contradictions(const TrainConfig& now, const TrainConfig& run);

}  // namespace lexigrad::train
