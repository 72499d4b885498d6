#include "lexigrad/data/tokenizers/bpe/byte_letters.h"

#include "lexigrad/data/text/text.h"

namespace lexigrad::data {
namespace {
bool visible(int b) { return (b > ' ' && b < 0x7F) || (b > 0xA0 && b != 0xAD); }
}  // namespace

ByteLetters::ByteLetters() {
  byte_of_.fill(-1);
  size_t id = 0;
  for (int b = 0; b < 256; ++b)
    if (visible(b)) order_[id++] = static_cast<unsigned char>(b), byte_of_[static_cast<size_t>(b)] = b;
  size_t letter = 0x100;
  for (int b = 0; b < 256; ++b)
    if (!visible(b)) order_[id++] = static_cast<unsigned char>(b), byte_of_[letter++] = b;
  for (char32_t c = 0; c < byte_of_.size(); ++c)
    if (byte_of_[c] >= 0) letter_of_[static_cast<size_t>(byte_of_[c])] = c;
}

void ByteLetters::append_letters(std::string& out, std::string_view bytes) const {
  for (unsigned char byte : bytes) append_utf8(out, letter_of_[byte]);
}

bool ByteLetters::append(std::string& out, std::string_view letters) const {
  for (const char *p = letters.data(), *end = p + letters.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    if (c.value >= byte_of_.size() || byte_of_[c.value] < 0) return false;
    out += static_cast<char>(byte_of_[c.value]);
    p += c.length;
  }
  return true;
}

}  // namespace lexigrad::data
