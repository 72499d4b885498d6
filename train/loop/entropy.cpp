#include "lexigrad/train/loop/entropy.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

// The words that follow each word in a text, sorted, with repetitions.
class Followers {
 public:
  Followers(const data::TokenArray& tokens, int64_t vocabulary)
      : begin_(static_cast<size_t>(vocabulary) + 2, 0),
        words_(static_cast<size_t>(std::max<int64_t>(tokens.size() - 1, 0))) {
    tokens.visit([&](auto ids) {
      for (size_t i = 1; i < ids.size(); ++i) ++begin_[static_cast<size_t>(ids[i - 1]) + 2];
      for (size_t w = 2; w < begin_.size(); ++w) begin_[w] += begin_[w - 1];
      for (size_t i = 1; i < ids.size(); ++i)  // begin_[w + 1] runs from where w's words begin to their end
        words_[static_cast<size_t>(begin_[static_cast<size_t>(ids[i - 1]) + 1]++)] =
            static_cast<uint32_t>(ids[i]);
    });
    for (int64_t w = 0; w < vocabulary; ++w) std::sort(of(w).begin(), of(w).end());
  }

  std::span<uint32_t> of(int64_t word) {
    auto w = static_cast<size_t>(word);
    return std::span(words_).subspan(static_cast<size_t>(begin_[w]),
                                     static_cast<size_t>(begin_[w + 1] - begin_[w]));
  }

 private:
  std::vector<int64_t> begin_;
  std::vector<uint32_t> words_;
};

int64_t different(std::span<const uint32_t> sorted) {
  int64_t out = 0;
  for (size_t i = 0; i < sorted.size(); ++i) out += i == 0 || sorted[i] != sorted[i - 1];
  return out;
}

void check_ids(const data::TokenArray& tokens, int64_t vocabulary) {
  tokens.visit([&](auto ids) {
    for (auto each : ids)
      if (auto id = static_cast<int64_t>(each); id < 0 || id >= vocabulary)
        fail("entropy",
             text("Id ", id, " is outside the vocabulary (valid ids are 0..", vocabulary - 1, ")"));
  });
}

}  // namespace

Entropies entropies(const data::TokenArray& training, const data::TokenArray& held_out, int64_t vocabulary) {
  check(held_out.size() >= 2, "entropy", "Needs two held-out tokens, got ", held_out.size());
  check_ids(training, vocabulary);
  check_ids(held_out, vocabulary);
  std::vector<double> count(static_cast<size_t>(vocabulary), 0);           // of each word
  std::vector<double> continuations(static_cast<size_t>(vocabulary), -1);  // different words after it
  training.visit([&](auto ids) {
    for (auto id : ids) ++count[static_cast<size_t>(id)];
  });
  Followers followers(training, vocabulary);
  double total = static_cast<double>(training.size()) + static_cast<double>(vocabulary), unigram = 0,
         bigram = 0;
  for (int64_t i = 1; i < held_out.size(); ++i) {
    int64_t before = held_out[i - 1], id = held_out[i];
    double single = (count[static_cast<size_t>(id)] + 1) / total;
    std::span<uint32_t> after = followers.of(before);
    double& kinds = continuations[static_cast<size_t>(before)];
    if (kinds < 0) kinds = static_cast<double>(different(after));
    auto [low, high] = std::equal_range(after.begin(), after.end(), static_cast<uint32_t>(id));
    double weight = static_cast<double>(after.size()) + kinds;
    double pair = weight > 0 ? (static_cast<double>(high - low) + kinds * single) / weight : single;
    unigram -= std::log(single);
    bigram -= std::log(pair);
  }
  double n = static_cast<double>(held_out.size() - 1);
  return {std::log(static_cast<double>(vocabulary)), unigram / n, bigram / n};
}

}  // namespace lexigrad::train
