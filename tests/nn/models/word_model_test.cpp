// Skip-gram and CBOW with negative sampling: their pairs, losses, draws, and words that converge.
#include "lexigrad/nn/models/cbow.h"
#include "lexigrad/nn/models/skip_gram.h"

#include <cmath>
#include <map>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/data/datasets/sentences.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/nn/gradcheck.h"
#include "lexigrad/train/loop/trainer.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/vectors/vector_scores.h"
#include "support/sha256.h"
#include "support/threads.h"
#include "support/throws.h"

using namespace lexigrad;
using Ids = std::vector<int64_t>;
using Pairs = std::map<std::pair<int64_t, int64_t>, double>;  // target and word, with their weights together

namespace {

// Words 0..39 in sentences of 1 to 30 words, some of them none.
Ids sentences(int64_t words) {
  Ids out;
  CounterRng random(5);
  for (uint64_t s = 0; static_cast<int64_t>(out.size()) < words; ++s) {
    for (uint64_t i = 0, n = random.below(31, 0, s); i < n; ++i)
      out.push_back(static_cast<int64_t>(random.below(40, s + 1, i)));
    out.push_back(-1);
  }
  return out;
}

// Weights of pairs that stood together, and of those with noise.
std::pair<Pairs, Pairs> pairs_of(const nn::WordBlocks& blocks, int64_t shared) {
  std::pair<Pairs, Pairs> out;
  const int64_t m = blocks.targets.size(1), k = blocks.words.size(1);
  for (int64_t p = 0; p < blocks.weights.numel(); ++p) {
    const double w = static_cast<double>(blocks.weights.to(float64).data<double>()[p]);
    const int64_t b = p / (m * k), i = p / k % m, target = blocks.targets.data<int64_t>()[p / k],
                  word = blocks.words.data<int64_t>()[b * k + p % k];
    if (std::abs(w) < 1e-9) continue;
    REQUIRE((target >= 0 && word >= 0));
    CHECK((w > 0) == (i < shared));
    (w > 0 ? out.first : out.second)[{target, word}] += w;
  }
  return out;
}

}  // namespace

TEST_CASE("pairs are those within a window of each sentence, both ways", "[skip-gram]") {
  const Ids ids = sentences(400);
  for (int64_t window : {1, 4})
    for (int64_t shared : {1, 5, 16}) {
      nn::SkipGram model(
          Ids(40, 7),
          {.dim = 4, .window = window, .shared = shared, .drawn = 6, .subsample = 0, .dtype = float64});
      DrawStep step(3);
      const nn::WordBlocks blocks = model.blocks(tensor(ids));
      auto [near, noise] = pairs_of(blocks, shared);
      Pairs most;  // with the widest windows
      for (size_t i = 0; i < ids.size(); ++i)
        for (size_t j = i; j-- > 0 && ids[j] >= 0 && ids[i] >= 0 && static_cast<int64_t>(i - j) <= window;)
          most[{ids[i], ids[j]}] += 1, most[{ids[j], ids[i]}] += 1;
      double all = 0, widest = 0, of_noise = 0;
      for (const auto& [pair, weight] : near) {
        CHECK(weight <= most[pair]);
        all += weight;
      }
      for (const auto& [pair, weight] : most) widest += weight;
      CHECK(all == blocks.pairs);
      // Windows are 1..window wide, all alike: a word at distance d is in (window - d + 1) / window of them.
      CHECK(all / widest == Approx(window == 1 ? 1 : 0.625).margin(window == 1 ? 0 : 0.06));
      for (const auto& [pair, weight] : noise) of_noise -= weight;
      // A noise word that is the target does not count: one in 40.
      CHECK(of_noise / all == Approx(5 * 39.0 / 40).margin(0.05));
    }
}

