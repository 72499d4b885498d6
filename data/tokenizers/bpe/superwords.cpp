#include "lexigrad/data/tokenizers/bpe/superwords.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/bpe/learn_merges.h"
#include "lexigrad/data/tokenizers/bpe/pattern_scanner.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {
namespace {

constexpr size_t kLongest = 1024;  // tokens of a phrase that is learnt from as one

// The phrases of a text, merged by the rules.
PieceIds merged_phrases(const BytePairs& pairs, std::string_view text) {
  PieceIds out;
  BytePairMerger merger(pairs);
  for_pieces(Pattern::phrases, text, [&](const size_t* starts, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const size_t before = out.ids.size();
      merger.append(text.substr(starts[i], starts[i + 1] - starts[i]), out.ids);
      for (size_t left = out.ids.size() - before; left > 0;) {
        const size_t size = std::min(left, kLongest);
        out.sizes.push_back(static_cast<uint32_t>(size));
        left -= size;
      }
    }
  });
  return out;
}

}  // namespace

void SuperwordTexts::add_text(ByteSource& text) {
  TextBlocks blocks(
      text, [](std::string_view read, size_t from) { return safe_cut(Pattern::phrases, read, from); },
      kBlock);
  for (std::string_view block; !(block = blocks.next()).empty();) {
    pieces_.add_text(block);
    bytes_ += static_cast<int64_t>(block.size());
    keep(block);
  }
}

void SuperwordTexts::keep(std::string_view block) {
  block = block.substr(0, most_);
  if (const int64_t number = blocks_++; number % step_ == 0) {
    kept_.push_back({number, std::string(block)});
    kept_bytes_ += static_cast<int64_t>(block.size());
  }
  while (kept_bytes_ > static_cast<int64_t>(most_) && kept_.size() > 1) {
    step_ *= 2;
    std::erase_if(kept_, [&](const Block& each) {
      if (each.number % step_ == 0) return false;
      kept_bytes_ -= static_cast<int64_t>(each.text.size());
      return true;
    });
  }
}

std::vector<std::string_view> SuperwordTexts::blocks() const {
  std::vector<std::string_view> out;
  for (const Block& each : kept_) out.push_back(each.text);
  return out;
}

BytePairFile learn_superwords(const SuperwordTexts& texts, const SuperwordOptions& options, int64_t* length) {
  check(options.begin > 256 && options.begin <= options.size && options.size <= BytePairs::kMost,
        "superwords", "Merges cross blanks from ", options.begin, " tokens on, of ", options.size,
        " (valid are 257..", options.size, ")");
  BytePairFile out;
  BytePairRules& rules = out.rules;
  rules.pattern = Pattern::phrases;
  rules.whole_pieces = false;
  rules.merges.emplace();
  out.vocabulary = learn_merges(texts.pieces(), options.begin - 1, options.least, nullptr, &*rules.merges);
  const std::vector<std::string_view> blocks = texts.blocks();
  std::vector<PieceIds> phrases(blocks.size());
  const BytePairs pairs(out.vocabulary, rules);
  parallel_blocks(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    phrases[static_cast<size_t>(i)] = merged_phrases(pairs, blocks[static_cast<size_t>(i)]);
  });
  const int64_t tokens =
      learn_more_merges(phrases, options.size - 1, options.least, out.vocabulary, *rules.merges);
  if (length) *length = tokens;
  rules.special = {out.vocabulary.add(kEndOfText)};
  return out;
}

}  // namespace lexigrad::data
