#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {
constexpr size_t kBits = 64;

uint64_t ones(size_t count) { return count >= kBits ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

// The length of 's 'd 'm 't 'll 've 're, with b and c behind the apostrophe; 0 where it is none.
int contraction(char b, char c) {
  if (b == 's' || b == 'd' || b == 'm' || b == 't') return 2;
  bool found = (b == 'l' && c == 'l') || ((b == 'v' || b == 'r') && c == 'e');
  return found ? 3 : 0;
}

// Writes where the bits of `starts` are, eight at a time: what is too much is written over.
size_t write_places(uint64_t starts, size_t at, size_t* out) {
  auto count = static_cast<size_t>(std::popcount(starts));
  for (size_t i = 0; i < count; i += 8)
    for (size_t k = 0; k < 8; ++k) {
      out[i + k] = at + static_cast<size_t>(std::countr_zero(starts));
      starts &= starts - 1;
    }
  return count;
}

}  // namespace

Gpt2Scanner::Gpt2Scanner(std::string_view text) : text_(text) { classify(0, 1); }

size_t Gpt2Scanner::next(size_t* starts) {
  size_t left = (text_.size() - at_ + kBits - 1) / kBits, count = std::min(left, kBlocks), found = 0;
  classify(1, count);
  for (size_t b = 0; b < count; ++b, at_ += kBits)
    found += write_places(starts_in(blocks_[b], blocks_[b + 1], at_), at_, starts + found);
  blocks_[0] = blocks_[count];
  return found;
}

// The classes of blocks_[first], ..., which stand in the text from at_ + 64 first on. Behind the text all is
// space: so a run of spaces that ends it is one piece.
void Gpt2Scanner::classify(size_t first, size_t count) {
  ByteClasses classes[kBlocks];
  size_t begin = at_ + first * kBits, size = text_.size();
  size_t whole = begin + kBytesBehind < size ? std::min(count, (size - begin - kBytesBehind) / kBits) : 0;
  classify_bytes(text_.data() + begin, whole, classes);
  for (size_t b = whole; b < count; ++b) {
    char bytes[kBits + kBytesBehind];
    std::memset(bytes, ' ', sizeof(bytes));
    if (size_t at = begin + b * kBits; at < size)
      std::memcpy(bytes, text_.data() + at, std::min(size - at, sizeof(bytes)));
    classify_bytes(bytes, 1, &classes[b]);
  }
  for (size_t b = 0; b < count; ++b) {
    Block& block = blocks_[first + b];
    static_cast<ByteClasses&>(block) = classes[b];
    block.space2 = block.space3 = 0;
    if (block.multibyte != 0) add_multibyte(block, begin + b * kBits);
  }
}

void Gpt2Scanner::add_multibyte(Block& block, size_t at) {
  const uint64_t lead = block.ideograph, over = lead >> 62 | lead >> 63 << 1;
  const uint64_t ideographs = lead | lead << 1 | lead << 2 | spill_.ideograph;
  block.letter |= ideographs | spill_.letter;
  block.number |= spill_.number;
  block.space |= spill_.space;
  spill_ = {};
  spill_.ideograph = (over & 1) | (over >> 1) * 3;
  uint64_t todo = block.multibyte & ~ideographs;
  if (decoded_ > at) todo &= ~ones(decoded_ - at);
  while (todo != 0) {
    auto i = static_cast<size_t>(std::countr_zero(todo));
    CodePoint c = decode_utf8(text_.data() + at + i, text_.data() + text_.size());
    auto length = static_cast<size_t>(c.length);
    CharClass kind = char_class(c.value);  // of an invalid byte U+FFFD's: other
    uint64_t bits = ones(length) << i, rest = i + length > kBits ? ones(i + length - kBits) : 0;
    if (kind == CharClass::letter || kind == CharClass::ideograph) {
      block.letter |= bits;
      spill_.letter = rest;
    } else if (kind == CharClass::number) {
      block.number |= bits;
      spill_.number = rest;
    } else if (kind == CharClass::space) {
      block.space |= bits;
      spill_.space = rest;
      (length == 2 ? block.space2 : block.space3) |= uint64_t{1} << i;
    }
    decoded_ = at + i + length;
    todo &= i + length >= kBits ? 0 : ~ones(i + length);
  }
}

// A run of letters, of numbers or of others is a piece, and takes a blank before it. A run of spaces is one, but
// leaves its last character to the piece behind it where that is a blank, else as a piece of its own.
uint64_t Gpt2Scanner::starts_in(const Block& block, const Block& after, size_t at) {
  uint64_t letter = block.letter, number = block.number, space = block.space, blank = block.blank;
  uint64_t other = ~(letter | number | space);
  auto begins = [](uint64_t run, uint64_t before) { return run & ~(run << 1 | before); };
  auto not_space_after = [&](size_t length) { return ~(space >> length | after.space << (kBits - length)); };
  uint64_t last = block.space2 & not_space_after(2);
  last |= block.space3 & not_space_after(3);
  last |= space & ~block.multibyte & not_space_after(1);
  uint64_t starts = begins(letter, letter_) | begins(number, number_) | begins(other, other_);
  starts &= ~(blank << 1 | blank_);
  starts |= begins(space, space_) | last;
  starts = (starts | set_) & ~cleared_;
  set_ = cleared_ = 0;
  if (uint64_t apostrophes = block.apostrophe & starts; apostrophes != 0) [[unlikely]]
    starts = without_contractions(starts, apostrophes, at);
  letter_ = letter >> 63, number_ = number >> 63, other_ = other >> 63;
  space_ = space >> 63, blank_ = blank >> 63;
  return starts & ones(text_.size() - at);
}

// A contraction is a piece, and another starts behind it.
uint64_t Gpt2Scanner::without_contractions(uint64_t starts, uint64_t apostrophes, size_t at) {
  for (; apostrophes != 0; apostrophes &= apostrophes - 1) {
    auto i = static_cast<size_t>(std::countr_zero(apostrophes));
    auto length = static_cast<size_t>(contraction(byte(at + i + 1), byte(at + i + 2)));
    for (size_t k = 1; k <= length; ++k) {
      uint64_t bit = uint64_t{1} << (i + k) % kBits;
      if (i + k < kBits)
        starts = k == length ? starts | bit : starts & ~bit;
      else
        (k == length ? set_ : cleared_) |= bit;
    }
  }
  return starts;
}

bool is_behind_space(std::string_view text, size_t at) {
  auto is_one = [&](size_t size) {
    const char* p = text.data() + at - size;
    CodePoint c = decode_utf8(p, p + size);
    return c.length == static_cast<int>(size) && char_class(c.value) == CharClass::space;
  };
  if (static_cast<unsigned char>(text[at - 1]) < 0x80) return is_one(1);
  return (at >= 2 && is_one(2)) || (at >= 3 && is_one(3));  // none has more bytes
}

// No piece goes on from something other than a space into a space.
size_t gpt2_safe_cut(std::string_view text, size_t from) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  for (size_t at = from; at < text.size(); ++at)
    if (is_space(text[at]) && !is_behind_space(text, at)) return at;
  return text.size();
}

}  // namespace lexigrad::data
