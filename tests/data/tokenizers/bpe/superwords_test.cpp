// Tokens of several words against a plain learner and a plain encoder.
#include "lexigrad/data/tokenizers/bpe/superwords.h"

#include <map>
#include <random>

#include "catch.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe/learn_merges.h"
#include "lexigrad/data/tokenizers/bpe/pattern_scanner.h"
#include "lexigrad/data/tokenizers/bpe/tokenizer_json.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "support/threads.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::data;

namespace {

using Ids = std::vector<int64_t>;
using Merges = std::vector<BytePairRules::Merge>;

// Phrases that come again and again, among others.
std::string prose(unsigned seed, size_t size) {
  const char* parts[] = {"in the", " of the", " it is", " as well as", " by the way", " cat",
                         " dog",   " Haus",   " aaaa",  "aaa",         ".",           "!",
                         ", ",     "\n",      "\n  ",   " 1984",       " 7",          "na",
                         " na",    "  ",      "\t",     " größe",      "猫坐",        "\xff"};
  std::mt19937 random(seed);
  std::string out;
  while (out.size() < size) out += parts[random() % 100 < 40 ? random() % 5 : random() % std::size(parts)];
  return out;
}

SuperwordTexts texts_of(std::string_view text, size_t most = SuperwordTexts::kMost) {
  SuperwordTexts out(most);
  out.add_text(*viewing(text));
  return out;
}

void merge_pair(Ids& ids, BytePairRules::Merge pair, int64_t joined, size_t from, bool once) {
  for (size_t i = from; i + 1 < ids.size(); ++i)
    if (ids[i] == pair.first && ids[i + 1] == pair.second) {
      ids[i] = joined;
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(i) + 1);
      if (once) return;
    }
}

int64_t union_of(const Vocabulary& tokens, BytePairRules::Merge pair) {
  return tokens.find(std::string(tokens.token(pair.first)) + std::string(tokens.token(pair.second)));
}

// Merges the leftmost pair of lowest rank, again and again.
Ids plain_ids(std::string_view piece, const Vocabulary& tokens, const Merges& merges) {
  std::map<BytePairRules::Merge, size_t> ranks;
  for (size_t rank = 0; rank < merges.size(); ++rank) ranks.emplace(merges[rank], rank);
  Ids ids;
  for (char c : piece) ids.push_back(tokens.find({&c, 1}));
  while (true) {
    size_t best = merges.size(), at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      auto found = ranks.find({static_cast<int32_t>(ids[i]), static_cast<int32_t>(ids[i + 1])});
      if (found != ranks.end() && found->second < best) best = found->second, at = i;
    }
    if (best == merges.size()) return ids;
    merge_pair(ids, merges[best], union_of(tokens, merges[best]), at, true);
  }
}

std::vector<Ids> plain_phrases(std::string_view text, const Vocabulary& tokens, const Merges& merges) {
  std::vector<Ids> out;
  for_pieces(Pattern::phrases, text, [&](const size_t* starts, size_t count) {
    for (size_t i = 0; i < count; ++i)
      out.push_back(plain_ids(text.substr(starts[i], starts[i + 1] - starts[i]), tokens, merges));
  });
  return out;
}

// Counts all pairs anew before each merge.
void plain_learn(std::vector<Ids> phrases, int64_t size, int64_t least, Vocabulary& tokens, Merges& merges) {
  while (tokens.size() < size) {
    std::map<BytePairRules::Merge, int64_t> counts;
    for (const Ids& ids : phrases)
      for (size_t i = 0; i + 1 < ids.size(); ++i)
        ++counts[{static_cast<int32_t>(ids[i]), static_cast<int32_t>(ids[i + 1])}];
    auto best = counts.begin();
    for (auto each = counts.begin(); each != counts.end(); ++each)
      if (each->second > best->second) best = each;
    if (best == counts.end() || best->second < least) return;
    const BytePairRules::Merge pair = best->first;
    tokens.add(std::string(tokens.token(pair.first)) + std::string(tokens.token(pair.second)));
    if (std::find(merges.begin(), merges.end(), pair) == merges.end()) merges.push_back(pair);
    for (Ids& ids : phrases) merge_pair(ids, pair, union_of(tokens, pair), 0, false);
  }
}

}  // namespace

