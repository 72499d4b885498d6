#include "lexigrad/data/tokenizers/word_tokenizer.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "support/paths.h"
#include "support/shared_data.h"

using namespace lexigrad;
using Catch::Contains;
using data::WordTokenizer;
using Words = std::vector<std::string>;
using Ids = std::vector<int64_t>;

namespace {
Words words(std::string_view text, bool lowercase = false) {
  Words out;
  data::for_each_word(text, lowercase, [&](std::string_view word) { out.emplace_back(word); });
  return out;
}
}  // namespace

TEST_CASE("words and punctuation marks are tokens", "[word_tokenizer]") {
  REQUIRE(words("Hello, world. Is this-- a test?") ==
          Words{"Hello", ",", "world", ".", "Is", "this", "--", "a", "test", "?"});
  REQUIRE(words("don't \"stop\" (now); 'tis dogs'") ==
          Words{"don't", "\"", "stop", "\"", "(", "now", ")", ";", "'", "tis", "dogs", "'"});
  REQUIRE(words("don\u2019t well-known genius--though -x-") ==
          Words{"don\u2019t", "well-known", "genius", "--", "though", "-", "x", "-"});
  REQUIRE(words("3.14 1,000 end.5 a,b 7. x2 _it_ wait... !!") == Words{"3.14", "1,000", "end", ".", "5", "a",
                                                                       ",", "b", "7", ".", "x2", "_", "it",
                                                                       "_", "wait", "...", "!", "!"});
  REQUIRE(words("a<|endoftext|>") == Words{"a", "<", "|", "endoftext", "|", ">"});
}

TEST_CASE("line ends, a BOM, NUL and control characters only separate", "[word_tokenizer]") {
  REQUIRE(words("\ufeffone\r\ntwo\rthree\n\n") == Words{"one", "two", "three"});
  REQUIRE(words(std::string_view("a\0b\x01 c\u00a0d\u2003e\u200bf", 17)) ==
          Words{"a", "b", "c", "d", "e", "f"});
  REQUIRE(words(" \t\r\n").empty());
  REQUIRE(words("").empty());
}

TEST_CASE("scripts other than Latin", "[word_tokenizer]") {
  REQUIRE(words("\u0421\u043e\u0431\u0430\u043a\u0430 \u03b1\u03b2\u03b3!") ==
          Words{"\u0421\u043e\u0431\u0430\u043a\u0430", "\u03b1\u03b2\u03b3", "!"});
  REQUIRE(words("e\u0301cole \u0928\u092e\u0938\u094d\u0924\u0947") ==
          Words{"e\u0301cole", "\u0928\u092e\u0938\u094d\u0924\u0947"});
  REQUIRE(words("\u4f60\u597d\uff0cabc\u4e16") == Words{"\u4f60", "\u597d", "\uff0c", "abc", "\u4e16"});
  REQUIRE(words("co\u00adoperate \u0646\u0645\u06cc\u200c\u062e") ==
          Words{"cooperate", "\u0646\u0645\u06cc\u200c\u062e"});
  REQUIRE(words("\U0001f44d\U0001f3fd\u2764\ufe0f") == Words{"\U0001f44d", "\U0001f3fd", "\u2764\ufe0f"});
}

TEST_CASE("invalid UTF-8 becomes one replacement character a run", "[word_tokenizer]") {
  REQUIRE(words("caf\xE9 au") == Words{"caf", "\ufffd", "au"});
  REQUIRE(words("\xFF\xFE\x80 a\xC3") == Words{"\ufffd", "a", "\ufffd"});
}

TEST_CASE("any bytes are words of some kind", "[word_tokenizer]") {
  std::mt19937 random(11);
  const std::string parts[] = {"\xC3", "\xE2\x80\x8D", "\xC2\xAD", "'",           "-", ".", ",", "a", "1",
                               " ",    "\xCC\x81",     "\xFF",     "\xE4\xB8\x96"};
  for (int trial = 0; trial < 4000; ++trial) {
    std::string bytes;
    for (auto n = random() % 30; n > 0; --n)
      trial % 2 ? bytes += static_cast<char>(random()) : bytes += parts[random() % std::size(parts)];
    for (const std::string& word : words(bytes, trial % 4 < 2)) {
      INFO(data::escape(bytes));
      REQUIRE_FALSE(word.empty());
      REQUIRE(words(word) == Words{word});
    }
  }
}

