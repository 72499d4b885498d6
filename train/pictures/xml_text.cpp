#include "lexigrad/train/pictures/xml_text.h"

#include "lexigrad/data/text/text.h"

namespace lexigrad::train {
namespace {

// The name of a character that stands for markup; null for others.
const char* entity(char32_t c) {
  return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : nullptr;
}

bool is_possible(const data::CodePoint& c) {
  return c.valid && c.value >= 0x20 && c.value != 0x7F && c.value != 0xFFFE && c.value != 0xFFFF;
}

}  // namespace

std::string xml_text(std::string_view text, int limit) {
  std::string out;
  int count = 0;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    if (++count > limit) return out + "…";
    if (!is_possible(c))
      out += c.value == '\n' || c.value == '\t' ? " " : "\xEF\xBF\xBD";
    else if (const char* name = entity(c.value))
      out += name;
    else
      out.append(p, static_cast<size_t>(c.length));
    p += c.length;
  }
  return out;
}

double text_columns(std::string_view text) {
  double out = 0;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    out += c.value >= 0x1100 ? 2 : 1;
    p += c.length;
  }
  return out;
}

}  // namespace lexigrad::train
