// A text by parts that can be encoded alone.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// The place behind the first line's end at `from` or later; the text's size where there is none.
size_t end_of_line(std::string_view text, size_t from);

/// Reads a text by blocks whose ids are, one behind another, those of the whole: of `size` bytes, and more where no place
/// to cut is known, all of the text at worst.
class TextBlocks {
 public:
  static constexpr size_t kBlock = size_t{8} << 20;
  /// Where a text may be cut behind a place, as Tokenizer::cut().
  using Cut = std::function<size_t(std::string_view text, size_t from)>;

  TextBlocks(ByteSource& text, Cut cut, size_t size = kBlock)
      : text_(text), cut_(std::move(cut)), size_(size) {}
  TextBlocks(ByteSource& text, const Tokenizer& tokenizer, size_t size = kBlock)
      : TextBlocks(
            text, [&](std::string_view read, size_t from) { return tokenizer.cut(read, from); }, size) {}
  /// The next block, there until it is called again; empty at the end.
  std::string_view next();

 private:
  size_t end_of_block();

  ByteSource& text_;
  Cut cut_;
  size_t size_;
  std::string read_;
  size_t given_ = 0;  // bytes of read_ that were the last block
};

/// Calls use(ids) for the ids of a text's blocks, one behind another, as std::span<const uint16_t>, or of uint32_t where
/// the vocabulary has no narrow ids. Returns the bytes of the text. Errors of its special tokens call it `name`; `size` as
/// TextBlocks has it.
template <class Use>
int64_t for_each_ids(const Tokenizer& tokenizer, ByteSource& text, const EncodeOptions& options,
                     const Use& use, std::string_view name = "The text", size_t size = TextBlocks::kBlock) {
  return with_id_type(tokenizer.vocabulary_size(), [&]<class Id>(Id) {
    const SpecialFinder special(tokenizer.special_tokens(), options);
    auto cut = [&](std::string_view read, size_t from) {
      return special.outside(read, tokenizer.cut(read, from));
    };
    TextBlocks blocks(text, cut, size);
    std::unique_ptr<Id[]> ids;
    size_t room = 0;
    int64_t bytes = 0;
    for (std::string_view block; !(block = blocks.next()).empty();) {
      if (block.size() > room) ids = std::make_unique_for_overwrite<Id[]>(room = block.size());
      const size_t count = tokenizer.encode_to(block, std::span(ids.get(), room), special, bytes, name);
      use(std::span<const Id>(ids.get(), count));
      bytes += static_cast<int64_t>(block.size());
    }
    return bytes;
  });
}

}  // namespace lexigrad::data
