// Pieces of GPT-2's pattern against a matcher that tries its alternatives one by one.
#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"

#include <random>
#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

using namespace lexigrad::data;

namespace {

enum Kind { letter, number, space, other };

struct Char {
  Kind kind;
  size_t begin, end;
};

std::vector<Char> characters(std::string_view text) {
  std::vector<Char> out;
  for (size_t at = 0; at < text.size();) {
    CodePoint c = decode_utf8(text.data() + at, text.data() + text.size());
    CharClass of = char_class(c.value);
    Kind kind = of == CharClass::letter || of == CharClass::ideograph ? letter
                : of == CharClass::number                             ? number
                : of == CharClass::space                              ? space
                                                                      : other;
    out.push_back({kind, at, at + static_cast<size_t>(c.length)});
    at += static_cast<size_t>(c.length);
  }
  return out;
}

// '(?:[sdmt]|ll|ve|re) | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+$ | \s+(?!\S) | \s
std::vector<size_t> starts_by_pattern(std::string_view text) {
  std::vector<Char> chars = characters(text);
  std::vector<size_t> out;
  for (size_t i = 0; i < chars.size();) {
    out.push_back(chars[i].begin);
    std::string_view rest = text.substr(chars[i].begin);
    size_t length = 0;
    for (std::string_view form : {"'s", "'d", "'m", "'t", "'ll", "'ve", "'re"})
      if (length == 0 && rest.starts_with(form)) length = form.size();
    if (length > 0) {
      i += length;
      continue;
    }
    size_t first = rest[0] == ' ' && i + 1 < chars.size() ? i + 1 : i;
    if (chars[first].kind != space) {
      for (Kind kind = chars[first].kind; first < chars.size() && chars[first].kind == kind;) ++first;
      i = first;
      continue;
    }
    size_t end = i;
    while (end < chars.size() && chars[end].kind == space) ++end;
    i = end == chars.size() || end == i + 1 ? end : end - 1;
  }
  return out;
}

std::vector<size_t> starts_of(std::string_view text) {
  Gpt2Scanner scanner(text);
  std::vector<size_t> out, some(Gpt2Scanner::kMostStarts);
  while (!scanner.at_end()) out.insert(out.end(), some.data(), some.data() + scanner.next(some.data()));
  return out;
}

}  // namespace

TEST_CASE("the scanner cuts as GPT-2's pattern does, wherever blocks of 64 bytes end", "[tokenizer]") {
  const std::vector<std::string> parts = {"a",
                                          "s",
                                          "ll",
                                          "'s",
                                          "'",
                                          "'ll",
                                          "'ve",
                                          "'re",
                                          " ",
                                          "  ",
                                          "\n",
                                          "\t",
                                          "\u00A0",
                                          ".",
                                          "\u3000",
                                          "\u2003",
                                          "\u0085",
                                          "é",
                                          "д",
                                          "日",
                                          "\xE4\xB7\xBF",
                                          "\xE9\xBF\xBF",
                                          "\xE8\xAA",
                                          "語",
                                          "🙂",
                                          "1",
                                          "½",
                                          "\xFF",
                                          "\xC2",
                                          "\xE2\x80",
                                          "?!",
                                          "word",
                                          "٣",
                                          std::string(1, '\0'),
                                          std::string(61, 'x'),
                                          std::string(63, ' '),
                                          std::string(62, 'y')};
  std::mt19937 random(11);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    size_t length = random() % (round % 100 == 0 ? 9000 : 200), some = 1 + random() % parts.size();
    while (text.size() < length) text += parts[random() % some * (1 + random() % 3) % parts.size()];
    CAPTURE(round, text);
    REQUIRE(starts_of(text) == starts_by_pattern(text));
  }
}

TEST_CASE("a text may be cut where the scanner says", "[tokenizer]") {
  const std::string parts[] = {"a",      "b'",     "'s", " ", "\n",   "é",        "\u3000", "\u3002",
                               "\u2002", "\u00a0", "1",  "!", "\xC2", "\xe2\x80", "\x80",   "猫"};
  std::mt19937 random(12);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "x";
    while (text.size() < 80) text += parts[random() % std::size(parts)];
    size_t from = 1 + random() % 79;
    size_t at = gpt2_safe_cut(text, from);
    std::vector<size_t> expected = starts_of(text), got = starts_of({text.data(), at});
    for (size_t start : starts_of(std::string_view(text).substr(at))) got.push_back(at + start);
    REQUIRE(got == expected);
  }
}
