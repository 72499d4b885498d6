// GloVe learnt from counted pairs, beside the formulas of its program.
#include <cmath>
#include <set>

#include "catch.h"
#include "lexigrad/lexigrad.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

constexpr int64_t kDim = 5;
constexpr double kRate = 0.05, kMost = 10;

// A pair of the program's: AdaGrad whose sums begin at 1, of rate * gradient for vectors and of the gradient for biases.
// The program divides by the root of the sum as it was before the step; AdaGrad adds the step's own square first.
class Program {
 public:
  Program(const std::vector<Tensor>& tables, bool adds_first) : adds_first_(adds_first) {
    for (const Tensor& table : tables) values_.push_back(table.to_vector<double>());
    for (const auto& table : values_) sums_.emplace_back(table.size(), 1.0);
  }
  // The pair's half of the weighted squared error before the step.
  double learn(int64_t word, int64_t context, double count) {
    double d = values_[2][word] + values_[3][context] - std::log(count);
    for (int64_t k = 0; k < kDim; ++k) d += values_[0][word * kDim + k] * values_[1][context * kDim + k];
    const double f = count > kMost ? 1 : std::pow(count / kMost, 0.75);
    for (int64_t k = 0; k < kDim; ++k) {
      const double w = values_[0][word * kDim + k], c = values_[1][context * kDim + k];
      move(0, word * kDim + k, kRate * f * d * c);
      move(1, context * kDim + k, kRate * f * d * w);
    }
    move(2, word, f * d);
    move(3, context, f * d);
    return 0.5 * f * d * d;
  }
  double sum_of_both(int64_t word, int64_t k) const {
    return values_[0][word * kDim + k] + values_[1][word * kDim + k];
  }

 private:
  void move(size_t table, int64_t i, double step) {
    double& sum = sums_[table][i];
    const double before = sum;
    sum += step * step;
    values_[table][i] -= step / std::sqrt(adds_first_ ? sum : before);
  }

  bool adds_first_;
  std::vector<std::vector<double>> values_, sums_;
};

}  // namespace

TEST_CASE("ten epochs of GloVe have the losses and vectors of its program's formulas", "[glove]") {
  const std::string text =
      data::make_planted_corpus(
          {.classes = 2, .words_per_class = 3, .sentences = 120, .controls_per_class = 0})
          .text;
  const auto tokenizer = data::WordTokenizer::from_text(text);
  const int64_t words = tokenizer.vocabulary_size();
  data::DataLoader loader(
      data::CountedPairDataset(data::cooccurrences(tokenizer.encode(text), words, {.window = 4}), float64),
      {.batch_size = 1, .shuffle = true, .seed = 5});
  REQUIRE(loader.size() > 300);
  manual_seed(3);
  std::vector<Tensor> tables;
  for (int64_t dim : {kDim, kDim, int64_t{1}, int64_t{1}})
    tables.push_back(((rand({words, dim}, float64) - 0.5) / static_cast<double>(kDim + 1)).requires_grad_());
  Program adagrad(tables, true), program(tables, false);
  // rate g / sqrt(1 + sum of (rate g)^2) is g / sqrt(1 / rate^2 + sum of g^2).
  optim::Adagrad vectors({tables[0], tables[1]},
                         {.lr = 1, .initial_accumulator_value = 1 / (kRate * kRate), .eps = 0}),
      biases({tables[2], tables[3]}, {.lr = 1, .initial_accumulator_value = 1, .eps = 0});
  double first = 0, last = 0, last_of_program = 0;
  for (int64_t epoch = 0; epoch < 10; ++epoch) {
    double loss = 0, expected = 0, of_program = 0;
    for (const auto& [row, column, count] : loader) {
      vectors.zero_grad(), biases.zero_grad();
      const nn::Loss error =
          0.5 * nn::glove({tables[0], tables[1], tables[2], tables[3]}, row, column, count, {.x_max = kMost});
      error.sum.backward();
      vectors.step(), biases.step();
      loss += error.sum.item<double>();
      expected += adagrad.learn(row.item<int64_t>(), column.item<int64_t>(), count.item<double>());
      of_program += program.learn(row.item<int64_t>(), column.item<int64_t>(), count.item<double>());
    }
    INFO("epoch " << epoch);
    CHECK(loss == Approx(expected).epsilon(1e-10));
    if (epoch == 0) first = loss;
    last = loss, last_of_program = of_program;
  }
  CHECK(last < 0.8 * first);
  CHECK(last == Approx(last_of_program).epsilon(0.02));
  const Tensor both = (tables[0] + tables[1]).detach();
  for (int64_t word = 0; word < words; ++word)
    for (int64_t k = 0; k < kDim; ++k)
      CHECK(both[word][k].item<double>() == Approx(adagrad.sum_of_both(word, k)).epsilon(1e-9).margin(1e-10));
}

TEST_CASE("counted pairs are a dataset: each pair of an epoch once, in its rows and columns", "[glove]") {
  const std::vector<int64_t> ids = {0, 2, 1, 2, 0, 4};
  const data::CountedPairDataset dataset(data::cooccurrences(ids, 5, {.window = 1, .weighted = false}));
  auto batch = dataset.gather(std::vector<int64_t>{0, 5, 2});
  // 0-2 twice, 0-4, 1-2 twice; row 3 has none.
  CHECK(batch.rows.to_vector<int64_t>() == std::vector<int64_t>{0, 4, 1});
  CHECK(batch.columns.to_vector<int64_t>() == std::vector<int64_t>{2, 0, 2});
  CHECK(batch.counts.to_vector<float>() == std::vector<float>{2, 1, 2});
  CHECK(dataset.size() == 6);
  std::multiset<std::pair<int64_t, int64_t>> seen;
  data::DataLoader loader(dataset, {.batch_size = 4, .shuffle = true});
  for (const auto& [rows, columns, counts] : loader)
    for (int64_t i = 0; i < rows.size(0); ++i)
      seen.emplace(rows[i].item<int64_t>(), columns[i].item<int64_t>());
  CHECK(seen == std::multiset<std::pair<int64_t, int64_t>>{{0, 2}, {0, 4}, {1, 2}, {2, 0}, {2, 1}, {4, 0}});
  CHECK(message_of([&] { dataset.gather(std::vector<int64_t>{6}); }) ==
        "[dataset] Pair 6 is outside the 6 pairs");
  CHECK(message_of([] { data::CountedPairDataset(data::Cooccurrences{}); }) ==
        "[dataset] No pair of tokens occurs. Hint: give a longer text");
  CHECK(message_of([&] { data::CountedPairDataset(dataset.counts(), int64); }) ==
        "[dataset] Counts cannot be int64. Hint: the tables' dtype");
}
