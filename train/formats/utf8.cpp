#include "lexigrad/train/formats/utf8.h"

namespace lexigrad::train {

CodePoint decode_utf8(const char* p, const char* end) {
  auto byte = [&](int i) { return static_cast<unsigned char>(p[i]); };
  if (byte(0) < 0x80) return {byte(0), 1, true};
  int length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  const CodePoint invalid{0xFFFD, 1, false};
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || end - p < length) return invalid;
  char32_t value = byte(0) & (0xFF >> (length + 1));
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    value = value << 6 | (byte(i) & 0x3F);
  }
  bool overlong = value < (length == 4 ? 0x10000U : length == 3 ? 0x800U : 0x80U);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return invalid;
  return {value, length, true};
}

}  // namespace lexigrad::train
