#include "lexigrad/train/vectors/vector_scores.h"

#include <cmath>
#include <limits>
#include <utility>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/corpora/planted_corpus.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

using Labels = std::vector<int64_t>;

// Vectors in the plane at these angles in degrees: their cosines are plain to see.
std::vector<float> at_angles(const std::vector<double>& degrees) {
  std::vector<float> rows;
  for (double angle : degrees)
    for (double value : {std::cos(angle * M_PI / 180), std::sin(angle * M_PI / 180)})
      rows.push_back(static_cast<float>(value * (1 + angle)));  // lengths must not matter
  return rows;
}

std::vector<float> random_rows(uint64_t seed, int64_t n, int64_t dim) {
  CounterRng rng(seed);
  std::vector<float> rows(n * dim);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(rng.uniform(0, i) - 0.5);
  return rows;
}

Labels round_robin(int64_t n, int64_t classes) {
  Labels labels(n);
  for (int64_t i = 0; i < n; ++i) labels[i] = i % classes;
  return labels;
}

}  // namespace

TEST_CASE("class_precision_at_k counts the nearest of each row") {
  // Nearest two of 0: 10, 24. Of 10: 0, 24. Of 24: 35, 10. Of 35: 41, 24. Of 41: 35, 24.
  auto rows = at_angles({0, 10, 24, 35, 41});
  REQUIRE(class_precision_at_k(rows.data(), 5, 2, {0, 0, 0, 1, 1}, 1) == Approx((1 + 1 + 0 + 1 + 1) / 5.0));
  // The class of two has one other word, so k is 1 there.
  REQUIRE(class_precision_at_k(rows.data(), 5, 2, {0, 0, 0, 1, 1}, 2) == Approx((1 + 1 + 0.5 + 1 + 1) / 5));
  // A row without a class is a candidate, but is not asked.
  REQUIRE(class_precision_at_k(rows.data(), 5, 2, {0, 0, 0, -1, 0}, 1) == Approx((1 + 1 + 0 + 0) / 4.0));
  // Nor is a class of one: its nearest would be a miss.
  REQUIRE(class_precision_at_k(rows.data(), 5, 2, {0, 0, 7, 1, 1}, 1) == 1.0);
}

TEST_CASE("class_precision_at_k takes ties by expectation, whatever the order of rows") {
  std::vector<float> same(6 * 3, 0.5f);
  REQUIRE(class_precision_at_k(same.data(), 6, 3, {0, 0, 0, 1, 1, 1}, 1) == Approx(2 / 5.0));
  REQUIRE(class_precision_at_k(same.data(), 6, 3, {0, 1, 0, 1, 0, 1}, 2) == Approx(2 / 5.0));
  // From the first row: one nearer word of its class, then two equals of which one is.
  std::vector<float> rows = {1, 0, 1, 0, 0, 1, 0, 1};
  REQUIRE(class_precision_at_k(rows.data(), 4, 2, {0, 0, 0, 1}, 2) == Approx((0.75 + 0.75 + 1.0 / 2) / 3));
}

TEST_CASE("same_class_auc is the share of pairs in order, ties half") {
  auto rows = at_angles({0, 10, 34, 60});
  // Degrees between two of one class: 10, 26. Of two: 34, 60, 24, 50. In order: 4 and 3 of 8.
  REQUIRE(same_class_auc(rows.data(), 4, 2, {0, 0, 1, 1}) == 7 / 8.0);
  std::vector<float> crossed = {1, 0, 0, 1, 1, 0, 0, 1};
  REQUIRE(same_class_auc(crossed.data(), 4, 2, {0, 0, 1, 1}) == 0.25);
  REQUIRE(same_class_auc(crossed.data(), 4, 2, {0, 1, 0, 1}) == 1.0);
  std::vector<float> equal(4 * 2, 1.0f);
  REQUIRE(same_class_auc(equal.data(), 4, 2, {0, 0, 1, 1}) == 0.5);
  // A row without a class takes no part, and a row of zeros is at right angles to all.
  std::vector<float> more = {1, 0, 1, 0.1f, 0, 1, -1, 0, 0, 0};
  REQUIRE(same_class_auc(more.data(), 5, 2, {0, 0, 1, -1, 1}) == (4 + 1.5) / 8);
}

TEST_CASE("same_class_auc agrees with its definition over all pairs of pairs") {
  constexpr int64_t n = 14, dim = 3;
  auto rows = random_rows(5, n, dim);
  for (float& value : rows) value = std::round(value * 2);  // many ties
  Labels labels = round_robin(n, 3);
  auto cosine = [&](int64_t i, int64_t j) {
    double ab = 0, aa = 0, bb = 0;
    for (int64_t d = 0; d < dim; ++d) {
      double a = rows[i * dim + d], b = rows[j * dim + d];
      ab += a * b, aa += a * a, bb += b * b;
    }
    return aa * bb == 0 ? 0 : ab / std::sqrt(aa * bb);
  };
  double in_order = 0, all = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j)
      for (int64_t p = 0; p < n; ++p)
        for (int64_t q = 0; q < p; ++q)
          if (labels[i] == labels[j] && labels[p] != labels[q]) {
            double difference = cosine(i, j) - cosine(p, q);
            in_order += std::abs(difference) < 1e-9 ? 0.5 : difference > 0;
            ++all;
          }
  REQUIRE(same_class_auc(rows.data(), n, dim, labels) == Approx(in_order / all).margin(1e-12));
}

