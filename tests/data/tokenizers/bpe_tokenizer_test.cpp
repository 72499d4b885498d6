#include "lexigrad/data/tokenizers/bpe_tokenizer.h"

#include <random>

#include "catch.h"
#include "support/throws.h"

using namespace lexigrad;
using data::BpeTokenizer;

namespace {

const std::string kText = [] {
  std::string out;
  for (int i = 0; i < 200; ++i) out += "the cat sat on the mat " + std::to_string(i % 7) + "\n";
  return out;
}();

// Neighbours whose union is the token of lowest id are joined, again and again.
std::vector<int64_t> by_definition(const data::Vocabulary& tokens, const std::string& piece) {
  std::vector<std::string> parts;
  for (char c : piece) parts.emplace_back(1, c);
  while (true) {
    size_t best = 0;
    int64_t lowest = -1;
    for (size_t i = 0; i + 1 < parts.size(); ++i)
      if (int64_t id = tokens.find(parts[i] + parts[i + 1]); id >= 0 && (lowest < 0 || id < lowest))
        best = i, lowest = id;
    if (lowest < 0) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
  std::vector<int64_t> ids;
  for (const std::string& part : parts) ids.push_back(tokens.find(part));
  return ids;
}

}  // namespace

TEST_CASE("lengths are those of the text by the vocabulary of each size", "[tokenizer]") {
  std::string text = kText + std::string(40, 'a') +
                     " aaa aaaa";  // pairs that overlap are counted once where they are merged
  data::PieceCounts pieces;
  pieces.add_text(text);
  std::vector<int64_t> lengths;
  const int64_t most =
      BpeTokenizer::from_counts(pieces, {.vocabulary_size = 300}, &lengths).vocabulary_size();
  REQUIRE(lengths.size() == static_cast<size_t>(most - 256));
  CHECK(lengths.front() == static_cast<int64_t>(text.size()));
  for (int64_t size = 257; size <= most; ++size) {
    BpeTokenizer tokenizer = BpeTokenizer::from_counts(pieces, {.vocabulary_size = size});
    INFO(size);
    CHECK(lengths[static_cast<size_t>(size - 257)] == static_cast<int64_t>(tokenizer.encode(text).size()));
  }
}

TEST_CASE("a learnt vocabulary has bytes, merges and the end of a text", "[tokenizer]") {
  BpeTokenizer tokenizer = BpeTokenizer::from_text(kText, {.vocabulary_size = 300});
  const data::Vocabulary& tokens = tokenizer.vocabulary();
  CHECK(tokens.size() < 300);  // there are not so many pairs
  CHECK(tokenizer.end_of_text() == tokens.size() - 1);
  CHECK(tokens.find(" the") >= 256);
  CHECK(tokenizer.encode(" the cat").size() == 2);
  CHECK(BpeTokenizer::from_text(kText, {.vocabulary_size = 260}).vocabulary_size() == 260);
  CHECK(BpeTokenizer::from_text("").vocabulary_size() == 257);
}

TEST_CASE("a learnt vocabulary encodes by its definition", "[tokenizer]") {
  BpeTokenizer tokenizer = BpeTokenizer::from_text(kText, {.vocabulary_size = 280});
  for (const char* piece :
       {" cat", " catcat", "themat", " 3", "sat", "xyz", "\xff\xfe", " onthecatmatsatonthemat"})
    CHECK(tokenizer.encode(piece) == by_definition(tokenizer.vocabulary(), piece));
}

TEST_CASE("a piece that is cut where nothing merges has the ids of its definition", "[tokenizer]") {
  const std::vector<std::string> signs = {"\u4f60", "\u597d", "\u4e16", "\u754c",    "\u9f8d",
                                          "\u00e9", "a",      "t",      "\U00020000"};
  std::mt19937 random(5);
  auto draw = [&](size_t most, size_t kinds) {
    std::string out;
    for (size_t n = 1 + random() % most; n > 0; --n) out += signs[random() % kinds];
    return out;
  };
  std::string
      text;  // of few characters: some become tokens, alone and with their neighbours, others only in part
  for (int i = 0; i < 600; ++i) text += draw(6, i % 3 == 0 ? signs.size() : 4) + "\n";
  for (int64_t size : {257, 259, 262, 266, 275, 300}) {
    BpeTokenizer tokenizer = BpeTokenizer::from_text(text, {.vocabulary_size = size});
    for (int i = 0; i < 300; ++i) {
      const std::string piece = draw(14, signs.size());
      INFO(size << " " << piece);
      REQUIRE(tokenizer.encode(piece) == by_definition(tokenizer.vocabulary(), piece));
      REQUIRE(tokenizer.encode(piece) == by_definition(tokenizer.vocabulary(), piece));  // remembered now
    }
  }
}

TEST_CASE("sizes that cannot be are refused", "[tokenizer]") {
  CHECK_THROWS_WITH(BpeTokenizer::from_text("a", {.vocabulary_size = 256}),
                    "[bpe_tokenizer] vocabulary_size is 256 (valid are 257..1048576)");
  CHECK_THROWS_WITH(BpeTokenizer::from_text("a", {.min_count = 0}),
                    "[bpe_tokenizer] min_count is 0 (valid are 1 and more)");
}
