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

constexpr Pattern kPatterns[] = {Pattern::gpt2, Pattern::cl100k, Pattern::llama3, Pattern::o200k};

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

TEST_CASE("a text may be cut where the patterns say", "[tokenizer]") {
  const std::string parts[] = {"a", "B",      "'s", " ",    "\n",   "\r", "\t", "/",
                               "!", "\u3000", "1",  "\xC2", "\xA0", "語", "é",  "\u0301"};
  std::mt19937 random(13);
  size_t cuts[4] = {}, lines[4] = {};
  for (int round = 0; round < 4000; ++round) {
    std::string text = "x";
    while (text.size() < 60) text += parts[random() % std::size(parts)];
    const char *begin = text.data(), *end = begin + text.size();
    for (Pattern pattern : kPatterns) {
      const Strings whole = pieces(pattern, text);
      auto check_cut = [&](const char* cut) {
        Strings got = pieces(pattern, {begin, cut});
        for (const std::string& each : pieces(pattern, {cut, end})) got.push_back(each);
        CAPTURE(text, cut - begin, name_of(pattern));
        REQUIRE(got == whole);
      };
      const char* cut = safe_cut(pattern, begin + 1 + random() % 59, end);
      cuts[static_cast<size_t>(pattern)] += cut < end;
      check_cut(cut);
      for (const char* p = begin + 1; p + 1 < end; ++p)
        if (*p == '\n' && parts_behind_line(pattern, p)) {
          ++lines[static_cast<size_t>(pattern)];
          check_cut(p + 1);
        }
    }
  }
  for (size_t i = 0; i < 4; ++i) CHECK((cuts[i] > 1000 && lines[i] > 200));
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
  CHECK(pattern_names() == "gpt2, r50k, p50k, cl100k, llama3, o200k");
  CHECK_FALSE(pattern_of_regex(R"(\p{N}{1,3}+)"));
  CHECK_FALSE(pattern_of_regex(""));
}
