// Merging by rank against a loop that looks at all neighbours before each merge.
#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch.h"

using namespace lexigrad::data;

namespace {

// Tokens of three letters that later ones are made of, in a random order of ranks: a merge may come before those of its
// parts.
struct Rules {
  Vocabulary vocabulary;
  BytePairRules rules;

  Rules(std::mt19937& random, int merges, bool by_id) {
    std::vector<std::string> tokens = {"a", "b", "c"};
    std::vector<std::pair<std::string, std::string>> parts;
    while (static_cast<int>(parts.size()) < merges) {
      std::string left = tokens[random() % tokens.size()], right = tokens[random() % tokens.size()];
      if (std::find(tokens.begin(), tokens.end(), left + right) != tokens.end()) continue;
      tokens.push_back(left + right);
      parts.emplace_back(left, right);
    }
    std::shuffle(tokens.begin(), tokens.end(), random);
    std::shuffle(parts.begin(), parts.end(), random);
    for (int byte = 0; byte < 256; ++byte) vocabulary.add(std::string(1, static_cast<char>(byte)));
    for (const std::string& token : tokens) vocabulary.add(token);
    if (by_id) return;
    rules.merges.emplace();
    for (const auto& [left, right] : parts)
      rules.merges->emplace_back(vocabulary.find(left), vocabulary.find(right));
  }

  std::vector<int32_t> merge(const std::string& piece) const {
    std::map<std::pair<int32_t, int32_t>, size_t> ranks;
    for (size_t i = 0; rules.merges && i < rules.merges->size(); ++i) ranks[(*rules.merges)[i]] = i;
    std::vector<int32_t> ids;
    for (char c : piece) ids.push_back(static_cast<int32_t>(vocabulary.find(std::string(1, c))));
    while (true) {
      size_t least = SIZE_MAX, at = 0;
      int32_t joined = 0;
      for (size_t i = 0; i + 1 < ids.size(); ++i) {
        const std::string both = std::string(vocabulary.token(ids[i])).append(vocabulary.token(ids[i + 1]));
        const int64_t id = vocabulary.find(both);
        if (id < 0) continue;
        size_t rank = static_cast<size_t>(id);
        if (rules.merges) {
          auto found = ranks.find({ids[i], ids[i + 1]});
          if (found == ranks.end()) continue;
          rank = found->second;
        }
        if (rank >= least) continue;
        least = rank, at = i, joined = static_cast<int32_t>(id);
      }
      if (least == SIZE_MAX) return ids;
      ids[at] = joined;
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
    }
  }
};

}  // namespace

TEST_CASE("byte pairs of any ranks merge as a loop over all neighbours does", "[tokenizer]") {
  std::mt19937 random(21);
  for (int round = 0; round < 300; ++round) {
    const Rules rules(random, 1 + static_cast<int>(random() % 40), round % 2 == 0);
    const BytePairs pairs(rules.vocabulary, rules.rules);
    BytePairMerger merger(pairs);
    for (size_t size : {size_t{1} + random() % 8, size_t{1} + random() % 64, size_t{65} + random() % 300}) {
      std::string piece(size, 'a');
      const unsigned letters = 1 + random() % 3;
      for (char& c : piece) c = static_cast<char>('a' + random() % letters);
      CAPTURE(round, piece);
      std::vector<int32_t> ids{7};
      merger.append(piece, ids);
      ids.erase(ids.begin());
      REQUIRE(ids == rules.merge(piece));
    }
  }
}