TEST_CASE("superwords are those of a plain learner, for any number of threads", "[tokenizer]") {
  const std::string text = prose(1, 20'000);
  PieceCounts pieces;
  pieces.add_text(text);
  Merges merges;
  Vocabulary tokens = learn_merges(pieces, 289, 2, nullptr, &merges);
  plain_learn(plain_phrases(text, tokens, merges), 359, 2, tokens, merges);
  int several = 0;
  for (int64_t id = 289; id < tokens.size(); ++id)
    several += tokens.token(id).find(' ', 1) != std::string_view::npos;
  CHECK(several > 30);
  for (int threads : {1, 2, 5}) {
    test::Threads some(threads);
    int64_t length = 0;
    BytePairFile file = learn_superwords(texts_of(text), {.size = 360, .begin = 290, .least = 2}, &length);
    REQUIRE(file.rules.merges == merges);
    REQUIRE(file.vocabulary.size() == 360);
    for (int64_t id = 0; id < tokens.size(); ++id) REQUIRE(file.vocabulary.token(id) == tokens.token(id));
    CHECK(file.vocabulary.token(359) == kEndOfText);
    CHECK(length > 0);
  }
}

TEST_CASE("superwords are encoded by the ranks of their merges, and forms that are saved say the same",
          "[tokenizer]") {
  BytePairFile file = learn_superwords(texts_of(prose(2, 40'000)), {.size = 420, .begin = 300, .least = 2});
  const std::string text = prose(3, 20'000) + "<|endoftext|>";
  Ids expected;
  for (const Ids& ids : plain_phrases(text, file.vocabulary, *file.rules.merges))
    expected.insert(expected.end(), ids.begin(), ids.end());
  Folder folder;
  spill(folder / "s.json", tokenizer_json(file));
  const FileTokenizer tokenizer(std::move(file));
  tokenizer.save(folder / "s.bpe");
  CHECK(tokenizer.decode(expected) == text);
  CHECK(tokenizer.encode(text) == expected);
  CHECK(load_tokenizer(folder / "s.bpe")->encode(text) == expected);
  CHECK(FileTokenizer(folder / "s.json").encode(text) == expected);
  // Parts between places to cut have the ids of the whole.
  Ids parts;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t cut = tokenizer.cut(rest, 100);
    Ids ids = tokenizer.encode(rest.substr(0, cut));
    parts.insert(parts.end(), ids.begin(), ids.end());
    rest.remove_prefix(cut);
  }
  CHECK(parts == expected);
}

TEST_CASE("superwords are learnt from blocks all over long texts, within a bound", "[tokenizer]") {
  const std::string text = prose(4, 9 * SuperwordTexts::kBlock);
  SuperwordTexts all = texts_of(text), some = texts_of(text, 3 * SuperwordTexts::kBlock + 10'000);
  CHECK(all.kept_bytes() == static_cast<int64_t>(text.size()));
  CHECK(all.bytes() == some.bytes());
  CHECK(all.pieces().size() == some.pieces().size());
  std::vector<std::string_view> every = all.blocks(), kept = some.blocks();
  REQUIRE(every.size() > 8);
  REQUIRE(kept.size() == (every.size() + 3) / 4);
  for (size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] == every[4 * i]);
  CHECK(texts_of(std::string(10'000, 'x'), 1000).kept_bytes() == 1000);
}

TEST_CASE("superwords need sizes that fit", "[tokenizer]") {
  SuperwordTexts texts = texts_of("a b");
  CHECK_THROWS_WITH(learn_superwords(texts, {.size = 300, .begin = 301}),
                    Catch::Contains("from 301 tokens on, of 300"));
  CHECK_THROWS_WITH(learn_superwords(texts, {.size = 300, .begin = 256}),
                    Catch::Contains("from 256 tokens on"));
  CHECK(learn_superwords(SuperwordTexts(), {.size = 300, .begin = 280}).vocabulary.size() == 257);
}
