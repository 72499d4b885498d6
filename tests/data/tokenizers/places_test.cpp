// Where tokens stand in a text, and text of ids that come one after another.
#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/stream_decoder.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/shared_data.h"
#include "support/throws.h"

using namespace lexigrad;
using Places = std::vector<data::TokenPlace>;

namespace {

std::string mixed_text(uint64_t seed) {
  const std::vector<std::string> parts = {
      "The",        " cat", " don't",   "\n", "  ", "3.14",       "caf\u00e9", "\u732b\u732b",
      "\U0001f600", "\xff", "\xe7\x8c", ".",  "-",  "so\u00adft", "\xc3"};
  CounterRng random(seed);
  std::string out;
  for (uint64_t i = 0; i < 60; ++i) out += parts[random.below(parts.size(), 0, i)];
  return out;
}

bool is_whole(std::string_view text) {
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    if (!c.valid) return false;
    p += c.length;
  }
  return true;
}

void check(const data::Tokenizer& tokenizer, const std::string& text) {
  const std::vector<int64_t> ids = tokenizer.encode(text);
  const Places places = tokenizer.encode_with_places(text);
  REQUIRE(places.size() == ids.size());
  size_t before = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    CHECK(places[i].id == ids[i]);
    CHECK((before <= places[i].begin && places[i].begin < places[i].end && places[i].end <= text.size()));
    before = places[i].end;
    // A part of the text alone is the token; a word's may be cut by its neighbours.
    if (tokenizer.kind() == "char")
      CHECK(tokenizer.encode(text.substr(places[i].begin, places[i].end - places[i].begin)) ==
            std::vector<int64_t>{ids[i]});
  }
  data::StreamDecoder decoder(tokenizer);
  std::string streamed;
  for (int round = 0; round < 2; ++round, streamed.clear()) {
    for (int64_t id : ids) {
      std::string part = decoder.add(id);
      streamed += part;
      if (is_whole(tokenizer.decode(ids))) CHECK(is_whole(part));
    }
    streamed += decoder.finish();
    CHECK(streamed == tokenizer.decode(ids));
  }
  for (size_t at = 0, size = 0; at < ids.size(); at += size, size = (size + 1) % 5) {  // none, too, at a time
    std::string part = decoder.add(std::span(ids).subspan(at, std::min(size, ids.size() - at)));
    streamed += part;
    if (is_whole(tokenizer.decode(ids))) CHECK(is_whole(part));
  }
  CHECK(streamed + decoder.finish() == tokenizer.decode(ids));
}

}  // namespace

TEST_CASE("tokens have their places, and ids their text one by one", "[places]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    std::string text = mixed_text(seed);
    check(data::WordTokenizer::from_text(text), text);
    check(data::CharTokenizer::from_text(text), text);
    check(data::BpeTokenizer::from_text(text, {.vocabulary_size = 280}), text);
    if (auto* gpt2 = test::gpt2()) check(*gpt2, text);
  }
}

TEST_CASE("places of words are those in the text", "[places]") {
  auto words = data::WordTokenizer::from_text("the cat don't");
  CHECK(words.encode_with_places(" the  dog,\ndon't") == Places{{words.id_of("the"), 1, 4},
                                                                {words.unknown(), 6, 9},
                                                                {words.unknown(), 9, 10},
                                                                {words.id_of("don't"), 11, 16}});
  CHECK(words.encode_with_places("the<|endoftext|> cat", {.special = data::Special::read}) ==
        Places{{words.id_of("the"), 0, 3}, {words.end_of_text(), 3, 16}, {words.id_of("cat"), 17, 20}});
  auto letters = data::CharTokenizer::from_text("ab");
  CHECK(letters.encode_with_places("a\u732bb") == Places{{0, 0, 1}, {2, 1, 4}, {1, 4, 5}});
}

// Each emoji is several byte pairs: nothing is printed before its last.
TEST_CASE("a character comes when it is whole", "[places]") {
  auto bytes = data::BpeTokenizer::from_text("ab", {.vocabulary_size = 257});
  data::StreamDecoder decoder(bytes);
  std::vector<std::string> parts;
  for (int64_t id : bytes.encode("a\U0001f600\xff"
                                 "b\xe7\x8c"))
    parts.push_back(decoder.add(id));
  CHECK(parts == std::vector<std::string>{"a", "", "", "", "\U0001f600", "\xff", "b", "", ""});
  CHECK(decoder.finish() == "\xe7\x8c");
  CHECK(decoder.finish().empty());
  CHECK_THROWS_AS(decoder.add(257), std::invalid_argument);
}
