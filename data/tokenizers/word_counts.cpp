#include "lexigrad/data/tokenizers/word_counts.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/word_scanner.h"
#include "lexigrad/data/tokenizers/text_blocks.h"

namespace lexigrad::data {

// What one thread counts in a part of a block.
struct WordCounts::Part {
  std::string_view text;
  Vocabulary words = {};
};

void WordCounts::add_text(ByteSource& text) {
  TextBlocks blocks(text, end_of_line);
  for (std::string_view block; !(block = blocks.next()).empty();) add_text(block);
}

// The parts are the same for any number of threads, and with them the order of the words.
void WordCounts::add_text(std::string_view text) {
  constexpr size_t size = 1 << 20;
  std::vector<Part> parts;
  while (!text.empty()) {
    size_t end = text.size() > size ? end_of_line(text, size) : text.size();
    parts.push_back({.text = text.substr(0, end)});
    text.remove_prefix(end);
  }
  parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    Part& part = parts[static_cast<size_t>(i)];
    for_each_word(part.text, lowercase_, [&](std::string_view word) { part.words.tally(word, 1); });
  });
  for (const Part& part : parts)
    for (int64_t id = 0; id < part.words.size(); ++id) {
      words_.tally(part.words.token(id), part.words.count(id));
      total_ += part.words.count(id);
    }
  if (words_.size() > most_) forget_rarest();
}

int64_t largest_forgotten(std::vector<int64_t> counts, size_t most) {
  auto half = counts.begin() + static_cast<ptrdiff_t>(most / 2);
  std::nth_element(counts.begin(), half, counts.end(), std::greater<>());
  return *half;
}

void WordCounts::forget_rarest() {
  std::vector<int64_t> counts;
  for (int64_t id = 0; id < words_.size(); ++id) counts.push_back(count(id));
  const int64_t most = largest_forgotten(std::move(counts), static_cast<size_t>(most_));
  const Vocabulary old = std::exchange(words_, {});
  for (int64_t id = 0; id < old.size(); ++id)
    if (old.count(id) > most) words_.add(old.token(id), old.count(id));
  short_by_ += most;
}

}  // namespace lexigrad::data
