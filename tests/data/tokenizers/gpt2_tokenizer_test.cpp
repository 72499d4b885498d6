#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "support/fixture.h"
#include "support/fnv1a.h"
#include "support/shared_data.h"

using namespace lexigrad;
using Ids = std::vector<int64_t>;

namespace {
const nlohmann::json& fixture() { return lexigrad::test::fixture("gpt2_tokens.json"); }

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) { return error.what(); }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("GPT-2 ids are tiktoken's for the fixture's texts", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  REQUIRE(fixture()["texts"].size() > 300);
  for (const auto& pair : fixture()["texts"]) {
    auto text = pair[0].get<std::string>();
    INFO(data::escape(text));
    REQUIRE(tokenizer->encode(text) == pair[1].get<Ids>());
    REQUIRE(tokenizer->decode(pair[1].get<Ids>()) == text);
  }
}

TEST_CASE("GPT-2 ids are tiktoken's around every code point", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  std::vector<char32_t> points;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xD800 || c >= 0xE000) points.push_back(c);
  const auto& hashes = fixture()["every_code_point"];
  for (size_t first = 0; first < points.size(); first += 4096) {
    std::string text;
    for (size_t i = first; i < std::min(first + 4096, points.size()); ++i)
      for (char c : std::string_view("a?1? ?\n"))
        c == '?' ? data::append_utf8(text, points[i]) : text.push_back(c);
    INFO("code points from " << static_cast<uint32_t>(points[first]));
    REQUIRE(test::fnv1a(tokenizer->encode(text)) == hashes[first / 4096].get<std::string>());
  }
}

TEST_CASE("the-verdict.txt has the tutorial's GPT-2 ids", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  auto path = test::shared_file("data/the-verdict.txt");
  if (!tokenizer || !path) return;
  Ids ids = tokenizer->encode(data::read_text(*path));
  REQUIRE(ids.size() == 5145);
  REQUIRE(Ids(ids.begin(), ids.begin() + 12) ==
          Ids{40, 367, 2885, 1464, 1807, 3619, 402, 271, 10899, 2138, 257, 7026});
  REQUIRE(tokenizer->vocabulary_size() == 50257);
}

TEST_CASE("GPT-2 ids of a megabyte are tiktoken's, for any number of threads", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  auto path = test::shared_file("data/wikitext2-valid.txt");
  if (!tokenizer || !path) return;
  std::string text = data::read_text(*path);
  int before = num_threads();
  for (int threads : {1, 3}) {
    set_num_threads(threads);
    Ids ids = tokenizer->encode(text);
    REQUIRE(ids.size() == fixture()["wikitext2_valid"]["tokens"].get<size_t>());
    REQUIRE(test::fnv1a(ids) == fixture()["wikitext2_valid"]["fnv1a"].get<std::string>());
    REQUIRE(tokenizer->decode(ids) == text);
  }
  set_num_threads(before);
}

TEST_CASE("where a long text is cut into blocks does not show", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  // One period's ids are known; bars before it move every kind of place to the edge of the first block.
  const std::string unit = "don't  \n  stop\u00a0  \u3000  now 12  34!? \u4e16\u754c  it's\n\n\n\n\nx   |";
  Ids once = tokenizer->encode(unit);
  for (size_t bars = 1; bars <= unit.size(); ++bars) {
    std::string text(bars, '|');
    Ids expected = tokenizer->encode(text);
    while (text.size() < 300000) {
      text += unit;
      expected.insert(expected.end(), once.begin(), once.end());
    }
    INFO(bars << " bars");
    REQUIRE(tokenizer->encode(text) == expected);
  }
}

TEST_CASE("any bytes come back from their ids", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  std::mt19937 random(7);
  const std::string parts[] = {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xED\xA0\x80", "\xC0\x80", "\xF5", " ",
                               "a",    "1",        "'s",           "\xA0",         "\n"};
  for (int trial = 0; trial < 4000; ++trial) {
    std::string bytes;
    for (auto n = random() % 60; n > 0; --n)
      trial % 2 ? bytes += static_cast<char>(random()) : bytes += parts[random() % std::size(parts)];
    REQUIRE(tokenizer->decode(tokenizer->encode(bytes)) == bytes);
  }
}

TEST_CASE("an invalid byte is neither letter, number nor space", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  auto join = [&](std::initializer_list<std::string_view> pieces) {
    Ids ids;
    for (std::string_view piece : pieces)
      for (int64_t id : tokenizer->encode(piece)) ids.push_back(id);
    return ids;
  };
  REQUIRE(tokenizer->encode("a\xFF!\x80 b") == join({"a", "\xFF!\x80", " b"}));
  REQUIRE(tokenizer->encode("1 \xE2\x82!x") == join({"1", " \xE2\x82!", "x"}));
  REQUIRE(tokenizer->encode("  \xC2") == join({" ", " \xC2"}));
}

