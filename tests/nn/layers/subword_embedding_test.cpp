#include "lexigrad/nn/layers/subword_embedding.h"

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"
#include "support/paths.h"

using namespace lexigrad;

namespace {

const std::vector<std::string> words = {"cat", "kitten", "naïve"};
constexpr nn::SubwordOptions few{.minn = 2, .maxn = 3, .buckets = 7};

}  // namespace

TEST_CASE("n-grams and hashes are gensim's and fastText's") {
  auto data =
      nlohmann::json::parse(std::ifstream(lexigrad::test::in_source("tests/fixtures/embedding.json")));
  REQUIRE(data["words"].size() == 30);
  for (const auto& each : data["words"]) {
    INFO(each["word"] << " " << each["minn"]);
    std::vector<std::string> ngrams =
        nn::character_ngrams(each["word"].get<std::string>(), each["minn"], each["maxn"]);
    CHECK(ngrams == each["ngrams"].get<std::vector<std::string>>());
    for (size_t i = 0; i < ngrams.size(); ++i)
      CHECK(nn::ngram_hash(ngrams[i]) == each["hashes"][i].get<uint32_t>());
  }
}

TEST_CASE("a word's vector is the mean of its row and its n-grams' rows") {
  nn::SubwordEmbedding layer(words, 4, few);
  CHECK(layer.weight().shape() == Shape{10, 4});
  Tensor y = layer(tensor({{1, 0}, {1, 2}})).detach();
  CHECK(y.shape() == Shape{2, 2, 4});
  for (int64_t id = 0; id < 3; ++id) {
    const std::string& word = words[static_cast<size_t>(id)];
    std::vector<double> sum(4);
    std::vector<int64_t> rows{id};
    for (const std::string& ngram : nn::character_ngrams(word, 2, 3))
      rows.push_back(3 + nn::ngram_hash(ngram) % 7);
    CHECK(layer.rows_of(word) == rows);
    for (int64_t row : rows)
      for (int64_t k = 0; k < 4; ++k)
        sum[static_cast<size_t>(k)] += layer.weight().data<float>()[row * 4 + k];
    for (double& x : sum) x /= static_cast<double>(rows.size());
    CHECK(allclose(layer.vector(word).detach(), tensor(sum).to(float32), 1e-5, 1e-7));
  }
  CHECK(equal(y[0][0], layer.vector("kitten").detach()));
  CHECK(equal(y[1][1], layer.vector("naïve").detach()));
}

TEST_CASE("words never seen have vectors of their n-grams") {
  nn::SubwordEmbedding layer(words, 4, few);
  std::vector<int64_t> rows = layer.rows_of("kittens");
  CHECK(rows.size() == nn::character_ngrams("kittens", 2, 3).size());
  CHECK(std::all_of(rows.begin(), rows.end(), [](int64_t row) { return row >= 3 && row < 10; }));
  Tensor expected = mean(embedding(layer.weight(), tensor(rows)), {0});
  CHECK(allclose(layer.vector("kittens").detach(), expected.detach(), 1e-5, 1e-7));
  nn::SubwordEmbedding whole(words, 4, {.minn = 6, .maxn = 6, .buckets = 7});
  CHECK(equal(whole.vector("cab").detach(), zeros({4})));  // "<cab>" is too short
}

TEST_CASE("the table starts small, and its gradient holds the rows read") {
  manual_seed(6);
  nn::SubwordEmbedding layer(words, 10, {.buckets = 1000});
  double largest = 0;
  for (double x : layer.weight().to_vector<double>()) largest = std::max(largest, std::abs(x));
  CHECK(largest <= 0.1);
  CHECK(largest > 0.0999);
  sum(layer(tensor({0}))).backward();
  REQUIRE(layer.weight().row_grad());
  CHECK(layer.weight().row_grad()->count() == static_cast<int64_t>(layer.rows_of("cat").size()));
  CHECK(to_string(layer) == "SubwordEmbedding(3, 10, minn=3, maxn=6, buckets=1000)");
}

TEST_CASE("gradients of subwords agree with differences, and threads with each other") {
  nn::SubwordEmbedding layer(words, 3, few);
  CHECK(gradcheck(layer, tensor({{1, 0}, {1, 2}})));
  CHECK(gradgradcheck(layer, tensor({{1, 0}, {1, 2}})));
  int before = num_threads();
  Tensor ids = randint(0, 3, {50, 9}), first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    layer.zero_grad();
    sum(square(layer(ids))).backward();
    if (!first.defined()) first = layer.weight().grad();
    CHECK(equal(first, layer.weight().grad()));
  }
  set_num_threads(before);
}

TEST_CASE("subwords go through a state, and bad ones are errors") {
  nn::SubwordEmbedding a(words, 3, few), b(words, 3, few);
  b.load_state(a.state());
  CHECK(equal(a.vector("kittens").detach(), b.vector("kittens").detach()));
  CHECK(message([&] { a(tensor({3})); }) ==
        "[SubwordEmbedding] Id 3 is outside the words (valid are 0..2). Hint: vector(word) takes words that "
        "have no id");
  CHECK(message([&] { a(ones({1})); }) ==
        "[SubwordEmbedding] Ids must be int64, got float32. Hint: ids.to(int64) converts");
  CHECK(message([] { nn::SubwordEmbedding({}, 3); }) ==
        "[SubwordEmbedding] Needs at least one word and one column, got 0 and 3");
  CHECK(message([] {
          nn::SubwordEmbedding({"a", "b", "a"}, 3, few);
        }) == "[SubwordEmbedding] Word 2, \"a\", is that of id 0, too. Hint: name each id differently");
  CHECK(message([] {
          nn::SubwordEmbedding({"a", ""}, 3, few);
        }) == "[SubwordEmbedding] Word 1, \"\", is empty. Hint: name each id differently");
  CHECK(message([] { nn::SubwordEmbedding({"a"}, 3, {.minn = 4, .maxn = 3}); }) ==
        "[SubwordEmbedding] minn and maxn are 4 and 3 (valid: 1 <= minn <= maxn)");
  CHECK(message([] { nn::SubwordEmbedding({"a"}, 3, {.buckets = 0}); }) ==
        "[SubwordEmbedding] Needs at least one bucket, got 0");
}
