#include "lexigrad/train/vectors/neighbors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/paths.h"

using namespace lexigrad;

namespace {

Tensor random_rows(uint64_t seed, int64_t n, int64_t dim, Dtype dtype) {
  std::vector<double> values;
  CounterRng rng(seed);
  for (int64_t i = 0; i < n * dim; ++i) values.push_back(rng.uniform(0, static_cast<uint64_t>(i)) - 0.5);
  return from_values<double>(values, {n, dim}).to(dtype);
}

long double plain_cosine(const std::vector<double>& x, int64_t dim, int64_t a, int64_t b) {
  long double dot = 0, aa = 0, bb = 0;
  for (int64_t d = 0; d < dim; ++d) {
    long double p = x[a * dim + d], q = x[b * dim + d];
    dot += p * q, aa += p * p, bb += q * q;
  }
  return aa == 0 || bb == 0 ? 0 : dot / std::sqrt(aa * bb);
}

data::Vocabulary letters(int64_t n) {
  data::Vocabulary out;
  for (int64_t i = 0; i < n; ++i) out.add(std::string(1, static_cast<char>('a' + i)));
  return out;
}

}  // namespace

TEST_CASE("neighbours agree with a plain loop over all pairs") {
  for (Dtype dtype : {float32, float64})
    for (int64_t dim : {1, 3, 8, 67}) {
      int64_t n = 300, id = 17;
      Tensor rows = random_rows(static_cast<uint64_t>(dim), n, dim, dtype);
      std::vector<double> values = rows.to_vector<double>();
      std::vector<std::pair<double, int64_t>> expected;
      for (int64_t row = 0; row < n; ++row)
        if (row != id) expected.emplace_back(-static_cast<double>(plain_cosine(values, dim, id, row)), row);
      std::sort(expected.begin(), expected.end());
      std::vector<NearRow> found = nearest_rows(rows, id, 20);
      INFO(name(dtype) << ", dim " << dim);
      REQUIRE(found.size() == 20);
      for (size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].similarity == Approx(-expected[i].first).margin(1e-14));
        if (dim > 1) CHECK(found[i].id == expected[i].second);
        CHECK(cosine(rows, id, found[i].id) == found[i].similarity);
      }
    }
}

TEST_CASE("neighbours of one similarity stand in the order of their ids") {
  Tensor rows = tensor({{1., 0.}, {0., 2.}, {3., 0.}, {0., 1.}, {0.5, 0.}, {-1., 0.}});
  std::vector<int64_t> order;
  for (const NearRow& near : nearest_rows(rows, 2, 100)) order.push_back(near.id);
  CHECK(order == std::vector<int64_t>{0, 4, 1, 3, 5});
}

TEST_CASE("the tutorial's feature tables have the tutorial's cosines") {
  data::Vocabulary words({"cat", "dog", "apple"});
  Tensor rows = tensor({{.9, .88, .1, .85, 0.}, {.95, .93, .05, .9, 0.}, {0., 0., .95, 0., .98}});
  CHECK(cosine(rows, words, "cat", "dog") == Approx(0.9994).margin(5e-5));
  CHECK(cosine(rows, words, "cat", "apple") == Approx(0.0457).margin(5e-5));
  std::string found;
  for (auto [word, similarity] : neighbors(rows, words, "cat", 5))
    found += word + (similarity > 0.5 ? "! " : " ");
  CHECK(found == "dog! apple ");

  data::Vocabulary fruit({"dog", "cat", "apple", "banana"});
  Tensor counts = tensor(
      {{23., 2., 19., 12., 35.}, {31., 3., 21., 18., 31.}, {1., 22., 0., .5, 5.}, {2., 38., 0., 0., 7.}},
      float64);
  CHECK(cosine(counts, fruit, "dog", "cat") == Approx(0.9793).margin(5e-5));
  CHECK(cosine(counts, fruit, "apple", "banana") == Approx(0.9989).margin(5e-5));
  CHECK(cosine(counts, fruit, "cat", "apple") == Approx(0.2225).margin(5e-5));
}

TEST_CASE("neighbours of a table that is a transposed view are those of its copy") {
  Tensor wide = random_rows(5, 9, 40, float32), tall = wide.t();
  std::vector<NearRow> a = nearest_rows(tall, 3, 7), b = nearest_rows(tall.clone().contiguous(), 3, 7);
  REQUIRE(a.size() == 7);
  for (size_t i = 0; i < 7; ++i) {
    CHECK(a[i].id == b[i].id);
    CHECK(a[i].similarity == b[i].similarity);
  }
}

