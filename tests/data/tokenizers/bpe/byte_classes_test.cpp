// Bits for bytes, on each instruction set.
#include "lexigrad/data/tokenizers/bpe/byte_classes.h"

#include <cctype>
#include <random>
#include <string>

#include "catch.h"
#include "hwy/highway.h"
#include "hwy/targets.h"

using namespace lexigrad::data;

TEST_CASE("bytes have the classes that C's functions say, on every instruction set", "[tokenizer]") {
  std::mt19937 random(5);
  std::string text(64 * 40, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i < 512 ? i % 256 : random() % 256);
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    ByteClasses blocks[40];
    classify_bytes(text.data(), 40, blocks);
    size_t wrong = 0;
    for (size_t i = 0; i < text.size(); ++i) {
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
