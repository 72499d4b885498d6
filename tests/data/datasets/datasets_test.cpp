// Datasets beside windows of text, and the loader over any of them.
#include <map>
#include <set>
#include <string>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/data.h"

using namespace lexigrad;
using namespace lexigrad::data;
using Catch::Matchers::Contains;

TEST_CASE("tokens are held in the smallest integer that fits", "[datasets]") {
  auto width = [](std::vector<int64_t> ids) { return TokenArray(ids).width(); };
  CHECK(width({0, 65535}) == 2);
  CHECK(width({0, 65536}) == 4);
  CHECK(width({(int64_t{1} << 32) - 1}) == 4);
  CHECK(width({int64_t{1} << 32}) == 8);
  CHECK(width({3, -1}) == 8);
  for (int64_t top : {int64_t{9}, int64_t{70000}, int64_t{1} << 40}) {
    std::vector<int64_t> ids = {top, 1, 2, 3, 4, 5}, out(3);
    TokenArray all(ids), part = all.slice(1, 5);
    CHECK((all.size() == 6 && all[0] == top && part.size() == 4 && part[0] == 1));
    part.copy(1, 3, out.data());
    CHECK(out == std::vector<int64_t>{2, 3, 4});
    CHECK(part.slice(2, 2).size() == 0);
    CHECK_THROWS_AS(all.slice(2, 7), std::invalid_argument);
  }
}

TEST_CASE("a dataset of tensors gives the rows of each", "[datasets]") {
  Tensor x = arange(12).reshape({6, 2}).to(float32), y = arange(6),
         z = transpose(arange(12).reshape({2, 6}), 0, 1);
  TensorDataset dataset(x, y, z);
  auto [a, b, c] = dataset.gather(std::vector<int64_t>{4, 0, 4});
  CHECK(a.to_vector<float>() == std::vector<float>{8, 9, 0, 1, 8, 9});
  CHECK(b.to_vector<int64_t>() == std::vector<int64_t>{4, 0, 4});
  CHECK(c.to_vector<int64_t>() == std::vector<int64_t>{4, 10, 0, 6, 4, 10});
  CHECK_THROWS_WITH(dataset.gather(std::vector<int64_t>{6}), Contains("Sample 6 is outside the 6 samples"));
  CHECK_THROWS_WITH(TensorDataset(x, arange(5)), Contains("Tensor 1 has 5 rows, tensor 0 has 6"));
  CHECK_THROWS_WITH(TensorDataset(tensor(3)), Contains("Tensor 0 has no rows"));
  int64_t rows = 0;
  DataLoader loader(dataset, {.batch_size = 4, .shuffle = true, .seed = 3});
  for (auto [u, v, w] : loader) {
    rows += u.size(0);
    for (int64_t i = 0; i < v.size(0); ++i) {
      int64_t id = v[i].item<int64_t>();
      CHECK((u[i][1].item<int64_t>() == 2 * id + 1 && w[i][1].item<int64_t>() == id + 6));
    }
  }
  CHECK(rows == 6);
}

TEST_CASE("random_split puts every sample into one part, the same ones for the same seed", "[datasets]") {
  TensorDataset dataset(arange(103));
  auto ids = [](const auto& part) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < part.size(); ++i) all.push_back(i);
    return part.gather(all)[0].template to_vector<int64_t>();
  };
  auto parts = random_split(dataset, {0.7, 0.2, 0.1}, 5), same = random_split(dataset, {0.7, 0.2, 0.1}, 5),
       other = random_split(dataset, {0.7, 0.2, 0.1}, 6);
  std::multiset<int64_t> seen;
  for (const auto& part : parts)
    for (int64_t id : ids(part)) seen.insert(id);
  CHECK(seen.size() == 103);
  CHECK(std::set<int64_t>(seen.begin(), seen.end()).size() == 103);
  CHECK((parts[0].size() == 72 && parts[1].size() == 21 && parts[2].size() == 10));
  CHECK(ids(parts[1]) == ids(same[1]));
  CHECK(ids(parts[1]) != ids(other[1]));
  CHECK_THROWS_WITH(random_split(dataset, {0.7, 0.2}),
                    Contains("add up to 0.8999999999999999 and not to 1") || Contains("add up to 0.9"));
  CHECK_THROWS_WITH(random_split(dataset, {0.999, 0.001}), Contains("is no sample"));
  CHECK_THROWS_WITH(random_split(dataset, {1.5, -0.5}), Contains("A share is 1.5"));
}

