// Everything that decides what a training run computes; kept as config.json in the run folder and in checkpoints.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lexigrad::train {

struct TrainConfig {
  std::string text;
  std::string tokenizer = "word";
  int64_t dim = 64;
  int64_t context = 16;
  int64_t stride = 0;
  int64_t batch = 32;
  bool shuffle = true;
  std::string encoder = "mean";
  std::string optimizer = "adam";
  double lr = 1e-3;
  double momentum = 0;
  double weight_decay = 0;
  std::string row_mode = "dense";
  int64_t epochs = 10;
  int64_t steps = 0;
  double validation = 0.1;
  int64_t min_count = 1;
  int64_t seed = 123;
  int64_t threads = 0;
  std::string dtype = "float32";
  int64_t save_every = 0;
  std::string gpt2_dir;
  std::vector<std::string> watch;

  /// The one list of options: visit(flag, member, help) for each.
  template <class Config, class Visit>
  static void fields(Config& c, const Visit& visit) {
    visit("text", c.text, "UTF-8 text to train on");
    visit("tokenizer", c.tokenizer, "word or gpt2");
    visit("dim", c.dim, "numbers in a vector");
    visit("context", c.context, "tokens in a window (max_length in the API)");
    visit("stride", c.stride, "tokens from one window to the next; 0: the context, every token once");
    visit("batch", c.batch, "windows in a step");
    visit("shuffle", c.shuffle, "another order of windows each epoch");
    visit("encoder", c.encoder, "none: the token alone predicts the next; mean: the mean over positions <= t");
    visit("optimizer", c.optimizer, "sgd or adam");
    visit("lr", c.lr, "learning rate");
    visit("momentum", c.momentum, "of sgd");
    visit("weight-decay", c.weight_decay, "L2, added to the gradient");
    visit("row-mode", c.row_mode, "rows of the table outside the batch: dense (gradient 0) or lazy (left alone)");
    visit("epochs", c.epochs, "passes over the text");
    visit("steps", c.steps, "steps in all; 0: what the epochs make");
    visit("validation", c.validation, "share of the tokens, from the end, that is held out; 0: none");
    visit("min-count", c.min_count, "rarer words become <|unk|> (word tokenizer)");
    visit("seed", c.seed, "of initial values and shuffles");
    visit("threads", c.threads, "0: all that this process may use; never changes the result");
    visit("dtype", c.dtype, "float32 or float64");
    visit("save-every", c.save_every, "steps between checkpoints; 0: ten in a run");
    visit("gpt2-dir", c.gpt2_dir, "folder with encoder.json and vocab.bpe; default: the cache that script/setup fills");
    visit("watch", c.watch, "two words as A:B whose cosine is logged and drawn; may be given again");
  }

  /// Throws std::invalid_argument naming the flag of the first value outside its range.
  void check() const;
};

/// One flat JSON object, keys as the flags.
std::string config_json(const TrainConfig& config);
/// Reads it back; `path` is for the FileError of a text that is not such an object. Unknown keys are errors.
TrainConfig parse_config(const std::string& json, const std::string& path);
/// Flags whose values differ, apart from steps, epochs, threads and save-every.
std::vector<std::string> contradictions(const TrainConfig& a, const TrainConfig& b);

}  // namespace lexigrad::train
