// Steps of several batches against the gradient's formula in plain loops, and against one large batch.
#include <cmath>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/data/data.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/train.h"

using namespace lexigrad;
using namespace lexigrad::train;

namespace {

constexpr int64_t kIgnored = -100, kWords = 7, kLength = 4;

using Numbers = std::vector<double>;

int64_t some_word(uint64_t i, uint64_t seed) {
  return static_cast<int64_t>(CounterRng(seed).below(static_cast<uint64_t>(kWords), 0, i));
}

// Twelve samples, three a batch: each batch says how many targets of a sample count.
struct Samples {
  Tensor x = zeros({12, kLength}, int64), y = zeros({12, kLength}, int64);
  explicit Samples(const std::vector<int64_t>& counted) {
    for (int64_t i = 0; i < x.numel(); ++i) {
      x.data<int64_t>()[i] = some_word(static_cast<uint64_t>(i), 3);
      bool counts = i % kLength < counted[static_cast<size_t>(i / kLength / 3)];
      y.data<int64_t>()[i] = counts ? some_word(static_cast<uint64_t>(i), 8) : kIgnored;
    }
  }
  data::DataLoader<data::TensorDataset<2>> loader(int64_t batch) const {
    return {data::TensorDataset(x, y), {.batch_size = batch, .shuffle = false}};
  }
};

Tensor some_table() {
  Tensor table = zeros({kWords, kWords}, float64);
  for (int64_t i = 0; i < table.numel(); ++i)
    table.data<double>()[i] = CounterRng(5).uniform(0, static_cast<uint64_t>(i)) - 0.5;
  return table.requires_grad_();
}

// The mean over all targets that count of log softmax(table[x])[y], by hand: its gradient.
Numbers gradient_of(const Numbers& table, const Samples& samples, double penalty) {
  Numbers out(table.size());
  auto x = samples.x.to_vector<int64_t>(), y = samples.y.to_vector<int64_t>();
  double count = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (y[i] == kIgnored) continue;
    ++count;
    size_t row = static_cast<size_t>(x[i] * kWords);
    double total = 0;
    for (size_t v = 0; v < kWords; ++v) total += std::exp(table[row + v]);
    for (size_t v = 0; v < kWords; ++v)
      out[row + v] += std::exp(table[row + v]) / total - (static_cast<int64_t>(v) == y[i] ? 1 : 0);
  }
  for (size_t i = 0; i < out.size(); ++i) out[i] = (count > 0 ? out[i] / count : 0) + 2 * penalty * table[i];
  return out;
}

double largest_gap(const Numbers& a, const Numbers& b) {
  double gap = 0, scale = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    gap = std::fmax(gap, std::abs(a.at(i) - b.at(i)));
    scale = std::fmax(scale, std::abs(b[i]));
  }
  return scale > 0 ? gap / scale : gap;
}

}  // namespace

TEST_CASE("a step of several batches is the formula's, by rows and dense, whatever of each batch counts",
          "[accumulate]") {
  for (std::vector<int64_t> counted :
       {std::vector<int64_t>{1, 4, 2, 3}, {0, 4, 0, 1}, {2, 0, 0, 0}, {0, 0, 0, 3}, {0, 0, 0, 0}})
    for (double penalty : {0.0, 0.01})
      for (bool rows : {true, false}) {
        Samples samples(counted);
        Tensor table = some_table();
        data::DataLoader loader = samples.loader(3);
        optim::SGD sgd({table}, {.lr = 0.5});
        auto loss = [&](const Tensor& x, const Tensor& y) {
          Tensor logits = rows ? embedding(table, x) : matmul(one_hot(x, kWords).to(float64), table);
          nn::Loss out = nn::cross_entropy(logits, y);
          return penalty > 0 ? out + penalty * sum(table * table) : out;
        };
        Trainer trainer(loss, sgd, loader, {.accumulate = 4});
        Numbers before = table.to_vector<double>(), expected = before;
        Numbers gradient = gradient_of(before, samples, penalty);
        for (size_t i = 0; i < expected.size(); ++i) expected[i] -= 0.5 * gradient[i];
        trainer.step();
        INFO(counted[0] << counted[1] << counted[2] << counted[3] << " " << penalty << " " << rows);
        CHECK(largest_gap(table.to_vector<double>(), expected) < 1e-12);
        CHECK((table.row_grad() != nullptr) == (rows && penalty == 0));
        CHECK(trainer.tally().weight == 3 * (counted[0] + counted[1] + counted[2] + counted[3]));
        CHECK((trainer.position().step == 1 && trainer.position().batch == 4));
      }
}

