// Merges against Hugging Face's trainer: fixtures/bpe_merges.json, written by fixtures/make_bpe_fixtures.py.
#include "lexigrad/data/tokenizers/bpe/learn_merges.h"

#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"
#include "support/fixture.h"
#include "support/threads.h"

using namespace lexigrad;
using data::PieceCounts;
using data::Vocabulary;

namespace {

using Strings = std::vector<std::string>;

Strings merged(const Vocabulary& tokens) {
  Strings out;
  for (int64_t id = 256; id < tokens.size(); ++id) out.emplace_back(tokens.token(id));
  return out;
}

// The tokens that the fixture's merges make.
Strings expected(const nlohmann::json& merges) {
  const data::ByteLetters letters;
  Strings out;
  for (const auto& merge : merges) {
    out.emplace_back();
    for (const auto& part : merge) REQUIRE(letters.append(out.back(), part.get<std::string>()));
  }
  return out;
}

PieceCounts counts_of(const std::string& text) {
  PieceCounts out;
  out.add_text(text);
  return out;
}

}  // namespace

TEST_CASE("merges are those of Hugging Face's trainer, for any number of threads", "[tokenizer]") {
  std::string text;
  for (const auto& item : test::fixture("bpe_merges.json")) {
    if (!item["text"].is_null()) text = item["text"];
    INFO(item["kind"] << " " << item["size"]);
    for (int threads : {1, 2, 3, 8}) {
      test::Threads some(threads);
      Vocabulary tokens = data::learn_merges(counts_of(text), item["size"], item["least"]);
      REQUIRE(merged(tokens) == expected(item["merges"]));
    }
  }
}

TEST_CASE("pieces are counted as they are met, long ones and many different ones too", "[tokenizer]") {
  std::string text;
  for (int i = 0; i < 40'000; ++i)
    text += " w" + std::to_string(i * i % 30'011) + (i % 1000 ? "" : std::string(40, 'x'));
  for (const std::string& all : {text, std::string(), std::string("a"), std::string("\xff\xfe  \n")}) {
    std::map<std::string, int64_t> seen, found;
    std::vector<size_t> starts(data::Gpt2Scanner::kMostStarts), ends;
    data::Gpt2Scanner scanner(all);
    while (!scanner.at_end())
      ends.insert(ends.end(), starts.begin(),
                  starts.begin() + static_cast<ptrdiff_t>(scanner.next(starts.data())));
    ends.push_back(all.size());
    for (size_t i = 0; i + 1 < ends.size(); ++i) ++seen[all.substr(ends[i], ends[i + 1] - ends[i])];
    for (int threads : {1, 2, 3, 8}) {
      test::Threads some(threads);
      PieceCounts counts = counts_of(all);
      found.clear();
      counts.for_each([&](std::string_view piece, int64_t count) { found[std::string(piece)] = count; });
      CHECK(found == seen);
      CHECK(counts.size() == seen.size());
    }
  }
}

TEST_CASE("texts that are counted one after another are one", "[tokenizer]") {
  PieceCounts parts;
  for (int i = 0; i < 100; ++i) parts.add_text("the cat sat on the mat\n");
  std::string all;
  for (int i = 0; i < 100; ++i) all += "the cat sat on the mat\n";
  CHECK(merged(data::learn_merges(parts, 300)) == merged(data::learn_merges(counts_of(all), 300)));
}

TEST_CASE("no text has no merges, and rare pairs stay apart", "[tokenizer]") {
  CHECK(data::learn_merges(PieceCounts(), 1000).size() == 256);
  CHECK(data::learn_merges(counts_of("ab cd"), 1000, 2).size() == 256);
  CHECK(merged(data::learn_merges(counts_of("ab ab"), 1000, 2)) == Strings{"ab"});
}
