#include "lexigrad/data/text/word_scanner.h"

#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {
constexpr char32_t kSoftHyphen = 0xAD, kZeroWidthNonJoiner = 0x200C, kZeroWidthJoiner = 0x200D;

bool is_alphanumeric(CharClass c) {
  return c == CharClass::letter || c == CharClass::number || c == CharClass::mark;
}
bool is_hidden_joiner(char32_t c) {
  return c == kSoftHyphen || c == kZeroWidthNonJoiner || c == kZeroWidthJoiner;
}
// ' and - and their typographic forms join letters and digits; a point or comma
// joins digits only.
bool joins_words(char32_t c) { return c == '\'' || c == 0x2019 || c == '-' || c == 0x2010; }
bool joins_digits(char32_t c) { return c == '.' || c == ','; }

bool is_ascii_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }
bool is_ascii_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
}  // namespace

// Appends the character at at_ to the word and moves behind it.
void WordScanner::take() {
  CodePoint c = decode_utf8(at_, end_);
  at_ += c.length;
  if (c.value == kSoftHyphen) return;
  append_utf8(word_, lowercase_ ? to_lower(c.value) : c.value);
}

// Whether a joiner at at_, inside a word, has the right kind of character on both sides.
bool WordScanner::joins() const {
  CodePoint c = decode_utf8(at_, end_);
  if (!joins_words(c.value) && !joins_digits(c.value)) return false;
  if (at_ + c.length == end_) return false;
  CharClass next = char_class(decode_utf8(at_ + c.length, end_).value);
  if (joins_words(c.value)) return next == CharClass::letter || next == CharClass::number;
  auto last = word_.size() - 1;
  while (last > 0 && (static_cast<unsigned char>(word_[last]) & 0xC0) == 0x80) --last;
  CharClass before = char_class(decode_utf8(&word_[last], word_.data() + word_.size()).value);
  return before == CharClass::number && next == CharClass::number;
}

// Takes the letters and digits of ASCII at at_, most of a text.
void WordScanner::take_ascii() {
  const char* begin = at_;
  while (at_ < end_ && (is_ascii_letter(*at_) || is_ascii_digit(*at_))) ++at_;
  const size_t before = word_.size();
  word_.append(begin, at_);
  if (!lowercase_) return;
  for (size_t i = before; i < word_.size(); ++i)
    if (is_ascii_letter(word_[i])) word_[i] |= 0x20;
}

void WordScanner::scan_word() {
  while (take_ascii(), at_ < end_) {
    CodePoint c = decode_utf8(at_, end_);
    if (!is_alphanumeric(char_class(c.value)) && !is_hidden_joiner(c.value) && !joins()) return;
    take();
  }
}

void WordScanner::scan_run(char32_t code, bool valid) {
  while (at_ < end_) {
    CodePoint c = decode_utf8(at_, end_);
    if (c.value != code || c.valid != valid) return;
    if (valid) append_utf8(word_, code);
    at_ += c.length;
  }
}

void WordScanner::scan_marks() {
  while (at_ < end_) {
    CodePoint c = decode_utf8(at_, end_);
    if (char_class(c.value) != CharClass::mark && c.value != kZeroWidthJoiner) return;
    take();
  }
}

bool WordScanner::next() {
  word_.clear();
  while (at_ < end_) {
    begin_ = at_;
    if (is_ascii_letter(*at_) || is_ascii_digit(*at_)) {
      scan_word();
      return true;
    }
    CodePoint c = decode_utf8(at_, end_);
    CharClass kind = char_class(c.value);
    if (kind == CharClass::space || kind == CharClass::control) {
      at_ += c.length;
      continue;
    }
    take();
    if (is_alphanumeric(kind)) {
      scan_word();
    } else if (!c.valid || c.value == '-' || c.value == '.') {
      scan_run(c.value, c.valid);
    } else {
      scan_marks();
    }
    return true;
  }
  return false;
}

}  // namespace lexigrad::data