namespace {

// `steps` steps of a run, and what its parameters are then.
template <class Make>
std::vector<Numbers> trained(nn::NextTokenModelOptions options, Dtype dtype, const Make& make, int64_t batch,
                             int64_t accumulate, double clip_norm) {
  manual_seed(2);
  nn::NextTokenModel model(options);
  if (dtype == float64) model.to(float64);
  std::vector<int64_t> ids;
  for (uint64_t i = 0; i < 24 * kLength + 1; ++i) ids.push_back(some_word(i, 6));
  data::DataLoader loader(data::NextTokenDataset(ids, {.max_length = kLength}),
                          {.batch_size = batch, .shuffle = true, .seed = 4});
  auto optimizer = make(model.parameters());
  Trainer trainer([&](const Tensor& x, const Tensor& y) { return model.loss(x, y); }, *optimizer, loader,
                  {.accumulate = accumulate, .clip_norm = clip_norm});
  for (int64_t step = 0; step < 5; ++step) trainer.step();  // into the second epoch
  std::vector<Numbers> out;
  for (const Tensor& p : model.parameters()) out.push_back(p.to_vector<double>());
  return out;
}

}  // namespace

TEST_CASE("four batches of two are a batch of eight, for every optimizer, tied or not, clipped or not",
          "[accumulate]") {
  for (Dtype dtype : {float64, float32})
    for (const char* encoder : {"none", "attention"})
      for (bool tied : {false, true})
        for (double clip_norm : {0.0, 0.2})
          for (optim::Rows rows : {optim::Rows::dense, optim::Rows::lazy})
            for (const char* kind : {"sgd", "adam"}) {
              if (std::string(encoder) == "attention" && std::string(kind) == "adam") continue;
              auto make = [&](const std::vector<nn::ParameterRef>& p) -> std::unique_ptr<optim::Optimizer> {
                if (std::string(kind) == "sgd")
                  return std::make_unique<optim::SGD>(
                      p, optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .rows = rows});
                return std::make_unique<optim::Adam>(p, optim::AdamOptions{.rows = rows});
              };
              nn::NextTokenModelOptions options{.vocabulary = kWords,
                                                .dim = 8,
                                                .max_length = kLength,
                                                .encoder = encoder,
                                                .heads = 2,
                                                .bias = !tied,
                                                .tied = tied};
              auto big = trained(options, dtype, make, 8, 1, clip_norm),
                   parts = trained(options, dtype, make, 2, 4, clip_norm);
              INFO(name(dtype) << " " << encoder << " " << tied << " " << clip_norm << " " << kind);
              REQUIRE(big.size() == parts.size());
              for (size_t i = 0; i < big.size(); ++i)
                CHECK(largest_gap(parts[i], big[i]) < (dtype == float64 ? 1e-12 : 1e-5));
            }
}

TEST_CASE("rows of batches in which nothing counts are rows of the step", "[accumulate]") {
  auto after = [](int64_t batch, int64_t accumulate) {
    Samples first({4, 4, 4, 4}), second({0, 2, 0, 1});
    for (int64_t i = 0; i < second.x.numel(); ++i) {  // words 5 and 6 are in the first and third batch alone
      int64_t part = i / kLength / 3, &word = second.x.data<int64_t>()[i];
      word = part == 0 ? 5 : part == 2 ? 6 : word % 5;
    }
    Tensor table = some_table();
    optim::Adam adam({table}, {.lr = 0.1, .rows = optim::Rows::lazy});
    auto loss = [&](const Tensor& x, const Tensor& y) { return nn::cross_entropy(embedding(table, x), y); };
    for (const Samples& samples : {first, second}) {  // the moments of the first move rows of the second
      data::DataLoader loader = samples.loader(batch);
      Trainer trainer(loss, adam, loader, {.accumulate = accumulate});
      trainer.step();
    }
    CHECK(table.row_grad()->count() == kWords);
    return table.to_vector<double>();
  };
  CHECK(largest_gap(after(3, 4), after(12, 1)) < 1e-12);
}