TEST_CASE("lower case is a choice", "[word_tokenizer]") {
  REQUIRE(words("The CAT \u00c9T\u00c9") == Words{"The", "CAT", "\u00c9T\u00c9"});
  REQUIRE(words("The CAT \u00c9T\u00c9", true) == Words{"the", "cat", "\u00e9t\u00e9"});
}

TEST_CASE("the vocabulary is sorted by code point, special tokens last", "[word_tokenizer]") {
  auto tokenizer = WordTokenizer::from_text("the cat , The \u00e9t\u00e9 zoo the \U0001f600 \uff21 cat the");
  Words sorted{",",      "The",        "cat",     "the",          "zoo", "\u00e9t\u00e9",
               "\uff21", "\U0001f600", "<|unk|>", "<|endoftext|>"};
  REQUIRE(tokenizer.vocabulary_size() == static_cast<int64_t>(sorted.size()));
  for (size_t id = 0; id < sorted.size(); ++id)
    REQUIRE(tokenizer.vocabulary().token(static_cast<int64_t>(id)) == sorted[id]);
  REQUIRE(tokenizer.vocabulary().count(tokenizer.id_of("the")) == 3);
  REQUIRE(tokenizer.unknown() == 8);
  REQUIRE(tokenizer.end_of_text() == 9);
}

TEST_CASE("rare words are unknown", "[word_tokenizer]") {
  auto tokenizer = WordTokenizer::from_text("a a b b b c", {.min_count = 2});
  REQUIRE(tokenizer.vocabulary_size() == 4);
  REQUIRE(tokenizer.encode("a c b x") == Ids{0, 2, 1, 2});
  REQUIRE(tokenizer.vocabulary().count(tokenizer.unknown()) == 1);
  REQUIRE_THROWS_WITH(WordTokenizer::from_text("a b", {.min_count = 2}),
                      Contains("No word of the text's 2 occurs 2 times"));
  REQUIRE_THROWS_WITH(WordTokenizer::from_text(" \n"), Contains("No word"));
  REQUIRE_THROWS_WITH(WordTokenizer::from_text("a", {.min_count = 0}), Contains("min_count is 0"));
}

TEST_CASE("the most frequent words are kept, of equals the first by code point", "[word_tokenizer]") {
  auto kept = [](int64_t most, int64_t least = 1) {
    auto tokenizer =
        WordTokenizer::from_text("e d d c c b b b a", {.min_count = least, .max_vocabulary = most});
    Words out;
    for (int64_t id = 0; id < tokenizer.unknown(); ++id) out.emplace_back(tokenizer.vocabulary().token(id));
    return out;
  };
  CHECK(kept(0) == Words{"a", "b", "c", "d", "e"});
  CHECK(kept(1) == Words{"b"});
  CHECK(kept(2) == Words{"b", "c"});
  CHECK(kept(4) == Words{"a", "b", "c", "d"});
  CHECK(kept(9) == Words{"a", "b", "c", "d", "e"});
  CHECK(kept(4, 2) == Words{"b", "c", "d"});
  CHECK_THROWS_WITH(kept(-1), Contains("max_vocabulary is -1"));
}

TEST_CASE("special tokens only on request", "[word_tokenizer]") {
  auto tokenizer = WordTokenizer::from_text("one two");
  REQUIRE(tokenizer.encode("one<|endoftext|>two", {.special = data::Special::read}) == Ids{0, 3, 1});
  Ids plain = tokenizer.encode("one<|endoftext|>two");
  REQUIRE(plain.size() == 7);
  REQUIRE(std::count(plain.begin(), plain.end(), 3) == 0);
}

