#include "lexigrad/data/loader.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <string>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/next_token.h"

using namespace lexigrad;
using namespace lexigrad::data;

namespace {
std::vector<int64_t> count_to(int64_t n) {
  std::vector<int64_t> ids(static_cast<size_t>(n));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}
// First tokens of all windows of one pass over the loader.
std::vector<int64_t> starts(DataLoader<NextTokenDataset>& loader) {
  std::vector<int64_t> out;
  for (auto [inputs, targets] : loader)
    for (int64_t b = 0; b < inputs.size(0); ++b) out.push_back(inputs[b][0].item<int64_t>());
  return out;
}
std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("windows and their targets, shifted by one") {
  DataLoader loader(NextTokenDataset(count_to(12), {.max_length = 4, .stride = 3}), {.batch_size = 2});
  std::vector<std::vector<int64_t>> inputs, targets;
  for (auto [x, y] : loader) {
    inputs.push_back(x.to_vector<int64_t>());
    targets.push_back(y.to_vector<int64_t>());
  }
  REQUIRE(inputs == std::vector<std::vector<int64_t>>{{0, 1, 2, 3, 3, 4, 5, 6}, {6, 7, 8, 9}});
  REQUIRE(targets == std::vector<std::vector<int64_t>>{{1, 2, 3, 4, 4, 5, 6, 7}, {7, 8, 9, 10}});
}

TEST_CASE("the number of windows and batches, at the edges") {
  for (int64_t n : {5, 6, 8, 9, 10, 100})
    for (int64_t stride : {1, 3, 4, 7}) {
      NextTokenDataset dataset(count_to(n), {.max_length = 4, .stride = stride});
      int64_t expected = 0;
      for (int64_t start = 0; start + 4 < n; start += stride) ++expected;
      REQUIRE(dataset.size() == expected);
    }
  NextTokenDataset dataset(count_to(41), {.max_length = 4});
  REQUIRE(dataset.stride() == 4);
  REQUIRE(DataLoader(dataset, {.batch_size = 4}).size() == 3);
  REQUIRE(DataLoader(dataset, {.batch_size = 4, .drop_last = true}).size() == 2);
}

TEST_CASE("a shuffled epoch holds every window once, and each epoch has its own order") {
  NextTokenDataset dataset(count_to(401), {.max_length = 4});
  DataLoader loader(dataset, {.batch_size = 7, .shuffle = true, .seed = 5}),
      same(dataset, {.batch_size = 7, .shuffle = true, .seed = 5}),
      other(dataset, {.batch_size = 7, .shuffle = true, .seed = 6});
  std::vector<int64_t> first = starts(loader), second = starts(loader);
  REQUIRE(std::set<int64_t>(first.begin(), first.end()).size() == 100);
  REQUIRE(first.size() == 100);
  REQUIRE(first != second);
  REQUIRE_FALSE(std::is_sorted(first.begin(), first.end()));
  REQUIRE(starts(same) == first);
  REQUIRE(starts(other) != first);
}

TEST_CASE("seek continues in the middle of an epoch as if never stopped") {
  NextTokenDataset dataset(count_to(101), {.max_length = 4});
  DataLoader whole(dataset, {.batch_size = 4, .shuffle = true, .seed = 1}),
      resumed(dataset, {.batch_size = 4, .shuffle = true, .seed = 1});
  starts(whole);
  std::vector<int64_t> second = starts(whole), third = starts(whole);
  resumed.seek(1, 3);
  REQUIRE(starts(resumed) == std::vector<int64_t>(second.begin() + 12, second.end()));
  REQUIRE(starts(resumed) == third);
}

TEST_CASE("the seed follows manual_seed and draws nothing from it") {
  NextTokenDataset dataset(count_to(101), {.max_length = 4});
  manual_seed(9);
  Tensor expected = rand({3});
  manual_seed(9);
  DataLoader a(dataset, {.shuffle = true});
  std::vector<int64_t> order = starts(a);
  REQUIRE(equal(rand({3}), expected));
  manual_seed(9);
  DataLoader b(dataset, {.shuffle = true});
  REQUIRE(starts(b) == order);
  manual_seed(10);
  DataLoader c(dataset, {.shuffle = true});
  REQUIRE(starts(c) != order);
}

TEST_CASE("leaving a loop early, and a single batch, leave no thread behind") {
  DataLoader loader(NextTokenDataset(count_to(1001), {.max_length = 4}), {.batch_size = 1});
  for (int i = 0; i < 20; ++i) {
    auto [inputs, targets] = *loader.begin();
    REQUIRE(inputs.shape() == Shape{1, 4});
  }
}

TEST_CASE("loader errors") {
  REQUIRE(message([] { NextTokenDataset(count_to(4), {.max_length = 4}); }) ==
          "[dataset] The text has 4 tokens, one window of max_length 4 and its last target need 5. Hint: "
          "give a longer text or a smaller "
          "max_length (--context)");
  REQUIRE(message([] { NextTokenDataset(count_to(4), {.max_length = 0}); }) ==
          "[dataset] max_length (--context) is 0; it must be >= 1");
  NextTokenDataset dataset(count_to(9), {.max_length = 4});
  REQUIRE(message([&] { DataLoader(dataset, {.batch_size = 0}); }) ==
          "[loader] batch_size is 0; it must be >= 1");
  REQUIRE(
      message([&] { DataLoader(dataset, {.batch_size = 3, .drop_last = true}); }) ==
      "[loader] The 2 windows do not fill one batch of 3. Hint: use a smaller batch, or drop_last = false");
}
