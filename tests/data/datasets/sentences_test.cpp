// Whole sentences as samples.
#include "lexigrad/data/datasets/sentences.h"

#include <numeric>

#include "catch.h"
#include "support/throws.h"

using namespace lexigrad;
using namespace lexigrad::data;
using Ids = std::vector<int64_t>;

namespace {

Ids sample(const SentenceDataset& all, Ids numbers) { return all.gather(numbers).to_vector<int64_t>(); }

}  // namespace

TEST_CASE("a sample has the sentences that begin in its stretch", "[datasets]") {
  Ids ids(12);
  std::iota(ids.begin(), ids.end(), 10);
  SentenceDataset all(ids, {.length = 4, .ends = {2, 5, 11, 12}});
  REQUIRE(all.size() == 3);
  CHECK(sample(all, {0}) == Ids{10, 11, -1, 12, 13, 14, -1});
  CHECK(sample(all, {1}) == Ids{15, 16, 17, 18, 19, 20, -1});
  CHECK(sample(all, {2, 0}) == Ids{21, -1, 10, 11, -1, 12, 13, 14, -1});
  CHECK(sample(all, {}).empty());
}

TEST_CASE("every token is in one sample, whatever the lengths are", "[datasets]") {
  Ids ids(1000), ends;
  std::iota(ids.begin(), ids.end(), 0);
  for (int64_t end = 0, i = 0; end < 1000; ++i)
    ends.push_back(end = std::min<int64_t>(1000, end + 1 + i * i % 37));
  for (int64_t length : {1, 3, 50, 999, 5000})
    for (int64_t longest : {1, 7, 10'000}) {
      SentenceDataset all(ids, {.length = length, .longest = longest, .ends = ends});
      Ids numbers(static_cast<size_t>(all.size())), found, found_ends;
      std::iota(numbers.begin(), numbers.end(), 0);
      int64_t since = 0;
      for (int64_t id : sample(all, numbers)) {
        if (id >= 0) {
          found.push_back(id);
          CHECK(++since <= longest);
        } else {
          found_ends.push_back(static_cast<int64_t>(found.size()));
          since = 0;
        }
      }
      CHECK(found == ids);
      for (int64_t end : ends) CHECK(std::binary_search(found_ends.begin(), found_ends.end(), end));
      if (longest > 37) CHECK(found_ends == ends);
      for (int64_t i = 0; i < all.size(); ++i) CHECK(sample(all, {i}).size() >= 2);
    }
  CHECK(SentenceDataset(ids).size() == 1);
}

TEST_CASE("sentences that are none are refused", "[datasets]") {
  const Ids ids{1, 2, 3};
  auto error = [&](const SentenceDatasetOptions& options, const Ids& tokens) {
    return message_of([&] { SentenceDataset(tokens, options); });
  };
  CHECK(error({.length = 0}, ids) ==
        "[SentenceDataset] Needs length and longest of 1 or more, got 0 and 10000");
  CHECK(error({}, {}) == "[SentenceDataset] There is no token");
  CHECK(error({.ends = {2, 2, 3}}, ids) ==
        "[SentenceDataset] The end 2 of a sentence is not behind that of the one before, 2");
  CHECK(error({.ends = {2}}, ids) == "[SentenceDataset] The last sentence ends at 2, the tokens at 3");
  CHECK(error({.ends = {4}}, ids) == "[SentenceDataset] The last sentence ends at 4, the tokens at 3");
  CHECK(message_of([&] { sample(SentenceDataset(ids), {1}); }) ==
        "[SentenceDataset] Sample 1 is outside the 1 samples (valid are 0..0)");
}