TEST_CASE("values whose squares leave the range of double still have a direction") {
  Tensor rows = tensor({{3e200, 4e200}, {3e-200, 4e-200}, {4., -3.}}, float64);
  CHECK(cosine(rows, 0, 1) == Approx(1).margin(1e-15));
  CHECK(cosine(rows, 0, 2) == Approx(0).margin(1e-15));
}

TEST_CASE("neighbours are the same bits for 1, 2, 3 and 8 threads") {
  Tensor rows = random_rows(6, 20000, 32, float32);
  int before = num_threads();
  std::vector<std::vector<NearRow>> all;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    all.push_back(nearest_rows(rows, 4321, 50));
  }
  set_num_threads(before);
  for (const auto& found : all)
    for (size_t i = 0; i < 50; ++i) {
      CHECK(found[i].id == all[0][i].id);
      CHECK(found[i].similarity == all[0][i].similarity);
    }
}

TEST_CASE("neighbours of many rows are the bits of those of each") {
  Tensor rows = random_rows(9, 9001, 24, float32);
  narrow(rows, 0, 100, 300).copy_(narrow(rows, 0, 8200, 300));  // equals, in two blocks of rows
  rows[5000].fill_(0);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 600; ++i) ids.push_back(14 * i + 1);
  int before = num_threads();
  for (Dtype dtype : {float32, float64})
    for (int64_t k : {1, 10, 200}) {
      set_num_threads(k == 10 ? 3 : 1);
      const Tensor table = (rows * (dtype == float64 ? 1e-3 : 1)).to(dtype);
      const std::vector<std::vector<NearRow>> all = nearest_rows(table, ids, k);
      REQUIRE(all.size() == ids.size());
      for (size_t i = 0; i < ids.size(); i += 7) {
        INFO(name(dtype) << ", k " << k << ", row " << ids[i]);
        const std::vector<NearRow> one = nearest_rows(table, ids[i], k);
        REQUIRE(all[i].size() == one.size());
        for (size_t j = 0; j < one.size(); ++j) {
          REQUIRE(all[i][j].id == one[j].id);
          REQUIRE(all[i][j].similarity == one[j].similarity);
        }
      }
    }
  set_num_threads(before);
  CHECK(nearest_rows(rows, std::vector<int64_t>{}, 3).empty());
  CHECK(nearest_rows(narrow(rows, 0, 0, 4), std::vector<int64_t>{2, 2}, 9)[1].size() == 3);
  CHECK_THROWS_WITH(nearest_rows(rows, std::vector<int64_t>{1, 5000}, 2),
                    "[neighbors] Row 5000 is all zeros: it points nowhere. Hint: ask for another word");
}

TEST_CASE("rows of zeros have cosine 0 and no neighbours of their own") {
  Tensor rows = tensor({{1., 0.}, {0., 0.}, {-1., 0.}});
  std::vector<NearRow> found = nearest_rows(rows, 0, 2);
  CHECK(found[0].id == 1);
  CHECK(found[0].similarity == 0);
  CHECK(cosine(rows, 1, 0) == 0);
  CHECK_THROWS_WITH(nearest_rows(rows, 1, 2),
                    "[neighbors] Row 1 is all zeros: it points nowhere. Hint: ask for another word");
}

TEST_CASE("what neighbours cannot use is named") {
  Tensor rows = random_rows(7, 3, 2, float32);
  CHECK_THROWS_WITH(nearest_rows(rows, 0, 0), "[neighbors] The number of neighbours k is 0; it must be >= 1");
  CHECK_THROWS_WITH(nearest_rows(rows, 3, 1), "[neighbors] Id 3 is outside the table (valid ids are 0..2)");
  CHECK_THROWS_WITH(nearest_rows(rows, -1, 1), "[neighbors] Id -1 is outside the table (valid ids are 0..2)");
  CHECK_THROWS_WITH(
      nearest_rows(arange(3), 0, 1),
      "[neighbors] The table of vectors must be a matrix of float32, float64 or bfloat16, it is [3] of int64");
  CHECK_THROWS_WITH(
      nearest_rows(Tensor(), 0, 1),
      "[neighbors] The table of vectors must be a matrix of float32, float64 or bfloat16, it is undefined");
  CHECK_THROWS_WITH(neighbors(rows, letters(4), "a"),
                    "[neighbors] The vocabulary has 4 tokens, the table of vectors is [3, 2]. Hint: give the "
                    "vocabulary that the table was trained with");
  CHECK_THROWS_WITH(neighbors(rows, letters(3), "A"),
                    "[vocabulary] \"A\" is not among the 3 tokens. Hint: did you mean \"a\"?");
  for (double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    rows[1].fill_(bad);
    CHECK_THROWS_WITH(
        nearest_rows(rows, 0, 1),
        "[neighbors] Row 1 holds a value that is not finite. Hint: its training diverged; train "
        "with a smaller learning rate");
  }
}

