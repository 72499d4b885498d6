// From the options of a run to its parts: tokens, loaders, model, optimizer, schedule.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/tables/paged_table.h"

namespace lexigrad::train {

using NextTokenLoader = data::DataLoader<data::NextTokenDataset>;

/// Tokens that are held out at most: the loss of so many is known to some 0.01 nats, and takes no longer for a larger text.
inline constexpr int64_t kMostHeldOut = 1 << 18;

/// A training text as tokens, of which the last are held out: 2 bytes a token below 65,536 words, else 4; those of a
/// token file stay in it. The text itself was read a block at a time.
struct RunText {
  std::string sum;         ///< checksum of the text
  int64_t bytes = 0;       ///< of the text
  int64_t kept_bytes = 0;  ///< of it in memory while it is read: what came from a pipe
  std::unique_ptr<data::Tokenizer> tokenizer;
  data::TokenArray training, held_out;
  std::vector<int64_t> training_ends, held_out_ends;  ///< of their documents, where windows respect them

  /// How often each token is in the training part.
  std::vector<int64_t> occurrences() const;
};
/// The paths of config.text.
std::vector<std::string> text_paths(const TrainConfig& config);
/// The same as a list for a terminal.
std::string shown_paths(const TrainConfig& config);
/// Reads plain files a block at a time, standard input and pipes once and whole, or opens one token file, whose
/// tokenizer then is the run's.
RunText read_run_text(const TrainConfig& config);

/// Windows of the training text, shuffled as `config` says, or of the held-out text, in order.
NextTokenLoader make_training_loader(const TrainConfig& config, const RunText& text);
NextTokenLoader make_held_out_loader(const TrainConfig& config, const RunText& text);

/// The table of n-grams that lies in a file, without rows yet; null where it is a parameter, or there is none.
std::shared_ptr<PagedTable> make_ngram_table(const TrainConfig& config);
/// With its starting values, drawn from the run's seed; `occurrences` of the tokens are for losses that draw by
/// them. Throws where memory would not do.
nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary,
                              std::vector<int64_t> occurrences = {},
                              std::shared_ptr<nn::RowTable> ngrams = {});
/// Numbers that the optimizer keeps of the matrices of one of the encoder's layers, 12 dim^2 numbers.
double slots_of_layer(const TrainConfig& config);
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::Module& model);
optim::Schedule make_schedule(const TrainConfig& config, int64_t total);

}  // namespace lexigrad::train
