#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"

#include <map>

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {
Tensor table() { return arange(0, 12, 1, float64).reshape({6, 2}).requires_grad_(); }
}  // namespace

TEST_CASE("a lookup's gradient holds the rows that were looked up, sorted, repeats added in order") {
  Tensor weight = table();
  Tensor ids = tensor({{4, 1}, {4, 4}});
  sum(embedding(weight, ids) * tensor({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.0}}}, float64))
      .backward();
  const RowGrad* rows = weight.row_grad();
  REQUIRE(rows != nullptr);
  REQUIRE(rows->indices().to_vector<int64_t>() == std::vector<int64_t>{1, 4});
  REQUIRE(rows->values().to_vector<double>() == std::vector<double>{3, 4, 13, 16});
  REQUIRE(rows->shape() == Shape{6, 2});
  REQUIRE(weight.grad().to_vector<double>() == std::vector<double>{0, 0, 3, 4, 0, 0, 0, 0, 13, 16, 0, 0});
}

TEST_CASE("row gradients of two lookups merge; with a dense one they become dense") {
  Tensor weight = table();
  sum(embedding(weight, tensor({0, 3}))).backward();
  sum(embedding(weight, tensor({3, 5})) * 2).backward();
  REQUIRE(weight.row_grad()->indices().to_vector<int64_t>() == std::vector<int64_t>{0, 3, 5});
  REQUIRE(weight.row_grad()->values().to_vector<double>() == std::vector<double>{1, 1, 3, 3, 2, 2});
  for (bool dense_first : {false, true}) {
    Tensor tied = table();
    Tensor lookup = sum(embedding(tied, tensor({2}))), whole = sum(tied * 10);
    (dense_first ? whole : lookup).backward();
    (dense_first ? lookup : whole).backward();
    REQUIRE(tied.row_grad() == nullptr);
    REQUIRE(tied.grad().to_vector<double>() ==
            std::vector<double>{10, 10, 10, 10, 11, 11, 10, 10, 10, 10, 10, 10});
  }
}

