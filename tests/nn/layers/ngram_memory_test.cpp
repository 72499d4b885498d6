#include "lexigrad/nn/layers/ngram_memory.h"

#include <map>

#include "catch.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// Rows and signs of a position by the definition.
std::map<int64_t, double> terms(const std::vector<int64_t>& window, size_t t, int64_t rows, uint64_t seed) {
  std::map<int64_t, double> out;
  for (size_t n : {2, 3}) {
    if (t + 1 < n) continue;
    uint64_t hash = nn::hash_ids({&window[t + 1 - n], n}, seed);
    out[static_cast<int64_t>((hash << 1 >> 1) % static_cast<uint64_t>(rows))] += hash >> 63 ? -1 : 1;
  }
  return out;
}

// A table in memory whose rows are handed out as a RowTable does it.
struct Rows final : nn::RowTable {
  Tensor all = randn({40, 3}), leaf;
  std::vector<int64_t> ids;
  int64_t rows() const override { return 40; }
  int64_t dim() const override { return 3; }
  Tensor take(std::span<const int64_t> wanted) override {
    ids.assign(wanted.begin(), wanted.end());
    leaf = index_select(all, 0, tensor(ids)).detach();
    leaf.requires_grad_();
    return leaf;
  }
};

}  // namespace

TEST_CASE("n-gram hashes are SplitMix64's chain") {
  // mix(seed + 2), mix(that + 5), mix(that + 7), in Python.
  const std::vector<int64_t> pair = {5, 7};
  CHECK(nn::hash_ids(pair) == 0x5a62e1d3bdb7956du);
  CHECK(nn::hash_ids(pair, 9) == 0xeabd17b3ad4ce4ceu);
  CHECK(nn::hash_ids(std::vector<int64_t>{7, 5}) != nn::hash_ids(pair));
  CHECK(nn::hash_ids(std::vector<int64_t>{0, 5, 7}) != nn::hash_ids(pair));
}

TEST_CASE("a memory adds signed rows of the ids so far, of its own window only") {
  nn::NgramMemory memory(50, 3, {.seed = 4});
  CHECK(equal(memory.weight().detach(), zeros({50, 3})));
  memory.weight().detach().copy_(randn({50, 3}));
  const std::vector<std::vector<int64_t>> windows = {{3, 1, 4, 1, 5}, {9, 2, 6, 5, 3}};
  Tensor ids = tensor({{3, 1, 4, 1, 5}, {9, 2, 6, 5, 3}}), y = memory(ids).detach();
  REQUIRE(y.shape() == Shape{2, 5, 3});
  for (size_t b = 0; b < 2; ++b)
    for (size_t t = 0; t < 5; ++t) {
      Tensor sum = zeros({3});
      for (auto [row, sign] : terms(windows[b], t, 50, 4)) sum.add_(memory.weight().detach()[row] * sign);
      INFO(b << ' ' << t);
      CHECK(allclose(y[static_cast<int64_t>(b)][static_cast<int64_t>(t)], sum, 1e-6, 1e-6));
    }
  CHECK(equal(memory(ids[1]).detach(), y[1]));
}

TEST_CASE("a memory's gradient holds the rows read, with their signs") {
  nn::NgramMemory memory(1000, 2);
  const std::vector<int64_t> window = {3, 1, 4, 1};
  memory(tensor(window)).sum().backward();
  const RowGrad* grad = memory.weight().row_grad();
  REQUIRE(grad);
  CHECK(grad->indices().to_vector<int64_t>() == memory.rows_of(tensor(window)));
  std::map<int64_t, double> expected;
  for (size_t t = 0; t < 4; ++t)
    for (auto [row, sign] : terms(window, t, 1000, 0)) expected[row] += sign;
  REQUIRE(expected.size() == 5);
  for (int64_t i = 0; i < grad->count(); ++i)
    CHECK(grad->values()[i][1].item<double>() == expected.at(grad->indices()[i].item<int64_t>()));
}

TEST_CASE("a memory over rows that lie elsewhere has the same output and gradient") {
  manual_seed(5);
  auto table = std::make_shared<Rows>();
  nn::NgramMemory elsewhere(table), inside(40, 3);
  inside.weight().detach().copy_(table->all);
  Tensor ids = randint(0, 9, {4, 6});
  CHECK(equal(elsewhere(ids).detach(), inside(ids).detach()));
  square(elsewhere(ids)).sum().backward();
  square(inside(ids)).sum().backward();
  CHECK(table->ids == inside.rows_of(ids));
  REQUIRE(inside.weight().row_grad());
  Tensor grad = table->leaf.row_grad() ? table->leaf.row_grad()->dense() : table->leaf.grad();
  CHECK(equal(grad, inside.weight().row_grad()->values()));
  CHECK(elsewhere.parameters().empty());
}

TEST_CASE("a model with a memory is causal, and generates the same with a cache as without") {
  manual_seed(6);
  nn::NextTokenModel model(
      {.vocabulary = 12, .dim = 8, .max_length = 9, .encoder = "attention", .heads = 2, .ngram_rows = 64});
  REQUIRE(model.ngrams());
  CHECK(model.named_parameters()[1].first == "ngrams.weight");
  model.ngrams()->weight().detach().copy_(randn({64, 8}));
  model.eval();
  Tensor ids = randint(0, 12, {1, 9}), whole = model(ids).detach();
  nn::ModelCache cache = model.make_cache();
  for (auto [begin, end] : {std::pair<int64_t, int64_t>{0, 4}, {4, 5}, {5, 6}, {6, 9}})
    CHECK(allclose(model.next(slice(ids, 1, begin, end), cache)[0], whole[0][end - 1], 1e-4, 1e-5));
  Tensor changed = ids.clone();
  changed[0][5].fill_(static_cast<double>((ids[0][5].item<int64_t>() + 1) % 12));
  CHECK(equal(slice(model(changed).detach(), 1, 0, 5), slice(whole, 1, 0, 5)));
  CHECK_FALSE(equal(model(changed).detach()[0][7], whole[0][7]));
}

TEST_CASE("a memory says what is wrong with its sizes and ids") {
  CHECK(message_of([] { nn::NgramMemory(0, 4); }) ==
        "[NgramMemory] Needs at least one row and one column, got 0 and 4");
  CHECK(message_of([] { nn::NgramMemory(4, 4, {.orders = {}}); }) ==
        "[NgramMemory] There are no orders. Hint: {2, 3} are pairs and triples");
  CHECK(message_of([] {
          nn::NgramMemory(4, 4, {.orders = {2, 2}});
        }) == "[NgramMemory] Order 2 is there twice");
  CHECK(message_of([] { nn::NgramMemory(4, 4, {.orders = {0}}); }) ==
        "[NgramMemory] Order 0 is no number of ids (valid: >= 1)");
  CHECK(message_of([] { nn::NgramMemory(4, 4)(zeros({3})); }) ==
        "[NgramMemory] Ids must be int64 of shape (..., T), got float32 [3]. Hint: ids.to(int64) converts");
  CHECK(to_string(nn::NgramMemory(4, 2)) == "NgramMemory(4, 2, orders={2, 3})");
}
