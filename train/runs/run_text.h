// A run's texts as tokens: read, turned into ids, or opened where the ids are.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/data/datasets/token_array.h"
#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// Tokens of a corpus that are held out at most: their loss is known to some 0.01 nats, and takes no longer for a larger
/// text than for a smaller one.
inline constexpr int64_t kMostHeldOut = 1 << 18;

/// Tokens whose windows are shuffled together, of which the last are held out.
struct Corpus {
  std::string name;  ///< its file's; in a mix alone
  data::TokenArray training, held_out;
  /// Ends of documents, where windows respect them; or of sentences, where the objective needs them.
  std::vector<int64_t> training_ends = {}, held_out_ends = {};
};

/// Training texts as tokens: 2 bytes a token below 65,536 words, else 4; those of token files stay in them. Texts
/// themselves were read a block at a time.
struct RunText {
  std::string sum;         ///< checksum of the texts
  int64_t bytes = 0;       ///< of the texts
  int64_t kept_bytes = 0;  ///< of them in memory while they are read: what came from a pipe
  std::unique_ptr<data::Tokenizer> tokenizer;
  std::vector<Corpus> corpora;  ///< one, or those of --mix

  /// Tokens for training, and held out.
  int64_t training() const;
  int64_t held_out() const;
  /// How often each token is in the training part, or would be in as many tokens of the mix with these weights.
  std::vector<int64_t> occurrences(const std::vector<double>& weights = {}) const;
};

/// The paths of config.text.
std::vector<std::string> text_paths(const TrainConfig& config);
/// The same as a list for a terminal.
std::string shown_paths(const TrainConfig& config);
/// Reads plain files a block at a time, standard input and pipes once and whole, or opens token files, one or those of
/// a mix, whose tokenizer then is the run's. Throws FileError where they cannot be read, and of a mix where one is no
/// token file, is empty, or has ids of another vocabulary.
RunText read_run_text(const TrainConfig& config);

}  // namespace lexigrad::train