TEST_CASE("analogies and odd ones out are gensim's") {
  constexpr int64_t V = 30, D = 6;
  std::vector<float> values;
  for (int64_t i = 0; i < V; ++i)
    for (int64_t d = 0; d < D; ++d)
      values.push_back(
          static_cast<float>(static_cast<double>((i * 37 + d * 101 + i * d * 13) % 97) / 97 - 0.5));
  Tensor rows = from_values<float>(values, {V, D});
  nlohmann::json fixture =
      nlohmann::json::parse(std::ifstream(test::in_source("tests/fixtures/analogies.json")));
  for (const nlohmann::json& each : fixture.at("analogies")) {
    INFO(each.dump());
    std::vector<NearRow> found = analogy(rows, each.at("positive"), each.at("negative"), 5);
    REQUIRE(found.size() == 5);
    for (size_t i = 0; i < 5; ++i) {
      CHECK(found[i].id == each.at("found")[i][0]);
      CHECK(found[i].similarity == Approx(each.at("found")[i][1].get<double>()).margin(1e-5));
    }
    found = analogy(rows, each.at("positive"), each.at("negative"), 5, AnalogyMethod::multiply);
    REQUIRE(found.size() == 5);
    for (size_t i = 0; i < 5; ++i) {
      CHECK(found[i].id == each.at("by_product")[i][0]);
      CHECK(found[i].similarity == Approx(each.at("by_product")[i][1].get<double>()).epsilon(1e-5));
    }
  }
  for (const nlohmann::json& each : fixture.at("odd"))
    CHECK(odd_one_out(rows, each.at("ids")) == each.at("odd"));
}

TEST_CASE("any vector has neighbours: a row's are the row and its neighbours, at any scale and dtype") {
  Tensor rows = random_rows(8, 50, 5, float32);
  std::vector<NearRow> of_row = nearest_rows(rows, 7, 9);
  for (double scale : {1., 1e-30, 1e30})
    for (Dtype dtype : {float32, float64}) {
      Tensor vector = rows[7].to(float64) * scale;
      std::vector<NearRow> all = nearest(rows, vector.to(dtype), 10),
                           others = nearest(rows, vector.to(dtype), 9, {7, 7});
      CHECK(all[0].id == 7);
      CHECK(all[0].similarity == Approx(1));
      for (size_t i = 0; i < 9; ++i) {
        CHECK((all[i + 1].id == of_row[i].id && others[i].id == of_row[i].id));
        CHECK(others[i].similarity == Approx(of_row[i].similarity).margin(1e-6));
      }
    }
  CHECK_THROWS_WITH(nearest(rows, zeros({5}), 1), Catch::Contains("The vector is all zeros"));
  CHECK_THROWS_WITH(nearest(rows, zeros({4}), 1), Catch::Contains("the 5 numbers of a row, it is [4]"));
  CHECK_THROWS_WITH(nearest(rows, full({5}, NAN), 1), Catch::Contains("holds nan"));
  CHECK_THROWS_WITH(nearest(rows, Tensor(), 1), Catch::Contains("undefined"));
  CHECK_THROWS_WITH(nearest(rows, ones({5}), 0), Catch::Contains("k is 0"));
  CHECK_THROWS_WITH(nearest(rows, ones({5}), 1, {50}), Catch::Contains("Id 50 is outside"));
  CHECK_THROWS_WITH(analogy(rows, {}, {}, 1), Catch::Contains("No row is given"));
  CHECK_THROWS_WITH(analogy(rows, {1}, {1}, 1), Catch::Contains("all zeros"));
  CHECK_THROWS_WITH(odd_one_out(rows, {1, 2}), Catch::Contains("three or more"));
}