TEST_CASE("word pairs are all ordered pairs at most a window apart, each once", "[datasets]") {
  for (int64_t count : {2, 3, 7})
    for (int64_t window : {1, 2, 5, 9}) {
      std::vector<int64_t> tokens, all;
      for (int64_t i = 0; i < count; ++i) tokens.push_back(10 + i);
      WordPairDataset dataset(tokens, window);
      std::map<std::pair<int64_t, int64_t>, int> expected, found;
      for (int64_t i = 0; i < count; ++i)
        for (int64_t j = 0; j < count; ++j)
          if (i != j && std::abs(i - j) <= window) ++expected[{10 + i, 10 + j}];
      for (int64_t i = 0; i < dataset.size(); ++i) all.push_back(i);
      auto [centers, contexts] = dataset.gather(all);
      for (int64_t i = 0; i < dataset.size(); ++i)
        ++found[{centers[i].item<int64_t>(), contexts[i].item<int64_t>()}];
      CHECK(found == expected);
      CHECK_THROWS_AS(dataset.gather(std::vector<int64_t>{dataset.size()}), std::invalid_argument);
    }
  CHECK_THROWS_WITH(WordPairDataset(std::vector<int64_t>{1, 2}, 0), Contains("window is 0"));
  CHECK_THROWS_WITH(WordPairDataset(std::vector<int64_t>{1}), Contains("need two tokens"));
}

namespace {

// Sentences of one to four words, padded to the longest of their batch.
struct Sentences {
  int64_t size() const { return 9; }
  std::vector<int64_t> get(int64_t i) const {
    return std::vector<int64_t>(static_cast<size_t>(i % 4 + 1), i);
  }
};

Tensor padded(std::vector<std::vector<int64_t>> sentences) {
  size_t longest = 0;
  for (const auto& s : sentences) longest = std::max(longest, s.size());
  std::vector<int64_t> flat;
  for (auto& s : sentences) {
    s.resize(longest, -1);
    flat.insert(flat.end(), s.begin(), s.end());
  }
  return from_values<int64_t>(flat, {static_cast<int64_t>(sentences.size()), static_cast<int64_t>(longest)});
}

}  // namespace

TEST_CASE("samples of one's own, joined by a function of one's own", "[datasets]") {
  DataLoader loader(Collated(Sentences(), padded), {.batch_size = 4});
  std::vector<std::vector<int64_t>> batches;
  for (const Tensor& batch : loader) batches.push_back(batch.to_vector<int64_t>());
  CHECK(batches == std::vector<std::vector<int64_t>>{{0, -1, -1, -1, 1, 1, -1, -1, 2, 2, 2, -1, 3, 3, 3, 3},
                                                     {4, -1, -1, -1, 5, 5, -1, -1, 6, 6, 6, -1, 7, 7, 7, 7},
                                                     {8}});
}

namespace {

// Any copyable or movable type can be a batch; this one tells how its thread was set.
struct Probe {
  struct Batch {
    std::unique_ptr<int64_t> first;
    int threads;
    bool grad;
  };
  int64_t bad = -1;
  int64_t size() const { return 6; }
  Batch gather(std::span<const int64_t> ids) const {
    check(ids[0] != bad, "probe", "no sample ", bad);
    return {std::make_unique<int64_t>(ids[0]), num_threads(), grad_enabled()};
  }
};

}  // namespace

TEST_CASE("batches are made off the tape, on one thread, and may be of any type", "[datasets]") {
  DataLoader loader(Probe(), {.batch_size = 2});
  int64_t next = 0;
  for (const Probe::Batch& batch : loader) {
    CHECK((*batch.first == next && batch.threads == 1 && !batch.grad));
    next += 2;
  }
  CHECK(next == 6);
  CHECK(grad_enabled());
}

TEST_CASE("what a dataset throws arrives where its batch would", "[datasets]") {
  DataLoader loader(Probe{.bad = 4}, {.batch_size = 2});
  auto at = loader.begin();
  CHECK(*(*at).first == 0);
  ++at;
  CHECK(*(*at).first == 2);
  CHECK_THROWS_WITH(++at, Contains("no sample 4"));
  Probe broken{.bad = 0};
  DataLoader never(broken, {.batch_size = 2});
  CHECK_THROWS_WITH(never.begin(), Contains("no sample 0"));
}
