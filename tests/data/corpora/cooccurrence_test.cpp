#include "lexigrad/data/corpora/cooccurrence.h"

#include <cmath>
#include <map>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "support/threads.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::data;
using namespace lexigrad::test;

namespace {

using PairTable = std::map<std::pair<int64_t, int64_t>, double>;

// Every two places of the text, by the definition.
PairTable by_hand(const std::vector<int64_t>& ids, const CooccurrenceOptions& options) {
  auto document = [&](int64_t place) {
    int64_t number = 0;
    for (int64_t end : options.document_ends) number += end <= place;
    return number;
  };
  std::map<std::pair<int64_t, int64_t>, long double> sums;
  const auto size = static_cast<int64_t>(ids.size());
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j) {
      int64_t distance = std::abs(i - j);
      if (i == j || distance > options.window || document(i) != document(j)) continue;
      if (j < i && !options.symmetric) continue;
      sums[{ids[i], ids[j]}] += options.weighted ? 1.0L / distance : 1.0L;
    }
  return {sums.begin(), sums.end()};
}

PairTable table_of(const Cooccurrences& found) {
  PairTable out;
  for (int64_t row = 0; row < found.vocabulary(); ++row)
    for (int64_t pair = found.starts[row]; pair < found.starts[row + 1]; ++pair) {
      CHECK((pair == found.starts[row] || found.columns[pair - 1] < found.columns[pair]));
      out[{row, found.columns[pair]}] = found.counts[pair];
    }
  CHECK(static_cast<int64_t>(out.size()) == found.pairs());
  return out;
}

// Up to a window of 20 sums are exact, and rounded once.
void check_equal(const PairTable& found, const PairTable& expected, double epsilon) {
  REQUIRE(found.size() == expected.size());
  for (const auto& [pair, count] : expected) {
    INFO(pair.first << " " << pair.second);
    REQUIRE(found.contains(pair));
    CHECK(found.at(pair) == Approx(count).epsilon(epsilon));
  }
}

// Ids as words are: of small numbers many.
std::vector<int64_t> drawn_ids(int64_t size, int64_t vocabulary) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < size; ++i) {
    const double x = CounterRng(7).uniform(0, static_cast<uint64_t>(i));
    ids.push_back(static_cast<int64_t>(static_cast<double>(vocabulary) * x * x * x));
  }
  return ids;
}

}  // namespace

TEST_CASE("pairs are counted as their definition says: windows and weights and sides and documents",
          "[cooccurrence]") {
  const std::vector<int64_t> ids = drawn_ids(300, 40);
  for (int64_t window : {1, 2, 10, 25, 5000})
    for (bool symmetric : {true, false})
      for (bool weighted : {true, false})
        for (const std::vector<int64_t>& ends :
             {std::vector<int64_t>{}, {0, 1, 2, 2, 9, 150, 151, 290, 300, 300}}) {
          INFO(window << " " << symmetric << weighted << " " << ends.size());
          CooccurrenceOptions options{
              .window = window, .symmetric = symmetric, .weighted = weighted, .document_ends = ends};
          const Cooccurrences found = cooccurrences(ids, 41, options);
          const PairTable expected = by_hand(ids, options);
          check_equal(table_of(found), expected, window <= 20 ? 4e-16 : 1e-13);
          std::vector<double> totals(41);
          for (const auto& [pair, count] : expected) totals[pair.first] += count;
          for (int64_t row = 0; row < 41; ++row)
            CHECK(found.totals[row] == Approx(totals[row]).epsilon(1e-13).margin(1e-300));
          CHECK(found.left_out == 0);
        }
}

TEST_CASE("counts of both sides are one number in both orders; halves and thirds are rounded once",
          "[cooccurrence]") {
  const Cooccurrences found = cooccurrences(drawn_ids(20000, 60), 60);
  const PairTable table = table_of(found);
  for (const auto& [pair, count] : table) {
    CHECK(table.at({pair.second, pair.first}) == count);
    CHECK(std::round(count * 2520) / 2520 == count);  // 2520 has all of 1..10 as divisors
  }
}