TEST_CASE("decoded text reads well and has the same ids", "[word_tokenizer]") {
  std::string text =
      "\"Well,\" he said (slowly): it's a well-known -- no, 3.14 ... \u4f60\u597d\u3002 end?! [x]";
  auto tokenizer = WordTokenizer::from_text(text);
  Ids ids = tokenizer.encode(text);
  REQUIRE(tokenizer.decode(ids) ==
          "\" Well, \" he said (slowly): it's a well-known -- no, 3.14... \u4f60\u597d \u3002 end?! [x]");
  REQUIRE(tokenizer.encode(tokenizer.decode(ids)) == ids);

  auto wide = WordTokenizer::from_text(
      "a 1 23 \u00e9 e\u0301 \u0301 ' \u2019 - -- . .. ... , ; : ? ! ( ) [ ] { } \u2026 _ \" \u4f60 "
      "\u597d\ufe00 \xFF \U0001f44d it's 1.5");
  std::mt19937 random(3);
  for (int trial = 0; trial < 3000; ++trial) {
    Ids any(random() % 12);
    for (int64_t& id : any)
      id = static_cast<int64_t>(random() % static_cast<uint64_t>(wide.vocabulary_size() - 2));
    INFO(wide.decode(any));
    REQUIRE(wide.encode(wide.decode(any)) == any);
  }
  REQUIRE_THROWS_WITH(wide.decode(Ids{99}), Contains("Id 99"));
}

TEST_CASE("words are looked up as the tokenizer spells them", "[word_tokenizer]") {
  auto tokenizer = WordTokenizer::from_text("the Whale swims, the cat sleeps");
  REQUIRE(tokenizer.id_of("Whale") == tokenizer.id_of(" Whale "));
  REQUIRE(tokenizer.id_of("<|unk|>") == tokenizer.unknown());
  REQUIRE(tokenizer.candidates("whale").empty());
  REQUIRE(tokenizer.candidates("cat") == Ids{tokenizer.id_of("cat")});
  REQUIRE_THROWS_WITH(tokenizer.id_of("whale"), Contains("did you mean \"Whale\""));
  REQUIRE_THROWS_WITH(tokenizer.id_of("the cat"), Contains("\"the cat\" is not among"));
  auto lower = WordTokenizer::from_text("the Whale swims", {.lowercase = true});
  REQUIRE(lower.id_of("WHALE") == lower.id_of("whale"));
}

TEST_CASE("a saved word tokenizer is rebuilt and damage is noticed", "[word_tokenizer]") {
  std::string path = lexigrad::test::in_build("word_saved.txt");
  for (bool lowercase : {false, true}) {
    auto tokenizer = WordTokenizer::from_text("The cat's \u00e9t\u00e9, the mat.",
                                              {.min_count = 1, .lowercase = lowercase});
    tokenizer.save(path);
    auto copy = data::load_tokenizer(path);
    REQUIRE(copy->kind() == "word");
    REQUIRE(copy->vocabulary_size() == tokenizer.vocabulary_size());
    REQUIRE(copy->encode("The mat, THE cat's") == tokenizer.encode("The mat, THE cat's"));
    REQUIRE(copy->vocabulary().count(0) == tokenizer.vocabulary().count(0));
  }
  const std::string good = data::read_text(path);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_file_atomically(path, bad);
    REQUIRE_THROWS_AS(data::load_tokenizer(path), FileError);
    if (i == 0) continue;
    write_file_atomically(path, good.substr(0, i));
    REQUIRE_THROWS_AS(data::load_tokenizer(path), FileError);
  }
  REQUIRE_THROWS_WITH(WordTokenizer::from_text("a b").save(path + "/in/it"),
                      Catch::Contains("[file] Cannot write: Not a directory") &&
                          Catch::Contains("Hint: make the folder first"));
}

TEST_CASE("the-verdict.txt as words", "[word_tokenizer]") {
  auto path = test::shared_file("data/the-verdict.txt");
  if (!path) return;
  std::string text = data::read_text(*path);
  auto tokenizer = WordTokenizer::from_text(text);
  Ids ids = tokenizer.encode(text);
  REQUIRE(
      tokenizer.decode(Ids(ids.begin(), ids.begin() + 20)) ==
      "I HAD always thought Jack Gisburn rather a cheap genius -- though a good fellow enough -- so it was");
  REQUIRE(tokenizer.encode(tokenizer.decode(ids)) == ids);
  REQUIRE(std::count(ids.begin(), ids.end(), tokenizer.unknown()) == 0);
}