namespace {

// Seven samples in three batches an epoch; what each call of the loss saw.
struct Seen {
  Tensor w = ones({2}, float64).requires_grad_();
  data::DataLoader<data::TensorDataset<2>> loader{data::TensorDataset(arange(7), arange(7)),
                                                  {.batch_size = 3, .shuffle = true, .seed = 2}};
  optim::SGD sgd{{w}, {.lr = 0.1}};
  std::vector<std::vector<int64_t>> batches;
  std::vector<Numbers> masks;
  int64_t bad_call = -1;

  nn::Loss loss(const Tensor& x) {
    masks.push_back(dropout(ones({64}, float64), 0.5).to_vector<double>());
    batches.push_back(x.to_vector<int64_t>());
    double factor = static_cast<int64_t>(batches.size()) == bad_call ? std::nan("") : 1;
    return {sum(w * w) * factor, x.numel()};
  }
  Trainer trainer(int64_t accumulate) {
    return {[this](const Tensor& x, const Tensor&) { return loss(x); }, sgd, loader,
            TrainerOptions{.accumulate = accumulate}};
  }
};

}  // namespace

TEST_CASE("steps of several batches take those of a run without, across the ends of epochs, with its draws",
          "[accumulate]") {
  manual_seed(3);
  Seen single, several;
  Trainer one = single.trainer(1), four = several.trainer(4);
  for (int64_t i = 0; i < 12; ++i) one.step();
  for (int64_t i = 0; i < 3; ++i) four.step();
  CHECK(several.batches == single.batches);
  CHECK(several.masks == single.masks);
  CHECK(std::set(several.masks.begin(), several.masks.end()).size() == 12);
  CHECK((four.position().step == 3 && four.position().epoch == 3 && four.position().batch == 3));
  CHECK(four.position().tokens == one.position().tokens);
  for (int64_t cut = 1; cut < 3; ++cut) {
    Seen start, rest;
    Trainer a = start.trainer(4), b = rest.trainer(4);
    for (int64_t i = 0; i < cut; ++i) a.step();
    b.restore(a.position(), {});
    for (int64_t i = cut; i < 3; ++i) b.step();
    CHECK(rest.batches == std::vector(several.batches.begin() + 4 * cut, several.batches.end()));
    CHECK(rest.masks == std::vector(several.masks.begin() + 4 * cut, several.masks.end()));
  }
}

TEST_CASE("a batch that is not finite undoes the whole step, which can be taken again", "[accumulate]") {
  Seen seen, whole;
  Trainer trainer = seen.trainer(4), good = whole.trainer(4);
  trainer.step();
  good.step();
  Position before = trainer.position();
  Tally tally = trainer.tally();
  Numbers w = seen.w.to_vector<double>();
  seen.bad_call = 7;  // in the next epoch
  CHECK_THROWS_WITH(trainer.step(), Catch::Contains("The loss is nan at step 2"));
  Position after = trainer.position();
  CHECK((after.step == 1 && after.epoch == before.epoch && after.batch == before.batch));
  CHECK((after.tokens == before.tokens && trainer.tally().weight == tally.weight));
  CHECK(seen.w.to_vector<double>() == w);
  seen.batches.clear();
  seen.bad_call = -1;
  trainer.step();
  good.step();
  CHECK(seen.batches == std::vector(whole.batches.begin() + 4, whole.batches.end()));
  CHECK(seen.w.to_vector<double>() == whole.w.to_vector<double>());
}

TEST_CASE("a step has at least one batch, and its audit sees all of them", "[accumulate]") {
  Seen seen;
  for (int64_t accumulate : {0, -1})
    CHECK_THROWS_WITH(seen.trainer(accumulate), Catch::Contains("accumulate is "));
  Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  optim::SGD sgd({a, b}, {.lr = 0.1});
  int64_t calls = 0;
  auto loss = [&](const Tensor&, const Tensor&) { return nn::Loss{sum(++calls % 2 == 0 ? a : b), 1}; };
  CHECK(Trainer(loss, sgd, seen.loader, {.accumulate = 2}).audited_step().clean());
  CHECK(Trainer(loss, sgd, seen.loader).audited_step().without_gradient.size() == 1);
}
