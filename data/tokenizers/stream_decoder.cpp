#include "lexigrad/data/tokenizers/stream_decoder.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/data/text/text.h"

namespace lexigrad::data {

// What stands between two tokens depends on no more than the two.
std::string StreamDecoder::add(std::span<const int64_t> ids) {
  if (ids.empty()) return "";
  std::vector<int64_t> all(ids.begin(), ids.end());
  size_t known = 0;
  if (before_ >= 0) {
    all.insert(all.begin(), before_);
    known = tokenizer_->decode(std::array{before_}).size();
  }
  waiting_ += std::string_view(tokenizer_->decode(all)).substr(known);
  before_ = ids.back();
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
