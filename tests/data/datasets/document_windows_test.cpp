// Windows that respect where documents end.
#include <numeric>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using Ids = std::vector<int64_t>;

namespace {

std::vector<std::pair<Ids, Ids>> windows_of(const data::NextTokenDataset& dataset) {
  Ids all(static_cast<size_t>(dataset.size()));
  std::iota(all.begin(), all.end(), 0);
  data::NextTokenBatch batch = dataset.gather(all);
  std::vector<std::pair<Ids, Ids>> out;
  for (int64_t i = 0, t = dataset.max_length(); i < dataset.size(); ++i) {
    const int64_t *input = batch.inputs.data<int64_t>() + i * t,
                  *target = batch.targets.data<int64_t>() + i * t;
    out.push_back({Ids(input, input + t), Ids(target, target + t)});
  }
  return out;
}

}  // namespace

TEST_CASE("no window goes over a document's end, and each pair of neighbours is a target once",
          "[document_windows]") {
  CounterRng random(5);
  for (uint64_t round = 0; round < 200; ++round) {
    // Lengths of none, one and many windows; each id is its place.
    Ids ends;
    for (uint64_t d = 0; d < 1 + round % 7; ++d)
      ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<int64_t>(random.below(12, round, d)));
    ends.push_back(ends.back() + 2);
    Ids ids(static_cast<size_t>(ends.back()));
    std::iota(ids.begin(), ids.end(), 0);
    const auto length = static_cast<int64_t>(1 + round % 5);
    data::NextTokenDatasetOptions options{.max_length = length, .document_ends = ends};
    data::NextTokenDataset dataset(ids, options);
    CHECK(dataset.size() == data::NextTokenDataset::windows_in(ends.back(), options));
    std::vector<Ids> found;
    for (const auto& [input, target] : windows_of(dataset)) {
      bool behind = false;
      for (size_t t = 0; t < input.size(); ++t) {
        if (target[t] == data::kNoTarget) {
          REQUIRE(t > 0);
          CHECK(input[t] == input[t - 1]);
          behind = true;
          continue;
        }
        REQUIRE(!behind);
        CHECK(target[t] == input[t] + 1);
        found.push_back({input[t]});
      }
    }
    std::vector<Ids> expected;
    for (int64_t begin = 0; int64_t end : ends) {
      for (int64_t i = begin; i + 1 < end; ++i) expected.push_back({i});
      begin = end;
    }
    CHECK(found == expected);
  }
}

TEST_CASE("windows of documents overlap as their stride says", "[document_windows]") {
  data::NextTokenDataset dataset(Ids{0, 1, 2, 3, 4, 5, 6, 7},
                                 {.max_length = 3, .stride = 1, .document_ends = {6, 8}});
  CHECK(windows_of(dataset) == std::vector<std::pair<Ids, Ids>>{{{0, 1, 2}, {1, 2, 3}},
                                                                {{1, 2, 3}, {2, 3, 4}},
                                                                {{2, 3, 4}, {3, 4, 5}},
                                                                {{6, 6, 6}, {7, -100, -100}}});
}

TEST_CASE("documents' ends that are none are refused", "[document_windows]") {
  for (const Ids& ends : {Ids{3, 2, 5}, Ids{3}, Ids{-1, 5}, Ids{6}})
    CHECK_THAT(message_of<std::invalid_argument>([&] {
                 data::NextTokenDataset(Ids{0, 1, 2, 3, 4}, {.max_length = 2, .document_ends = ends});
               }),
               Contains("ends do not rise"));
  CHECK_THAT(message_of<std::invalid_argument>([&] {
               data::NextTokenDataset(Ids{0, 1, 2}, {.max_length = 2, .document_ends = {1, 2, 3}});
             }),
             Contains("No document has two tokens"));
}

// The loss over windows with what fills them is the one over each document alone, its gradient too.
TEST_CASE("what fills a window changes no loss and no gradient", "[document_windows]") {
  for (const char* encoder : {"none", "mean", "attention"}) {
    INFO(encoder);
    manual_seed(3);
    nn::NextTokenModel model({.vocabulary = 20, .dim = 8, .max_length = 6, .encoder = encoder});
    model.to(float64);
    const Ids ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, ends = {4, 6, 13};
    data::NextTokenDataset dataset(ids, {.max_length = 6, .document_ends = ends});
    Ids all(static_cast<size_t>(dataset.size()));
    std::iota(all.begin(), all.end(), 0);
    auto batch = dataset.gather(all);
    nn::Loss together = model.loss(batch.inputs, batch.targets);
    Tensor sum = zeros({}, float64);
    int64_t count = 0;
    for (int64_t begin = 0; int64_t end : ends) {
      Tensor document = tensor(Ids(ids.begin() + begin, ids.begin() + end));
      int64_t n = end - begin - 1;
      sum = sum +
            model.loss(narrow(document, 0, 0, n).reshape({1, n}), narrow(document, 0, 1, n).reshape({1, n}))
                .sum;
      count += n;
      begin = end;
    }
    CHECK(together.count == count);
    CHECK(std::abs(together.sum.item<double>() - sum.item<double>()) < 1e-12);
    auto weight = model.token().weight();
    Tensor a = grad(together.sum, {weight})[0], b = grad(sum, {weight})[0];
    CHECK(max(abs(a - b)).item<double>() < 1e-12);
  }
}