TEST_CASE("the loss is that of its pairs", "[skip-gram]") {
  nn::SkipGram model(Ids(40, 7), {.dim = 5, .window = 3, .drawn = 9, .subsample = 0, .dtype = float64});
  manual_seed(2);
  model.context().weight().detach().copy_(randn({40, 5}, float64));
  model.token().weight().detach().copy_(randn({40, 5}, float64));
  const Tensor ids = tensor(sentences(100));
  auto blocks = [&] {
    DrawStep step(8);
    return model.blocks(ids);
  }();
  auto [near, noise] = pairs_of(blocks, 16);
  double expected = 0;
  for (const Pairs& pairs : {near, noise})
    for (const auto& [pair, weight] : pairs) {
      double score = 0;
      for (int64_t d = 0; d < 5; ++d)
        score += model.context().weight().data<double>()[pair.first * 5 + d] *
                 model.token().weight().data<double>()[pair.second * 5 + d];
      expected += std::abs(weight) * std::log(1 + std::exp(weight > 0 ? -score : score));
    }
  DrawStep step(8);
  const nn::Loss loss = model(ids);
  CHECK(loss.sum.item<double>() == Approx(expected).epsilon(1e-12));
  CHECK(loss.count == blocks.pairs);
  auto again = [&](const std::vector<Tensor>&) {
    DrawStep same(8);
    return model(ids).sum;
  };
  CHECK(gradcheck(model, again, {}).ok);
}

TEST_CASE("CBOW predicts each word by the mean of its window", "[cbow]") {
  const Ids ids = sentences(400);
  nn::Cbow model(Ids(40, 7), {.dim = 5, .window = 4, .drawn = 9, .subsample = 0, .dtype = float64});
  nn::SkipGram pairs(Ids(40, 7), {.dim = 5, .window = 4, .drawn = 9, .subsample = 0, .dtype = float64});
  manual_seed(2);
  model.context().weight().detach().copy_(randn({40, 5}, float64));
  model.token().weight().detach().copy_(randn({40, 5}, float64));
  auto with_draws = [](auto use) {
    DrawStep step(8);
    return use();
  };
  // Skip-gram with the same draws has the same windows: its pairs say which words a target is predicted from.
  const nn::WordBlocks mixed = with_draws([&] { return model.blocks(tensor(ids)); }),
                       apart = with_draws([&] { return pairs.blocks(tensor(ids)); });
  const auto words = apart.words.to_vector<int64_t>(), targets = apart.targets.to_vector<int64_t>();
  CHECK(mixed.words.to_vector<int64_t>() == words);
  CHECK(mixed.targets.to_vector<int64_t>() == targets);
  const auto near = apart.weights.to_vector<double>();
  const double *token = model.token().weight().data<double>(),
               *context = model.context().weight().data<double>();
  double expected = 0;
  int64_t count = 0;
  for (size_t b = 0; b < targets.size() / 25; ++b)
    for (size_t t = 0; t < 16; ++t) {
      std::vector<double> h(5, 0);
      double around = 0;
      for (size_t c = 0; c < 24; ++c)
        if (near[(b * 25 + t) * 24 + c] > 0) {
          ++around;
          for (size_t d = 0; d < 5; ++d) h[d] += token[words[b * 24 + c] * 5 + static_cast<int64_t>(d)];
        }
      if (around == 0) continue;
      ++count;
      const int64_t target = targets[b * 25 + t];
      auto loss = [&](int64_t id, double sign) {
        double score = 0;
        for (size_t d = 0; d < 5; ++d) score += h[d] / around * context[id * 5 + static_cast<int64_t>(d)];
        return std::log(1 + std::exp(-sign * score));
      };
      expected += loss(target, 1);
      for (size_t n = 16; n < 25; ++n)
        if (int64_t noise = targets[b * 25 + n]; noise != target) expected += 5.0 / 9 * loss(noise, -1);
    }
  const nn::Loss loss = with_draws([&] { return model(tensor(ids)); });
  CHECK(count > 300);
  CHECK(loss.count == count);
  CHECK(loss.sum.item<double>() == Approx(expected).epsilon(1e-12));
  auto again = [&](const std::vector<Tensor>&) { return with_draws([&] { return model(tensor(ids)).sum; }); };
  CHECK(gradcheck(model, again, {}).ok);
}