TEST_CASE("a lookup in a table that is itself computed") {
  Tensor weight = table();
  sum(embedding(weight * 3, tensor({1, 1}))).backward();
  REQUIRE(weight.row_grad() == nullptr);
  REQUIRE(weight.grad().to_vector<double>() == std::vector<double>{0, 0, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("the padding row gets nothing") {
  Tensor weight = table();
  sum(embedding(weight, tensor({0, 2, 0}), {.padding_idx = 0})).backward();
  REQUIRE(weight.row_grad()->indices().to_vector<int64_t>() == std::vector<int64_t>{2});
}

TEST_CASE("scale, cast, and what does not fit") {
  RowGrad rows(tensor({1, 3}), tensor({{1.0, 2.0}, {3.0, 4.0}}), 5);
  RowGrad copy = rows;
  rows.scale(2);
  REQUIRE(rows.values().to_vector<double>() == std::vector<double>{2, 4, 6, 8});
  REQUIRE(copy.values().to_vector<double>() == std::vector<double>{1, 2, 3, 4});
  REQUIRE(rows.to(float64).dense().dtype() == float64);
  REQUIRE(message_of([] {
            RowGrad(tensor({3, 1}), zeros({2, 2}), 5);
          }) ==
          "[row_grad] Index 1 at 1 is out of order or outside the table (valid are 0..4, sorted, each once)");
  REQUIRE(message_of([] {
            RowGrad(tensor({1, 5}), zeros({2, 2}), 5);
          }).substr(0, 19) == "[row_grad] Index 5 ");
  REQUIRE(message_of([&] {
            rows.add(RowGrad(tensor({1}), zeros({1, 2}), 6));
          }).substr(0, 35) == "[row_grad] Cannot add the gradient ");
}

TEST_CASE("gradients of bags are sums of scaled rows in order of position, in tables of any size") {
  manual_seed(5);
  for (auto [n, rows] :
       {std::pair<int64_t, int64_t>{0, 7}, {100, 7}, {3000, 900}, {1000, int64_t{1} << 40}}) {
    Tensor ids = randint(0, std::min<int64_t>(rows, 800), {n}) * std::max<int64_t>(1, rows / 800),
           bags = randint(0, 5, {n}), scales = randint(-3, 4, {n}).to(float32), dy = randint(-9, 9, {5, 3});
    for (bool by_freq : {false, true}) {
      std::map<int64_t, std::pair<double, double>> expected;  // of column 1, and how many
      for (int64_t i = 0; i < n; ++i)
        if (int64_t id = ids.data<int64_t>()[i]; id != 0) {
          auto& [sum, times] = expected[id];
          sum += scales.data<float>()[i] *
                 static_cast<float>(dy.data<int64_t>()[bags.data<int64_t>()[i] * 3 + 1]);
          ++times;
        }
      RowGrad found = RowGrad::of_bags(ids, bags, scales, dy.to(float32), rows, 0, by_freq);
      REQUIRE(found.count() == static_cast<int64_t>(expected.size()));
      int64_t at = 0;
      for (const auto& [id, row] : expected) {
        REQUIRE(found.indices().data<int64_t>()[at] == id);
        REQUIRE(found.values().data<float>()[3 * at++ + 1] ==
                static_cast<float>(row.first) / static_cast<float>(by_freq ? row.second : 1));
      }
    }
  }
  REQUIRE(message_of([] {
            RowGrad::of_lookup(tensor({1, 2, 3}), zeros({3, 1}), int64_t{1} << 61);
          }) ==
          "[row_grad] 3 ids and 2305843009213693952 rows are too many to sort (their product must stay below "
          "2^61)");
}

TEST_CASE("many repeats give the same bits for any number of threads") {
  Tensor ids = randint(0, 500, {4000}), dy = randn({4000, 16});
  int before = num_threads();
  set_num_threads(1);
  RowGrad expected = RowGrad::of_lookup(ids, dy, 500);
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    REQUIRE(equal(RowGrad::of_lookup(ids, dy, 500).values(), expected.values()));
  }
  set_num_threads(before);
}

TEST_CASE(
    "the gradient of many lookups is the sum over positions, in order of position, whatever the strides") {
  constexpr int64_t rows = 5000, dim = 3, n = 4000;
  manual_seed(3);
  Tensor ids = randint(0, rows, {n}), dy = randn({dim, n}), column = randn({n, 1});
  for (const Tensor& g : {dy.t(), dy.t().contiguous(), expand(column, {n, dim})}) {
    std::vector<float> expected(rows * dim, 0), values = g.to_vector<float>();
    std::vector<int64_t> id = ids.to_vector<int64_t>();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t c = 0; c < dim; ++c) expected[id[i] * dim + c] += values[i * dim + c];
    RowGrad found = RowGrad::of_lookup(ids, g, rows);
    REQUIRE(found.dense().to_vector<float>() == expected);
    REQUIRE(std::is_sorted(found.indices().data<int64_t>(), found.indices().data<int64_t>() + found.count()));
  }
}

#if !LEXIGRAD_ADDRESS_SANITIZER  // which takes the memory of rows that no one touches
TEST_CASE("a table past 2^31 elements is read, differentiated and stepped at both ends") {
  constexpr int64_t rows = 17'200'000, dim = 128;  // 2.2e9 elements, 8.8 GB where all are touched
  if (available_memory() < int64_t{9} << 30) {
    WARN("SKIPPED: a table of 8.8 GB needs a machine with more memory");
    return;
  }
  Tensor table = zeros({rows, dim}).requires_grad_();
  Tensor ids = tensor({{rows - 1, int64_t{0}}, {rows - 1, rows / 2}});
  Tensor y = embedding(table, ids);
  sum(y * tensor({{{1.0}, {2.0}}, {{3.0}, {5.0}}})).backward();
  REQUIRE(table.row_grad()->indices().to_vector<int64_t>() == std::vector<int64_t>{0, rows / 2, rows - 1});
  optim::SGD(nn::as_parameters({table}), {.lr = 1, .rows = optim::Rows::lazy}).step();
  Tensor after = embedding(table, ids).detach();
  for (int64_t c : {int64_t{0}, dim - 1}) {
    REQUIRE(after[0][0][c].item<float>() == -4);
    REQUIRE(after[0][1][c].item<float>() == -2);
    REQUIRE(after[1][1][c].item<float>() == -5);
  }
  REQUIRE(table.detach()[rows - 2][dim - 1].item<float>() == 0);
  REQUIRE(table.numel() > int64_t{1} << 31);
}
#endif
