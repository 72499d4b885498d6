#include "lexigrad/data/text/text.h"

#include <algorithm>

#include "lexigrad/autograd/base/file.h"

namespace lexigrad::data {

std::string read_text(const std::string& path) { return read_file(path); }

size_t whole_characters(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    auto lead = static_cast<unsigned char>(text[text.size() - back]);
    if (lead >= 0x80 && lead < 0xC0) continue;
    if (lead < 0xC2 || lead > 0xF4) break;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return text.size() - (length > back ? back : 0);
  }
  return text.size();
}

void append_utf8(std::string& out, char32_t code) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

}  // namespace lexigrad::data
