#include "lexigrad/data/tokenizers/text_blocks.h"

#include <algorithm>

namespace lexigrad::data {

size_t end_of_line(std::string_view text, size_t from) {
  size_t end = text.find('\n', from);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::string_view TextBlocks::next() {
  read_.erase(0, given_);
  given_ = end_of_block();
  return std::string_view(read_).substr(0, given_);
}

// Reads twice as much each time, so that short texts take little memory, and long ones without a cut linear time.
size_t TextBlocks::end_of_block() {
  const size_t first = std::min<size_t>(size_, 1 << 16);
  while (true) {
    size_t before = read_.size(), more = std::max(first, before);
    append_bytes(read_, text_, more);
    if (read_.size() < before + more) break;
    if (read_.size() <= size_) continue;
    if (size_t cut = cut_(read_, size_); cut < read_.size()) return cut;
  }
  return read_.size() <= size_ ? read_.size() : cut_(read_, size_);
}

}  // namespace lexigrad::data
