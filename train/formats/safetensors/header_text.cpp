#include "lexigrad/train/formats/safetensors/header_text.h"

#include <algorithm>
#include <cctype>

#include "lexigrad/data/text/text.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kWindow = 1 << 16;
constexpr size_t kBlock = 64;

// True for a block of ASCII whose only escapes are \n, as lists of words have them. Reads the byte behind it, too.
bool is_plain(const char* block) {
  unsigned char odd = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const auto c = static_cast<signed char>(block[i]);  // bytes from 0x80 on are below ' '
    odd |= (c < ' ') | (c == '"') | ((c == '\\') & (block[i + 1] != 'n'));
  }
  return odd == 0;
}

size_t escape_size(std::string_view inside) {
  if (inside.size() < 2) return 0;
  if (inside[1] != 'u')
    return std::string_view("\"\\/bfnrt").find(inside[1]) == std::string_view::npos ? 0 : 2;
  const std::string_view digits = inside.substr(2, 4);
  const bool hex = digits.size() == 4 && std::all_of(digits.begin(), digits.end(), [](char c) {
                     return std::isxdigit(static_cast<unsigned char>(c)) != 0;
                   });
  const bool surrogate = hex && (digits[0] == 'd' || digits[0] == 'D') && digits[1] > '7';
  return hex && !surrogate ? 6 : 0;
}

// Bytes of the character or escape that comes next; 0 where none does.
size_t next_size(std::string_view inside) {
  if (inside[0] == '\\') return escape_size(inside);
  if (inside[0] == '"' || (inside[0] & 0xE0) == 0) return 0;
  const data::CodePoint next = data::decode_utf8(inside.data(), inside.data() + inside.size());
  return next.valid ? static_cast<size_t>(next.length) : 0;
}

}  // namespace

size_t valid_json_text(std::string_view inside) {
  size_t at = 0;
  for (;;) {
    while (at + kBlock < inside.size() && is_plain(inside.data() + at)) at += kBlock;
    for (const size_t end = std::min(at + kBlock, inside.size()); at < end;) {
      const size_t size = next_size(inside.substr(at));
      if (size == 0) return at;
      at += size;
    }
    if (at >= inside.size()) return at;
  }
}

HeaderText::HeaderText(const InputFile& file, int64_t begin, int64_t end)
    : file_(file), end_(end), window_(static_cast<size_t>(std::min(kWindow, end - begin)), '\0') {
  look_from(begin);
}

void HeaderText::look_from(int64_t place) {
  const auto size = static_cast<size_t>(std::min(static_cast<int64_t>(window_.size()), end_ - place));
  file_.read(place, window_.data(), size);
  begin_ = place;
  at_ = window_.data();
  last_ = at_ + size;
}

void HeaderText::skip_text() {
  for (size_t size = 1; ended() || *at_ != '"'; at_ += size) {
    if (size == 0) return;
    look_from(place());
    size = valid_json_text({at_, static_cast<size_t>(last_ - at_)});
  }
}

}  // namespace lexigrad::train