TEST_CASE("counts have the same bits for any number of threads and from a file", "[cooccurrence]") {
  const std::vector<int64_t> ids = drawn_ids(100000, 3000);
  Folder folder;
  const TokenArray kept(ids);
  std::string bytes(static_cast<size_t>(kept.size()) * 2, '\0');
  for (size_t i = 0; i < ids.size(); ++i) {
    bytes[2 * i] = static_cast<char>(ids[i] & 255);
    bytes[2 * i + 1] = static_cast<char>(ids[i] >> 8);
  }
  spill(folder / "ids", bytes);
  const TokenArray in_file(std::make_shared<const InputFile>(folder / "ids"), 0, kept.size(), 2);
  const CooccurrenceOptions options{.window = 10, .most = 150000};
  Threads one(1);
  const Cooccurrences first = cooccurrences(kept, 3000, options);
  for (int threads : {2, 3, 7}) {
    Threads some(threads);
    for (const TokenArray& tokens : {kept, in_file}) {
      const Cooccurrences again = cooccurrences(tokens, 3000, options);
      CHECK((again.starts == first.starts && again.columns == first.columns && again.counts == first.counts &&
             again.totals == first.totals && again.left_out == first.left_out));
    }
  }
}

TEST_CASE("where pairs are too many the rarest are left out and no others", "[cooccurrence]") {
  const std::vector<int64_t> ids = drawn_ids(30000, 500);
  const Cooccurrences all = cooccurrences(ids, 500), some = cooccurrences(ids, 500, {.most = 3000});
  CHECK((all.pairs() > 30000 && some.pairs() <= 3000 && some.pairs() > 100 && some.left_out > 0));
  PairTable expected = table_of(all);
  std::erase_if(expected, [&](const auto& each) { return each.second <= some.left_out; });
  CHECK(table_of(some) == expected);
  CHECK(some.totals == all.totals);
}

TEST_CASE("rows that are asked for are those of the whole", "[cooccurrence]") {
  const std::vector<int64_t> ids = drawn_ids(5000, 80);
  const Cooccurrences all = cooccurrences(ids, 80), two = cooccurrences(ids, 80, {.rows = {71, 3}});
  PairTable expected = table_of(all);
  std::erase_if(expected, [](const auto& each) { return each.first.first != 3 && each.first.first != 71; });
  CHECK((expected.size() > 20 && table_of(two) == expected && two.totals == all.totals));
}

TEST_CASE("texts without pairs have none", "[cooccurrence]") {
  for (const std::vector<int64_t>& ids : {std::vector<int64_t>{}, {1}})
    CHECK(cooccurrences(ids, 3).pairs() == 0);
  CHECK(cooccurrences(std::vector<int64_t>{0, 1, 2}, 3, {.document_ends = {1, 2, 3}}).pairs() == 0);
}

TEST_CASE("counting pairs refuses what it cannot count", "[cooccurrence]") {
  auto says = [](CooccurrenceOptions options, std::vector<int64_t> ids = {0, 1}, int64_t vocabulary = 2) {
    return message_of([&] { cooccurrences(ids, vocabulary, options); });
  };
  CHECK(says({.window = 0}) == "[cooccurrences] window is 0; it must be >= 1");
  CHECK(says({.most = 0}) == "[cooccurrences] most is 0; it must be >= 1");
  CHECK(says({}, {}, 0) == "[cooccurrences] vocabulary is 0 (valid are 1..2^32)");
  CHECK(says({.document_ends = {1}}) ==
        "[cooccurrences] The documents' ends do not rise up to the number of tokens, 2");
  CHECK(says({.document_ends = {2, 1, 2}}) ==
        "[cooccurrences] The documents' ends do not rise up to the number of tokens, 2");
  CHECK(says({.rows = {2}}) == "[cooccurrences] Row 2 is outside the vocabulary (valid ids are 0..1)");
  CHECK(says({}, {0, 1, 2}) == "[cooccurrences] Id 2 at 2 is outside the vocabulary (valid ids are 0..1)");
  CHECK(says({}, {0, -1}) == "[cooccurrences] Id -1 at 1 is outside the vocabulary (valid ids are 0..1)");
}