TEST_CASE("<|endoftext|> is special only on request", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  auto text = fixture()["special"]["text"].get<std::string>();
  REQUIRE(tokenizer->encode(text, {.special = data::Special::read}) ==
          fixture()["special"]["ids"].get<Ids>());
  Ids plain = tokenizer->encode(text);
  REQUIRE(std::count(plain.begin(), plain.end(), 50256) == 0);
  REQUIRE(tokenizer->decode(plain) == text);
  REQUIRE(tokenizer->end_of_text() == 50256);
}

TEST_CASE("long pieces take time in proportion to their length", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  // A quadratic merge would need hours here.
  for (char c : {'a', ' ', '='}) {
    std::string text(1000000, c);
    REQUIRE(tokenizer->decode(tokenizer->encode(text)) == text);
  }
  // 'aaaa' is the longest token of a's (id 24794): a run of 4n is n of them.
  REQUIRE(tokenizer->encode(std::string(100000, 'a')) == Ids(25000, 24794));
}

TEST_CASE("token texts are readable and words are found with their leading space", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  REQUIRE(tokenizer->token_text(3797) == " cat");
  REQUIRE(tokenizer->token_text(198) == "\\n");
  REQUIRE(tokenizer->token_text(447) == "\\xe2\\x80");
  REQUIRE(tokenizer->candidates("cat") == Ids{9246, 3797});
  REQUIRE(tokenizer->candidates("whale") == Ids{22206});
  REQUIRE(tokenizer->candidates("qzxw").empty());
  REQUIRE(tokenizer->id_of(" cat") == 3797);
  REQUIRE_THAT(error_of([&] { tokenizer->id_of("whale"); }),
               Catch::Contains("\"whale\" is no single token but \"wh\", \"ale\"") &&
                   Catch::Contains("did you mean \" whale\", with its leading space?"));
  REQUIRE_THAT(error_of([&] { tokenizer->id_of("whalle"); }),
               Catch::Contains("tokens spelled like it: \" whale\""));
  REQUIRE_THAT(error_of([&] { tokenizer->decode(Ids{50257}); }),
               Catch::Contains("Id 50257") && Catch::Contains("0..50256"));
  REQUIRE_THAT(error_of([&] { tokenizer->decode(Ids{-1}); }), Catch::Contains("Id -1"));
}

TEST_CASE("a saved GPT-2 tokenizer needs no other file", "[tokenizer]") {
  auto* tokenizer = test::gpt2();
  if (!tokenizer) return;
  std::string path = lexigrad::test::in_build("gpt2_saved.txt");
  tokenizer->save(path);
  auto copy = data::load_tokenizer(path);
  REQUIRE(copy->kind() == "gpt2");
  REQUIRE(copy->vocabulary_size() == 50257);
  for (int64_t id = 0; id < 50257; ++id)
    REQUIRE(copy->vocabulary().token(id) == tokenizer->vocabulary().token(id));
}

TEST_CASE("missing and damaged GPT-2 files are refused with the reason", "[tokenizer]") {
  std::string folder = lexigrad::test::in_build("gpt2_damaged");
  std::filesystem::create_directories(folder);
  const char* set = std::getenv("LEXIGRAD_CACHE");
  std::string before = set ? set : "";
  ::setenv("LEXIGRAD_CACHE", (folder + "/none").c_str(), 1);
  std::string missing = error_of([] { data::Gpt2Tokenizer::from_cache(); });
  set ? ::setenv("LEXIGRAD_CACHE", before.c_str(), 1) : ::unsetenv("LEXIGRAD_CACHE");
  REQUIRE_THAT(missing, Catch::Contains("script/setup") && Catch::Contains("--gpt2-dir") &&
                            Catch::Contains("none/gpt2/encoder.json"));

  auto attempt = [&](const std::string& merges, const std::string& encoder) {
    std::ofstream(folder + "/vocab.bpe") << merges;
    std::ofstream(folder + "/encoder.json") << encoder;
    return error_of([&] { data::Gpt2Tokenizer tokenizer(folder); });
  };
  REQUIRE_THAT(attempt("", "{}"), Catch::Contains("empty") && Catch::Contains("vocab.bpe"));
  REQUIRE_THAT(attempt("h e\n", "{}"), Catch::Contains("not #version") && Catch::Contains("byte 0"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\nhe\n", "{}"),
               Catch::Contains("two parts") && Catch::Contains("byte 18"));
  REQUIRE_THAT(attempt("#version: 0.2\nhe l\n", "{}"), Catch::Contains("no tokens yet"));
  REQUIRE_THAT(attempt("#version: 0.2\nh \xC5\xA4\n", "{}"), Catch::Contains("stands for no byte"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\nh e\n", "{}"), Catch::Contains("there already"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\n", "{\"he\": 256"),
               Catch::Contains("not JSON") && Catch::Contains("encoder.json"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\n", "[256]"), Catch::Contains("not one object"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\n", "{\"he\": \"x\"}"), Catch::Contains("not one object"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\n", "{\"he\": 255}"),
               Catch::Contains("\"he\" has id 255 but vocab.bpe makes it 256"));
  REQUIRE_THAT(attempt("#version: 0.2\nh e\n", "{\"he\": 256}"),
               Catch::Contains("It has 1 tokens but vocab.bpe makes 258"));
}
