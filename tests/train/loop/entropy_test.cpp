#include "lexigrad/train/loop/entropy.h"

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"

using namespace lexigrad;
using train::entropies;
using Ids = std::vector<int64_t>;

TEST_CASE("entropies of texts that can be counted by hand", "[entropy]") {
  // Counts 2 1 0 of three words: (2 + 1) / 6, (1 + 1) / 6, 1 / 6.
  Ids training{0, 1, 0};
  train::Entropies e = entropies(training, Ids{0, 1}, 3);
  CHECK(e.uniform == Approx(std::log(3)).epsilon(1e-15));
  CHECK(e.unigram == Approx(std::log(3)).epsilon(1e-15));
  // 0 starts one pair, with one word after it: (1 + 1 * 1/3) / (1 + 1).
  CHECK(e.bigram == Approx(std::log(1.5)).epsilon(1e-15));
  // Of 0 -> 2, never seen: (0 + 1 * 1/6) / 2; after 2 comes what the unigram says: 3/6.
  e = entropies(training, Ids{0, 2, 0}, 3);
  CHECK(e.unigram == Approx((std::log(6) + std::log(2)) / 2).epsilon(1e-15));
  CHECK(e.bigram == Approx((std::log(12) + std::log(2)) / 2).epsilon(1e-15));
  // Without training: all alike.
  e = entropies({}, Ids{1, 1, 0}, 4);
  CHECK(e.unigram == Approx(std::log(4)).epsilon(1e-15));
  CHECK(e.bigram == Approx(std::log(4)).epsilon(1e-15));
}

TEST_CASE("Witten and Bell's bigram by its formula, and its probabilities add up to one", "[entropy]") {
  constexpr int64_t vocabulary = 9;
  CounterRng random(3);
  auto draw = [&](uint64_t stream, int64_t n) {
    Ids ids;
    for (int64_t i = 0; i < n; ++i)
      ids.push_back(
          static_cast<int64_t>(random.below(i % 3 ? 3 : vocabulary, stream, static_cast<uint64_t>(i))));
    return ids;
  };
  Ids training = draw(0, 70), held_out = draw(1, 40);
  std::map<int64_t, double> count;
  std::map<int64_t, std::map<int64_t, double>> after;
  for (int64_t id : training) count[id] += 1;
  for (size_t i = 1; i < training.size(); ++i) after[training[i - 1]][training[i]] += 1;
  // lambda(h) P_ml(w | h) + (1 - lambda(h)) P(w), with 1 - lambda(h) = T(h) / (T(h) + C(h)).
  auto probability = [&](int64_t h, int64_t w) {
    double single = (count[w] + 1) / (70 + vocabulary), pairs = 0,
           types = static_cast<double>(after[h].size());
    for (const auto& [id, n] : after[h]) pairs += n;
    if (pairs == 0) return single;
    double lambda = 1 - types / (types + pairs);
    return lambda * after[h][w] / pairs + (1 - lambda) * single;
  };
  double unigram = 0, bigram = 0;
  for (size_t i = 1; i < held_out.size(); ++i) {
    unigram -= std::log((count[held_out[i]] + 1) / (70 + vocabulary)) / 39;
    auto known = after;  // probability() adds empty entries
    bigram -= std::log(probability(held_out[i - 1], held_out[i])) / 39;
    after = known;
  }
  train::Entropies e = entropies(training, held_out, vocabulary);
  CHECK(e.unigram == Approx(unigram).epsilon(1e-13));
  CHECK(e.bigram == Approx(bigram).epsilon(1e-13));
  for (int64_t h = 0; h < vocabulary; ++h) {
    double total = 0;
    for (int64_t w = 0; w < vocabulary; ++w)
      total += std::exp(-entropies(training, Ids{h, w}, vocabulary).bigram);
    CHECK(total == Approx(1).epsilon(1e-13));
  }
}

TEST_CASE("entropies need two held-out tokens and ids of the vocabulary", "[entropy]") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(entropies(Ids{0, 1}, Ids{0}, 2), Contains("two held-out tokens, got 1"));
  CHECK_THROWS_WITH(entropies(Ids{0, 2}, Ids{0, 1}, 2), Contains("Id 2 is outside") && Contains("0..1"));
  CHECK_THROWS_WITH(entropies(Ids{0, 1}, Ids{0, -1}, 2), Contains("Id -1 is outside"));
}
