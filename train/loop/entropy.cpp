#include "lexigrad/train/loop/entropy.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

// Calls use(word, next) for each word of a text and the one behind it.
template <class Use>
void for_each_pair(const data::TokenArray& tokens, const Use& use) {
  int64_t before = -1;
  tokens.for_each_part([&](auto ids) {
    for (auto each : ids) {
      auto id = static_cast<int64_t>(each);
      if (before >= 0) use(static_cast<size_t>(before), static_cast<size_t>(id));
      before = id;
    }
  });
}

// The words that follow each word of first..last-1 in a text, sorted, with repetitions.
class Followers {
 public:
  /// pairs[w]: how often a word follows w.
  Followers(const data::TokenArray& tokens, const std::vector<int64_t>& pairs, size_t first, size_t last)
      : first_(first), begin_(last - first + 2, 0) {
    for (size_t w = first; w < last; ++w) begin_[w - first + 2] = begin_[w - first + 1] + pairs[w];
    words_.resize(static_cast<size_t>(begin_.back()));
    for_each_pair(tokens,
                  [&](size_t w, size_t next) {  // begin_[w + 1] runs from where w's words begin to their end
                    if (w - first < last - first)
                      words_[static_cast<size_t>(begin_[w - first + 1]++)] = static_cast<uint32_t>(next);
                  });
    for (size_t w = first; w < last; ++w) std::sort(of(w).begin(), of(w).end());
  }

  std::span<uint32_t> of(size_t word) {
    size_t w = word - first_;
    return std::span(words_).subspan(static_cast<size_t>(begin_[w]),
                                     static_cast<size_t>(begin_[w + 1] - begin_[w]));
  }

 private:
  size_t first_;
  std::vector<int64_t> begin_;
  std::vector<uint32_t> words_;
};

// The end of the words from `first` on that are followed by some 16 million words together.
size_t end_of_part(const std::vector<int64_t>& pairs, size_t first) {
  constexpr int64_t most = 1 << 24;
  int64_t sum = pairs[first++];
  while (first < pairs.size() && sum + pairs[first] <= most) sum += pairs[first++];
  return first;
}

int64_t different(std::span<const uint32_t> sorted) {
  int64_t out = 0;
  for (size_t i = 0; i < sorted.size(); ++i) out += i == 0 || sorted[i] != sorted[i - 1];
  return out;
}

void check_ids(const data::TokenArray& tokens, int64_t vocabulary) {
  tokens.for_each_part([&](auto ids) {
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
  const auto words = static_cast<size_t>(vocabulary);
  std::vector<double> count(words, 0);           // of each word
  std::vector<double> continuations(words, -1);  // different words after it
  std::vector<int64_t> pairs(words, 0);          // words after it
  training.for_each_part([&](auto ids) {
    for (auto id : ids) ++count[static_cast<size_t>(id)];
  });
  for_each_pair(training, [&](size_t w, size_t) { ++pairs[w]; });
  double total = static_cast<double>(training.size()) + static_cast<double>(vocabulary), unigram = 0,
         bigram = 0;
  auto single = [&](size_t id) { return (count[id] + 1) / total; };
  for_each_pair(held_out, [&](size_t, size_t id) { unigram -= std::log(single(id)); });
  for (size_t first = 0, last = 0; first < words; first = last) {
    last = end_of_part(pairs, first);
    Followers followers(training, pairs, first, last);
    for_each_pair(held_out, [&](size_t before, size_t id) {
      if (before - first >= last - first) return;
      std::span<uint32_t> after = followers.of(before);
      double& kinds = continuations[before];
      if (kinds < 0) kinds = static_cast<double>(different(after));
      auto [low, high] = std::equal_range(after.begin(), after.end(), static_cast<uint32_t>(id));
      double weight = static_cast<double>(after.size()) + kinds;
      double pair = weight > 0 ? (static_cast<double>(high - low) + kinds * single(id)) / weight : single(id);
      bigram -= std::log(pair);
    });
  }
  double n = static_cast<double>(held_out.size() - 1);
  return {std::log(static_cast<double>(vocabulary)), unigram / n, bigram / n};
}

}  // namespace lexigrad::train