TEST_CASE("frequent words are left out as word2vec leaves them out", "[skip-gram]") {
  const Ids counts{10'000, 1'000, 100, 10};
  Ids ids;
  for (int64_t i = 0; i < 40'000; ++i) ids.push_back(i % 4);
  nn::SkipGram model(counts, {.dim = 2, .window = 1, .subsample = 0.01, .dtype = float64});
  const nn::WordBlocks blocks = model.blocks(tensor(ids));
  std::vector<double> kept(4, 0);
  for (int64_t b = 0; b < blocks.targets.size(0); ++b)
    for (int64_t i = 0; i < 16; ++i)
      if (int64_t id = blocks.targets.data<int64_t>()[b * 40 + i]; id >= 0) ++kept[static_cast<size_t>(id)];
  for (size_t i = 0; i < 4; ++i) {
    double share = static_cast<double>(counts[i]) / 11'110;
    CHECK(kept[i] / 10'000 ==
          Approx(std::min(1.0, (std::sqrt(share / 0.01) + 1) * 0.01 / share)).margin(0.015));
  }
}

TEST_CASE("the same bits of skip-gram for any number of threads", "[skip-gram]") {
  std::set<std::string> sums;
  for (int threads : {1, 2, 3, 8}) {
    test::Threads some(threads);
    manual_seed(1);
    nn::SkipGram model(Ids(40, 7), {.dim = 10});
    optim::SGD sgd(model.parameters(), {.lr = 0.05});
    for (uint64_t s = 1; s <= 20; ++s) {
      DrawStep step(s);
      sgd.zero_grad();
      model(tensor(sentences(2'000))).sum.backward();
      sgd.step();
    }
    const Tensor table = model.token().weight().detach();
    sums.insert(
        sha256({reinterpret_cast<const char*>(table.data<float>()), static_cast<size_t>(4 * table.numel())}));
  }
  CHECK(sums.size() == 1);
}

TEST_CASE("words of one class converge by skip-gram", "[skip-gram]") {
  const data::PlantedCorpus corpus = data::make_planted_corpus({.sentences = 6000});
  std::map<std::string, int64_t> id_of;
  Ids ids, ends, counts;
  std::string word;
  for (char c : corpus.text) {
    if (c != ' ' && c != '\n') {
      word += c;
      continue;
    }
    auto [at, added] = id_of.try_emplace(word, static_cast<int64_t>(counts.size()));
    if (added) counts.push_back(0);
    ++counts[static_cast<size_t>(at->second)];
    ids.push_back(at->second);
    word.clear();
    if (c == '\n') ends.push_back(static_cast<int64_t>(ids.size()));
  }
  manual_seed(123);
  nn::SkipGram model(counts, {.dim = 32, .subsample = 1e-3});
  optim::SGD sgd(model.parameters(), {.lr = 0.05, .rows = optim::Rows::lazy});
  data::DataLoader loader(data::SentenceDataset(ids, {.ends = ends}), {.batch_size = 4, .shuffle = true});
  train::Trainer trainer([&](const Tensor& b) { return model(b); }, sgd, loader,
                         {.sum_gradients = true, .clip_row = 15});
  double first = 0, last = 0;
  for (int64_t s = 0, steps = 8 * loader.size(); s < steps; ++s) {
    trainer.step();
    if (s == 20) first = trainer.take_tally().mean();
    if (s == steps - 21) trainer.take_tally();
    if (s == steps - 1) last = trainer.take_tally().mean();
  }
  CHECK(last < 0.75 * first);
  const Tensor table = model.token().weight().detach();
  const train::PlantedScores scores = train::planted_scores(
      corpus.truth, 32, [&](const std::string& each) { return table.data<float>() + 32 * id_of.at(each); });
  CHECK(scores.precision > 0.9);
  CHECK(scores.control_share < 3 * scores.chance);
}

TEST_CASE("what skip-gram cannot take is refused in words", "[skip-gram]") {
  nn::SkipGram model({1, 2, 3}, {.dim = 2});
  CHECK(
      message_of([&] {
        model(tensor({0, 3}));
      }) ==
      "[SkipGram] Id 3 at position 1 is outside the vocabulary (valid ids are 0..2, and -1 between sentences)");
  CHECK(message_of([&] {
          model(tensor({{0, 1}}));
        }) == "[SkipGram] Sentences must be int64 (n), got int64 [1, 2]");
  CHECK(message_of([&] { nn::SkipGram({1}, {.window = 0}); }) ==
        "[SkipGram] Needs window, shared and drawn of at least 1, got 0, 16 and 24");
  CHECK(message_of([&] { nn::SkipGram({1}, {.negatives = 0}); }) ==
        "[SkipGram] Needs negatives above 0 and subsample of 0 or more, got 0 and 1e-04");
  for (const Ids& none : {Ids{}, Ids{-1, -1}, Ids{0, -1, 1, -1}}) {
    const nn::Loss loss = model(none.empty() ? empty({0}, int64) : tensor(none));
    CHECK(loss.count == 0);
    CHECK(loss.item() == 0);
  }
}
