#include "lexigrad/data/tokenizers/word_counts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/bpe/piece_counts.h"

using namespace lexigrad;

namespace {

// Words by Zipf's law, a line's end after each seventh; the right counts beside them.
struct Zipf {
  std::string text;
  std::map<std::string, int64_t> counts;
  Zipf(int64_t words, int64_t kinds) {
    CounterRng random(11);
    for (int64_t i = 0; i < words; ++i) {
      double u = random.uniform(0, static_cast<uint64_t>(i));
      auto kind = static_cast<int64_t>(std::pow(static_cast<double>(kinds), u)) - 1;
      std::string word = "w" + std::to_string(kind);
      ++counts[word];
      text += word + (i % 7 == 6 ? "\n" : " ");
    }
  }
  // By twenty lines' ends.
  template <class Use>
  void for_each_part(const Use& use) const {
    std::string_view rest = text;
    while (!rest.empty()) {
      size_t end = std::min(rest.find('\n', std::min(text.size() / 20, rest.size())), rest.size() - 1) + 1;
      use(rest.substr(0, end));
      rest.remove_prefix(end);
    }
  }
};

}  // namespace

TEST_CASE("words are counted, the same by any number of threads", "[word_counts]") {
  const Zipf zipf(400'000, 20'000);  // 2.5 MB: several parts
  std::vector<std::string> orders;
  const int before = num_threads();
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    data::WordCounts counts;
    counts.add_text(*data::viewing(zipf.text));
    CHECK(counts.total() == 400'000);
    CHECK(counts.short_by() == 0);
    REQUIRE(counts.words().size() == static_cast<int64_t>(zipf.counts.size()));
    for (const auto& [word, count] : zipf.counts) REQUIRE(counts.count(counts.words().find(word)) == count);
    orders.push_back(counts.words().to_lines());
  }
  set_num_threads(before);
  CHECK((orders[0] == orders[1] && orders[0] == orders[2] && orders[0] == orders[3]));
}

TEST_CASE("half of the most counts stay, fewer where several are the last of them", "[word_counts]") {
  CHECK(data::largest_forgotten({1, 5, 3, 9, 7}, 4) == 5);
  CHECK(data::largest_forgotten({2, 2, 2, 9, 2}, 4) == 2);
}

TEST_CASE("words that are forgotten leave counts that are too low by what is said", "[word_counts]") {
  const Zipf zipf(200'000, 30'000);
  constexpr int64_t most = 4000;
  data::WordCounts counts(false, most);
  zipf.for_each_part([&](std::string_view part) { counts.add_text(part); });
  CHECK(counts.total() == 200'000);
  CHECK(counts.words().size() <= most);
  REQUIRE(counts.short_by() > 0);
  CHECK(counts.short_by() < 100);
  for (const auto& [word, count] : zipf.counts) {
    int64_t id = counts.words().find(word), found = id < 0 ? 0 : counts.count(id);
    REQUIRE((found <= count && found >= count - counts.short_by()));
  }
}

TEST_CASE("pieces that are forgotten leave counts that are too low by what is said", "[word_counts]") {
  const Zipf zipf(200'000, 30'000);
  data::PieceCounts all, counts(4000);
  all.add_text(zipf.text);
  zipf.for_each_part([&](std::string_view part) { counts.add_text(part); });
  CHECK(all.short_by() == 0);
  REQUIRE(counts.short_by() > 0);
  CHECK(counts.size() <= 4000);
  std::map<std::string, int64_t> found;
  counts.for_each([&](std::string_view piece, int64_t count) { found[std::string(piece)] = count; });
  all.for_each([&](std::string_view piece, int64_t count) {
    int64_t kept = found[std::string(piece)];
    REQUIRE((kept <= count && kept >= count - counts.short_by()));
  });
}
