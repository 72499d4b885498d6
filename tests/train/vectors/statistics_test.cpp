// Statistics of tables of embeddings beside formulas in double.
#include "lexigrad/train/vectors/statistics.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"
#include "train/vectors/sets/word_sets.h"

using namespace lexigrad;
using namespace lexigrad::train;

TEST_CASE("norms of rows are their least, quartiles and most, linear between rows", "[statistics]") {
  Tensor table =
      from_values<double>(std::vector<double>{3, 4, 0, 0, 6, 8, 0, 1}, {4, 2});  // norms 5, 0, 10, 1
  CHECK(table_statistics(table).norms == std::array<double, 5>{0, 0.75, 3, 6.25, 10});
  for (Dtype dtype : {float32, bfloat16})
    CHECK(table_statistics(table.to(dtype)).norms == std::array<double, 5>{0, 0.75, 3, 6.25, 10});
  CHECK(table_statistics(from_values<double>(std::vector<double>{3, 4}, {1, 2})).norms ==
        std::array<double, 5>{5, 5, 5, 5, 5});
  CHECK(std::isnan(table_statistics(from_values<double>(std::vector<double>{3, 4}, {1, 2})).mean_cosine));
}

TEST_CASE("the mean cosine of drawn pairs is near that of all pairs", "[statistics]") {
  manual_seed(3);
  const int64_t rows = 40, dim = 6;
  Tensor table = randn({rows, dim}, float64) + 0.5;
  const double* x = table.data<double>();
  double sum = 0;
  for (int64_t a = 0; a < rows; ++a)
    for (int64_t b = 0; b < rows; ++b) {
      double dot = 0, aa = 0, bb = 0;
      for (int64_t i = 0; i < dim; ++i)
        dot += x[a * dim + i] * x[b * dim + i], aa += x[a * dim + i] * x[a * dim + i],
            bb += x[b * dim + i] * x[b * dim + i];
      if (a != b) sum += dot / std::sqrt(aa * bb);
    }
  double all = sum / static_cast<double>(rows * (rows - 1));
  CHECK(all > 0.05);
  CHECK(table_statistics(table).mean_cosine == Approx(all).margin(4 * 0.45 / 100));  // of 10,000 pairs
  CHECK(table_statistics(full({5, 3}, 2.5)).mean_cosine == Approx(1));
  CHECK(table_statistics(from_values<float>(std::vector<float>{1, 0, -1, 0}, {2, 2})).mean_cosine ==
        Approx(-1));
}

TEST_CASE("the partition ratio is 1 for isotropic tables, and its formula for one row", "[statistics]") {
  Tensor plane = zeros({8, 4}, float64);  // e and -e of each axis
  for (int64_t i = 0; i < 4; ++i)
    plane.data<double>()[i * 4 + i] = 2, plane.data<double>()[(4 + i) * 4 + i] = -2;
  CHECK(table_statistics(plane).partition_ratio == Approx(1));
  // One row (a, 0): c w is a / sqrt(2) or its opposite, of which 64 directions have both.
  CHECK(table_statistics(from_values<double>(std::vector<double>{3, 0}, {1, 2})).partition_ratio ==
        Approx(std::exp(-2 * 3 / std::sqrt(2.0))));
  CHECK(table_statistics(from_values<double>(std::vector<double>{3000, 0}, {1, 2})).partition_ratio ==
        0);  // and no overflow
}

TEST_CASE("a table of many rows has the partition ratio of its formula, wherever its largest row is",
          "[statistics]") {
  constexpr int64_t rows = 9001;
  const double x = 3 / std::sqrt(2.0);
  for (int64_t largest : {int64_t{0}, rows / 2, rows - 1}) {
    INFO(largest);
    Tensor table = zeros({rows, 2}, float64);
    table.data<double>()[largest * 2] = 3;
    CHECK(table_statistics(table).partition_ratio ==
          Approx((rows - 1 + std::exp(-x)) / (rows - 1 + std::exp(x))).epsilon(1e-12));
  }
}

TEST_CASE("hubness and the correlation of norms and ranks are scipy's", "[statistics]") {
  const nlohmann::json& expected = test::word_sets().at("table");
  const Tensor rows = test::word_set_rows();
  CHECK(hubness(rows) == Approx(expected.at("hubness").get<double>()).margin(1e-12));
  CHECK(norm_rank_correlation(rows) == Approx(expected.at("norm_rank").get<double>()).margin(1e-12));
  CHECK(hubness(cat({zeros({3, 8}), rows})) == hubness(rows));
  CHECK(table_statistics(cat({zeros({3, 8}), rows})).zero_rows == 3);
  CHECK(std::isnan(hubness(zeros({5, 2}))));
  CHECK(std::isnan(norm_rank_correlation(ones({5, 2}))));
}

TEST_CASE("one row near to all of a large table is a hub of its sample", "[statistics]") {
  manual_seed(5);
  Tensor table = randn({12'000, 16});
  const double without = hubness(table, 1);
  CHECK(without == hubness(table, 1));
  table = table + 3 * ones({16});  // directions close together, some nearer to the middle
  CHECK(hubness(table, 1) > without);
}

TEST_CASE("statistics of a table are the same bits for any threads, and refuse what is no table",
          "[statistics]") {
  manual_seed(4);
  Tensor table = randn({5000, 24});
  int threads = num_threads();
  set_num_threads(1);
  TableStatistics one = table_statistics(table);
  set_num_threads(4);
  TableStatistics four = table_statistics(table);
  set_num_threads(threads);
  CHECK(one.norms == four.norms);
  CHECK(one.mean_cosine == four.mean_cosine);
  CHECK(one.partition_ratio == four.partition_ratio);
  CHECK_THAT(message_of([] { table_statistics(ones({3})); }), Catch::Contains("rows x numbers"));
}
