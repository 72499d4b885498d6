#include "lexigrad/train/loop/entropy.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

using Pair = std::pair<int64_t, int64_t>;

std::vector<Pair> sorted_pairs(std::span<const int64_t> tokens) {
  std::vector<Pair> pairs;
  for (size_t i = 1; i < tokens.size(); ++i) pairs.emplace_back(tokens[i - 1], tokens[i]);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace

Entropies entropies(std::span<const int64_t> training, std::span<const int64_t> held_out,
                    int64_t vocabulary) {
  check(held_out.size() >= 2, "entropy", "Needs two held-out tokens, got ", held_out.size());
  for (std::span<const int64_t> ids : {training, held_out})
    for (int64_t id : ids)
      check(id >= 0 && id < vocabulary, "entropy", "Id ", id, " is outside the vocabulary (valid ids are 0..",
            vocabulary - 1, ")");
  std::vector<double> count(static_cast<size_t>(vocabulary), 0);          // of each word
  std::vector<double> starts(static_cast<size_t>(vocabulary), 0);         // pairs that it starts
  std::vector<double> continuations(static_cast<size_t>(vocabulary), 0);  // different words after it
  for (int64_t id : training) ++count[id];
  std::vector<Pair> pairs = sorted_pairs(training);
  for (size_t i = 0; i < pairs.size(); ++i) {
    ++starts[pairs[i].first];
    if (i == 0 || pairs[i] != pairs[i - 1]) ++continuations[pairs[i].first];
  }
  double total = static_cast<double>(training.size()) + static_cast<double>(vocabulary), unigram = 0,
         bigram = 0;
  for (size_t i = 1; i < held_out.size(); ++i) {
    int64_t before = held_out[i - 1], id = held_out[i];
    double single = (count[id] + 1) / total;
    auto [low, high] = std::equal_range(pairs.begin(), pairs.end(), Pair(before, id));
    double weight = starts[before] + continuations[before];
    double pair =
        weight > 0 ? (static_cast<double>(high - low) + continuations[before] * single) / weight : single;
    unigram -= std::log(single);
    bigram -= std::log(pair);
  }
  double n = static_cast<double>(held_out.size() - 1);
  return {std::log(static_cast<double>(vocabulary)), unigram / n, bigram / n};
}

}  // namespace lexigrad::train
