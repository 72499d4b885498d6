// Pieces of the patterns behind GPT-2's: tests/data/tokenizers/file_tokenizer_test.cpp holds them against tiktoken.
#include "lexigrad/data/tokenizers/bpe/pattern_scanner.h"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "catch.h"

using namespace lexigrad::data;
using Strings = std::vector<std::string>;

namespace {

constexpr Pattern kPatterns[] = {Pattern::gpt2, Pattern::cl100k, Pattern::llama3, Pattern::o200k,
                                 Pattern::phrases};

Strings pieces(Pattern pattern, std::string_view text) {
  Strings out;
  for_pieces(pattern, text, [&](const size_t* starts, size_t count) {
    for (size_t i = 0; i < count; ++i) out.emplace_back(text.substr(starts[i], starts[i + 1] - starts[i]));
  });
  return out;
}

}  // namespace

TEST_CASE("pieces are those of the patterns' alternatives", "[tokenizer]") {
  struct Example {
    std::string text;
    Strings cl100k, o200k;
  };
  const Example examples[] = {
      {"don't DON'T x'\u017fy",
       {"don", "'t", " DON", "'T", " x", "'\u017f", "y"},
       {"don't", " DON'T", " x'\u017f", "y"}},
      {"12345 1", {"123", "45", " ", "1"}, {"123", "45", " ", "1"}},
      {"HelloWorld iOS", {"HelloWorld", " iOS"}, {"Hello", "World", " i", "OS"}},
      {"AB\u65e5CD", {"AB\u65e5CD"}, {"AB\u65e5", "CD"}},
      {"\u0301ABC", {"\u0301ABC"}, {"\u0301", "ABC"}},
      {"a  b\n \n  c", {"a", " ", " b", "\n \n", " ", " c"}, {"a", " ", " b", "\n \n", " ", " c"}},
      {"!\n/\n.", {"!\n", "/\n", "."}, {"!\n/\n", "."}},
      {"\n  ", {"\n  "}, {"\n", "  "}},
      {"(x)\t\ty", {"(x", ")", "\t", "\ty"}, {"(x", ")", "\t", "\ty"}},
      {"a\xff!\x80 b", {"a", "\xff!\x80", " b"}, {"a", "\xff!\x80", " b"}},
      {"\xffq \xe2\x82", {"\xffq", " \xe2\x82"}, {"\xffq", " \xe2\x82"}},
  };
  for (const Example& each : examples) {
    INFO(each.text);
    CHECK(pieces(Pattern::cl100k, each.text) == each.cl100k);
    CHECK(pieces(Pattern::o200k, each.text) == each.o200k);
    if (each.text != "\n  ") CHECK(pieces(Pattern::llama3, each.text) == each.cl100k);
  }
  CHECK(pieces(Pattern::llama3, "\n  ") == Strings{"\n", "  "});
  CHECK(pieces(Pattern::cl100k, "").empty());
}

TEST_CASE("phrases end where the words of their pattern say", "[tokenizer]") {
  CHECK(pieces(Pattern::phrases, "It is. So be it, in 1984 too!\n  No") ==
        Strings{"It is.", " So be it, in", " 1984", " too!", "\n  No"});
  CHECK(pieces(Pattern::phrases, "a\xff  \u3000 b 3.14 ") ==
        Strings{"a\xff  \u3000 b", " 3", ".", "14", " "});
  CHECK(pieces(Pattern::phrases, "x = f(a.b)  \r\n") == Strings{"x = f(a.b)", "  \r\n"});
  // The same said of each place by itself.
  auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  auto begins = [&](const std::string& text, size_t i) {
    auto digit = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    auto of_number = [&](size_t at) { return digit(at) || (text[at] == ' ' && digit(at + 1)); };
    if (i == 0 || of_number(i) != of_number(i - 1)) return true;
    if (of_number(i)) return text[i] == ' ';
    if (!is_space(text[i]) || is_space(text[i - 1])) return false;
    size_t end = i;
    bool line = false;
    for (; end < text.size() && is_space(text[end]) && !of_number(end); ++end)
      line = line || text[end] == '\n' || text[end] == '\r';
    return line || end == text.size() || std::string(".!?").find(text[i - 1]) != std::string::npos;
  };
  std::mt19937 random(3);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += "ab5  .!\n\r\t"[random() % 10];
    Strings expected;
    for (size_t i = 0; i < text.size(); ++i) {
      if (begins(text, i)) expected.emplace_back();
      expected.back() += text[i];
    }
    CAPTURE(text);
    REQUIRE(pieces(Pattern::phrases, text) == expected);
    // A piece of GPT-2's pattern is of one phrase.
    size_t place = 0;
    std::vector<bool> is_end(text.size() + 1);
    for (const std::string& each : pieces(Pattern::gpt2, text)) is_end[place += each.size()] = true;
    place = 0;
    for (const std::string& each : expected) REQUIRE(is_end[place += each.size()]);
  }
}

