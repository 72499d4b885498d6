#include "lexigrad/data/datasets/mixed_dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/loader.h"

using namespace lexigrad;
using namespace lexigrad::data;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kCorpus = 1000000, kLength = 4;

// Windows of a corpus whose ids say which it is and where they stand in it.
NextTokenDataset corpus(int64_t number, int64_t windows) {
  std::vector<int64_t> ids(static_cast<size_t>(windows * kLength + 1));
  std::iota(ids.begin(), ids.end(), number * kCorpus);
  return NextTokenDataset(ids, {.max_length = kLength});
}

// First ids of all windows that a loader gives in so many epochs, or in what is left of them.
template <class D>
std::vector<int64_t> firsts(DataLoader<D>& loader, int64_t epochs) {
  std::vector<int64_t> out;
  for (int64_t epoch = 0; epoch < epochs; ++epoch)
    for (auto [inputs, targets] : loader) {
      REQUIRE(equal(targets, inputs + 1));
      for (int64_t b = 0; b < inputs.size(0); ++b) out.push_back(inputs[b][0].template item<int64_t>());
    }
  return out;
}

std::map<int64_t, std::vector<int64_t>> by_corpus(const std::vector<int64_t>& ids) {
  std::map<int64_t, std::vector<int64_t>> out;
  for (int64_t id : ids) out[id / kCorpus].push_back(id % kCorpus / kLength);
  return out;
}

MixedDataset some_mix() { return MixedDataset({corpus(0, 50), corpus(1, 7), corpus(2, 23)}, {5, 3, 2}); }

}  // namespace

TEST_CASE("a mix holds its weights after every window, and goes through each corpus again and again",
          "[mixed_dataset]") {
  const std::vector<double> shares = {0.5, 0.3, 0.2};
  const std::vector<int64_t> sizes = {50, 7, 23};
  for (int64_t block : {0, 3}) {
    DataLoader loader(some_mix(), {.batch_size = 6, .shuffle = true, .seed = 4, .shuffle_block = block});
    CHECK(loader.size() == 14);
    const std::vector<int64_t> ids = firsts(loader, 5);
    REQUIRE(ids.size() == 400);
    std::vector<double> drawn(3, 0);
    for (size_t n = 0; n < ids.size(); ++n) {
      ++drawn[static_cast<size_t>(ids[n] / kCorpus)];
      for (size_t k = 0; k < 3; ++k) CHECK(std::abs(drawn[k] - static_cast<double>(n + 1) * shares[k]) < 1);
    }
    for (const auto& [number, windows] : by_corpus(ids)) {
      const auto size = static_cast<size_t>(sizes[static_cast<size_t>(number)]);
      INFO("corpus " << number << ", blocks of " << block);
      std::set<std::vector<int64_t>> orders;
      for (size_t begin = 0; begin + size <= windows.size(); begin += size) {
        const std::vector<int64_t> pass(windows.begin() + static_cast<int64_t>(begin),
                                        windows.begin() + static_cast<int64_t>(begin + size));
        CHECK(std::set<int64_t>(pass.begin(), pass.end()).size() == size);
        CHECK(*std::max_element(pass.begin(), pass.end()) == static_cast<int64_t>(size) - 1);
        CHECK_FALSE(std::is_sorted(pass.begin(), pass.end()));
        CHECK(orders.insert(pass).second);
      }
      CHECK(orders.size() == windows.size() / size);
    }
    CHECK(loader.sampler().passes(5, 0) == std::vector<double>{200 / 50.0, 120 / 7.0, 80 / 23.0});
    CHECK(loader.sampler().passes(4, 14) == loader.sampler().passes(5, 0));
  }
}

TEST_CASE("a mix goes on from a position alone as if it had never stopped", "[mixed_dataset]") {
  const DataLoaderOptions options{.batch_size = 6, .shuffle = true, .seed = 4, .shuffle_block = 2};
  DataLoader whole(some_mix(), options), other(some_mix(), {.batch_size = 6, .shuffle = true, .seed = 5});
  const std::vector<int64_t> all = firsts(whole, 3);
  for (auto [epoch, batch] : {std::pair<int64_t, int64_t>{0, 1}, {1, 0}, {1, 9}, {2, 13}}) {
    DataLoader resumed(some_mix(), options);
    resumed.seek(epoch, batch);
    CHECK(firsts(resumed, 3 - epoch) ==
          std::vector<int64_t>(all.begin() + epoch * 80 + batch * 6, all.end()));
  }
  CHECK(firsts(other, 3) != all);
}

TEST_CASE("an unshuffled mix goes through each corpus in its order", "[mixed_dataset]") {
  DataLoader loader(some_mix(), {.batch_size = 6});
  for (const auto& [number, windows] : by_corpus(firsts(loader, 2)))
    for (size_t i = 0; i < windows.size(); ++i)
      REQUIRE(windows[i] == static_cast<int64_t>(i % (number == 0 ? 50 : number == 1 ? 7 : 23)));
}

TEST_CASE("without weights parts are one dataset", "[mixed_dataset]") {
  const DataLoaderOptions options{.batch_size = 6, .shuffle = true, .seed = 4};
  DataLoader alone(corpus(0, 50), options);
  DataLoader one(MixedDataset({corpus(0, 50)}), options),
      two(MixedDataset({corpus(0, 20), corpus(1, 30)}), options);
  const std::vector<int64_t> order = firsts(alone, 2);
  CHECK(firsts(one, 2) == order);
  std::vector<int64_t> joined = firsts(two, 2);
  for (int64_t& id : joined)
    if (id >= kCorpus) id += 20 * kLength - kCorpus;
  CHECK(joined == order);
  CHECK(one.sampler().passes(1, 3) == std::vector<double>{(50 + 18) / 50.0});
}

TEST_CASE("mixes that make no sense are refused", "[mixed_dataset]") {
  CHECK_THROWS_WITH(MixedDataset({}), Contains("There is no part"));
  CHECK_THROWS_WITH(MixedDataset({corpus(0, 3), corpus(1, 3)}, {1}), Contains("1 weights for 2 parts"));
  CHECK_THROWS_WITH(MixedDataset({corpus(0, 3), corpus(1, 3)}, {1, 0}), Contains("a weight is 0"));
  CHECK_THROWS_WITH(
      MixedDataset({corpus(0, 3), NextTokenDataset(std::vector<int64_t>(9), {.max_length = 2})}, {1, 1}),
      Contains("windows of 2 tokens, the first part of 4"));
  CHECK_THROWS_WITH(some_mix().gather(std::vector<int64_t>{80}), Contains("Window 80 is outside the 80"));
  CHECK_THROWS_WITH(DataLoader(some_mix(), {.shuffle_block = 4}), Contains("shuffle_block is for a shuffle"));
  CHECK_THROWS_WITH(DataLoader(some_mix(), {.shuffle = true, .shuffle_block = -1}),
                    Contains("shuffle_block is -1"));
  DataLoader loader(some_mix());
  CHECK_THROWS_WITH(loader.seek(INT64_MAX / 2, 0), Contains("There is no batch 0 in epoch"));
}
