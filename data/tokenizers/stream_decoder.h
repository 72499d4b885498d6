// Text of ids that come one after another.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// What add() and finish() return is, put together, the text of all ids: Tokenizer::decode(). No character is split: bytes
/// of one that is not whole wait for the rest of it, or for what shows that it is none.
class StreamDecoder {
 public:
  /// The tokenizer must outlive it.
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}
  /// The text that the next id makes certain; may be empty. Throws std::invalid_argument for an id outside the vocabulary.
  std::string add(int64_t id) { return add({&id, 1}); }
  /// The same of several ids that follow.
  std::string add(std::span<const int64_t> ids);
  /// What waits; then it begins anew.
  std::string finish();

 private:
  const Tokenizer* tokenizer_;
  int64_t before_ = -1;  // the last id; -1 where there was none
  std::string waiting_;
};

}  // namespace lexigrad::data
