#include "lexigrad/data/tokenizers/stream_decoder.h"

#include <array>
#include <utility>

#include "lexigrad/data/text/text.h"

namespace lexigrad::data {

// What stands between two tokens depends on no more than the two.
std::string StreamDecoder::add(int64_t id) {
  if (before_ < 0) {
    waiting_ += tokenizer_->decode(std::array{id});
  } else {
    size_t known = tokenizer_->decode(std::array{before_}).size();
    waiting_ += std::string_view(tokenizer_->decode(std::array{before_, id})).substr(known);
  }
  before_ = id;
  const size_t whole = whole_characters(waiting_);
  std::string out = waiting_.substr(0, whole);
  waiting_.erase(0, whole);
  return out;
}

std::string StreamDecoder::finish() {
  before_ = -1;
  return std::exchange(waiting_, {});
}

}  // namespace lexigrad::data