TEST_CASE("control_share_at_k asks which class is nearest to a control") {
  // The controls at 12 and 50 are nearest to 10 and 40; each other's nearness does not count.
  auto rows = at_angles({0, 10, 30, 40, 12, 50});
  Labels class_of = {0, 0, 1, 1, -1, -1};
  REQUIRE(control_share_at_k(rows.data(), 6, 2, class_of, {-1, -1, -1, -1, 0, 1}, 1) == 1.0);
  REQUIRE(control_share_at_k(rows.data(), 6, 2, class_of, {-1, -1, -1, -1, 0, 0}, 1) == 0.5);
  REQUIRE(control_share_at_k(rows.data(), 6, 2, class_of, {-1, -1, -1, -1, 1, 0}, 2) == 0.0);
  REQUIRE(control_share_at_k(rows.data(), 6, 2, class_of, {-1, -1, -1, -1, 1, 0}, 3) == Approx(1 / 3.0));
  REQUIRE(control_share_at_k(rows.data(), 6, 2, class_of, {-1, -1, -1, -1, -1, 1}, 99) == 0.5);
}

TEST_CASE("random vectors score at chance, the same bits for any number of threads") {
  constexpr int64_t n = 400, dim = 8, classes = 10;
  auto rows = random_rows(3, n, dim);
  Labels labels = round_robin(n, classes);
  int before = num_threads();
  double precision = -1, auc = -1;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    double p = class_precision_at_k(rows.data(), n, dim, labels, 5),
           a = same_class_auc(rows.data(), n, dim, labels);
    if (threads > 1) REQUIRE(std::pair(p, a) == std::pair(precision, auc));
    precision = p, auc = a;
  }
  set_num_threads(before);
  REQUIRE(std::abs(precision - 39.0 / 399) < 4 * std::sqrt(0.1 * 0.9 / (n * 5)));
  REQUIRE(std::abs(auc - 0.5) < 0.02);
}

TEST_CASE("planted_scores reads the rows of the planted words") {
  auto truth = data::make_planted_corpus({.classes = 3, .words_per_class = 6, .sentences = 500}).truth;
  std::vector<std::vector<float>> unit = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  // Classes 0 and 1 are perfect, "apple" (of class 1) excepted, which stands with class 2. All controls stand
  // with class 0.
  auto row_of = [&](const std::string& word) -> const float* {
    for (size_t c = 0; c < 3; ++c)
      for (const std::string& member : truth.classes[c].words)
        if (member == word) return unit[word == "apple" ? 2 : c].data();
    return unit[0].data();
  };
  PlantedScores scores = planted_scores(truth, 3, row_of, 4);
  // Class 0: its 5 others and the 6 controls tie, 4 are taken. Class 1: 4 of 4, but apple 0.
  // Class 2: 5 of 6 tie.
  REQUIRE(scores.precision == Approx((6 * 5 / 11.0 + 5 + 0 + 6 * 5 / 6.0) / 18));
  // 45 same pairs, 5 of them (apple's) at 0; 108 other pairs, 6 of them (apple's) at 1.
  REQUIRE(scores.auc == Approx((40 * (102 + 6 * 0.5) + 5 * (102 * 0.5)) / (45.0 * 108)));
  REQUIRE(scores.control_share == Approx(1 / 3.0));
  REQUIRE(scores.chance == Approx(1 / 3.0));
  REQUIRE_THROWS_WITH(planted_scores(truth, 3, [](const std::string&) -> const float* { return nullptr; }),
                      Contains("The planted word \"cat\" has no vector. Hint:"));
}

TEST_CASE("bad input of the scores is refused with its place") {
  auto rows = at_angles({0, 10, 20, 30});
  REQUIRE_THROWS_WITH(class_precision_at_k(rows.data(), 4, 2, {0, 0, 1}, 1),
                      Contains("3 classes for 4 rows"));
  REQUIRE_THROWS_WITH(class_precision_at_k(rows.data(), 4, 2, {0, 0, 1, 1}, 0),
                      Contains("k is 0 (valid range is >= 1)"));
  REQUIRE_THROWS_WITH(same_class_auc(rows.data(), 4, 2, {0, 0, 0, 0}),
                      Contains("6 pairs of one class and 0 of two"));
  REQUIRE_THROWS_WITH(same_class_auc(rows.data(), 0, 2, {}), Contains("The table is 0 x 2"));
  REQUIRE_THROWS_WITH(control_share_at_k(rows.data(), 4, 2, {0, 0, 1, 1}, {0, -1, -1, -1}, 1),
                      Contains("Row 0 is both a control and a word of class 0"));
  rows[5] = std::numeric_limits<float>::quiet_NaN();
  REQUIRE_THROWS_WITH(same_class_auc(rows.data(), 4, 2, {0, 0, 1, 1}),
                      Contains("Row 2 holds a value that is not finite"));
}
