// Bits for bytes, on each instruction set.
#include "lexigrad/data/tokenizers/bpe/byte_classes.h"

#include <cctype>
#include <random>
#include <string>
#include <vector>

#include "catch.h"
#include "hwy/highway.h"
#include "hwy/targets.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

using namespace lexigrad::data;

TEST_CASE("ideographs are found where they begin, on every instruction set", "[tokenizer]") {
  std::string text;  // every character of three bytes, then any bytes of which they are made
  for (char32_t code = 0x800; code < 0x10000; ++code)
    if (code < 0xD800 || code > 0xDFFF) append_utf8(text, code);
  std::mt19937 random(6);
  for (int i = 0; i < 50000; ++i)
    text += "\xE3\xE4\xE5\xE8\xE9\xEA\x7F\x80\xB7\xB8\xBE\xBF\xC0 "[random() % 14];
  const size_t blocks = (text.size() - kBytesBehind) / 64;
  std::vector<ByteClasses> out(blocks);
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    classify_bytes(text.data(), blocks, out.data());
    size_t wrong = 0;
    for (size_t i = 0; i < 64 * blocks; ++i) {
      const CodePoint c = decode_utf8(text.data() + i, text.data() + text.size());
      const bool ideograph = c.valid && c.value >= 0x4E00 && c.value <= 0x9FBF;
      wrong += ideograph != ((out[i / 64].ideograph >> i % 64 & 1) != 0) ||
               (ideograph && char_class(c.value) != CharClass::ideograph);
    }
    REQUIRE(wrong == 0);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("bytes have the classes that C's functions say, on every instruction set", "[tokenizer]") {
  std::mt19937 random(5);
  std::string text(64 * 40 + kBytesBehind, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i < 512 ? i % 256 : random() % 256);
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    ByteClasses blocks[40];
    classify_bytes(text.data(), 40, blocks);
    size_t wrong = 0;
    for (size_t i = 0; i < size_t{64} * 40; ++i) {
      int c = static_cast<unsigned char>(text[i]);
      auto bit = [&](uint64_t bits) { return (bits >> i % 64 & 1) != 0; };
      const ByteClasses& at = blocks[i / 64];
      wrong += bit(at.letter) != (c < 0x80 && std::isalpha(c)) ||
               bit(at.number) != (c < 0x80 && std::isdigit(c)) ||
               bit(at.space) != (c < 0x80 && std::isspace(c)) || bit(at.blank) != (c == ' ') ||
               bit(at.apostrophe) != (c == '\'') || bit(at.multibyte) != (c >= 0x80);
    }
    REQUIRE(wrong == 0);
  }
  hwy::SetSupportedTargetsForTest(0);
}