TEST_CASE("a text may be cut where the patterns say", "[tokenizer]") {
  const std::string parts[] = {"a", "B",      "'s", " ",    "\n",   "\r", "\t", "/",
                               "!", "\u3000", "1",  "\xC2", "\xA0", "語", "é",  "\u0301"};
  std::mt19937 random(13);
  size_t cuts[std::size(kPatterns)] = {};
  for (int round = 0; round < 4000; ++round) {
    std::string text = "x";
    while (text.size() < 60) text += parts[random() % std::size(parts)];
    for (Pattern pattern : kPatterns) {
      size_t cut = safe_cut(pattern, text, 1 + random() % 59);
      cuts[static_cast<size_t>(pattern)] += cut < text.size();
      Strings got = pieces(pattern, std::string_view(text).substr(0, cut));
      for (const std::string& each : pieces(pattern, std::string_view(text).substr(cut))) got.push_back(each);
      CAPTURE(text, cut, name_of(pattern));
      REQUIRE(got == pieces(pattern, text));
    }
  }
  for (size_t each : cuts) CHECK(each > 1000);
}

// As parts of a text are encoded alone, by threads and as they are read.
TEST_CASE("a Chinese text has places to be cut", "[tokenizer]") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "猫坐在垫子上。\n狗，也是！\r\n「好」\n";
  for (Pattern pattern : kPatterns)
    for (size_t from = 1; from < 1000; ++from) {
      INFO(name_of(pattern) << ' ' << from);
      CHECK(safe_cut(pattern, text, from) < from + 60);
    }
}

TEST_CASE("runs of one kind take time in proportion to their length", "[tokenizer]") {
  const size_t size = 1 << 22;
  for (const char* unit : {"a", "A", " ", "\n", " \n", "7", "!", "'", "\u200d", "\u65e5", "\u65e5A", "\u0301",
                           "\u0301A", "\xff", "\u3000", "\u017f'", "/\n"}) {
    std::string text;
    text.reserve(size + 8);
    while (text.size() < size) text += unit;
    for (Pattern pattern : kPatterns) {
      INFO(unit << " " << name_of(pattern));
      size_t bytes = 0;
      auto begin = std::chrono::steady_clock::now();
      for_pieces(pattern, text,
                 [&](const size_t* starts, size_t count) { bytes += starts[count] - starts[0]; });
      CHECK(bytes == text.size());
      CHECK(std::chrono::steady_clock::now() - begin <
            std::chrono::seconds(10));  // a quadratic scan takes hours
    }
  }
}

TEST_CASE("a pattern has its names and its expressions", "[tokenizer]") {
  for (Pattern pattern : kPatterns) CHECK(pattern_named(name_of(pattern)) == pattern);
  CHECK(pattern_named("p50k") == Pattern::gpt2);
  CHECK_FALSE(pattern_named("gpt4"));
  CHECK(pattern_names() == "gpt2, r50k, p50k, cl100k, llama3, o200k, phrases");
  for (Pattern pattern : kPatterns)
    if (pattern != Pattern::cl100k) CHECK(pattern_of_regex(regex_of(pattern)) == pattern);
  CHECK_FALSE(pattern_of_regex(R"(\p{N}{1,3}+)"));
  CHECK_FALSE(pattern_of_regex(""));
}
