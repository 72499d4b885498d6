// Scores of sets beside gensim's, scipy's and numpy's.
#include "lexigrad/train/vectors/sets/set_scores.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/train/vectors/sets/analogies.h"
#include "support/throws.h"
#include "train/vectors/sets/word_sets.h"

using namespace lexigrad;
using namespace lexigrad::test;
using namespace lexigrad::train;
using Json = nlohmann::json;

namespace {

Unknown unknown_of(const Json& each) { return each.at("zero") ? Unknown::counted : Unknown::left_out; }

WordIndex index_of_words() { return WordIndex(word_sets().at("words")); }

}  // namespace

TEST_CASE("scores of word pairs are gensim's, their intervals numpy's", "[eval]") {
  const EvaluationSet set = word_set("pairs");
  REQUIRE(set.kind == SetKind::pairs);
  for (const Json& each : word_sets().at("pair_scores"))
    for (const auto& [seed, interval] : each.at("interval").items()) {
      INFO(each.dump());
      const Agreement found =
          score_pairs(word_set_rows(), index_of_words(), set, unknown_of(each), std::stoull(seed));
      CHECK(found.counted == each.at("counted"));
      CHECK(found.unknown == each.at("unknown"));
      CHECK(found.spearman == Approx(each.at("spearman").get<double>()).margin(1e-12));
      CHECK(found.pearson == Approx(each.at("pearson").get<double>()).margin(1e-7));  // gensim's are float32
      CHECK(found.interval.low == Approx(interval[0].get<double>()).margin(1e-12));
      CHECK(found.interval.high == Approx(interval[1].get<double>()).margin(1e-12));
    }
}

TEST_CASE("a pair and its reverse are equally similar, to the bit", "[eval]") {
  EvaluationSet set = word_set("pairs"), reverse = set;
  for (EvaluationItem& item : reverse.items) std::swap(item.texts[0], item.texts[1]);
  CHECK(score_pairs(word_set_rows(), index_of_words(), set).pearson ==
        score_pairs(word_set_rows(), index_of_words(), reverse).pearson);
}

TEST_CASE("scores of sentences are those of the means of their known words", "[eval]") {
  const EvaluationSet set = word_set("sentences");
  REQUIRE(set.kind == SetKind::sentences);
  const Agreement found = score_pairs(word_set_rows(), index_of_words(), set);
  CHECK(found.counted == 30);
  CHECK(found.unknown == 1);
  CHECK(found.spearman ==
        Approx(word_sets().at("sentence_score").at("spearman").get<double>()).margin(1e-12));
  CHECK(found.pearson == Approx(word_sets().at("sentence_score").at("pearson").get<double>()).margin(1e-12));
  CHECK(score_pairs(word_set_rows(), index_of_words(), set, Unknown::counted).counted == 31);
}

TEST_CASE("purity of classes is the mean share of a word's class among its neighbours", "[eval]") {
  const EvaluationSet set = word_set("classes");
  REQUIRE(set.kind == SetKind::classes);
  for (const auto& [k, purity] : word_sets().at("purity").items()) {
    const Purity found = score_classes(word_set_rows(), index_of_words(), set, std::stoll(k));
    CHECK(found.purity == Approx(purity.get<double>()).margin(1e-12));
    CHECK(found.counted == static_cast<int64_t>(set.items.size()) - 1);
    CHECK(found.unknown == 1);
  }
  CHECK(score_classes(word_set_rows(), WordIndex({"other"}), set).counted == 0);
}

TEST_CASE("answers to analogies are gensim's, by section, for any number of threads", "[eval]") {
  const EvaluationSet set = word_set("analogies");
  REQUIRE(set.kind == SetKind::analogies);
  const int before = num_threads();
  for (int threads : {1, 3})
    for (const Json& each : word_sets().at("analogy_scores")) {
      INFO(each.dump());
      set_num_threads(threads);
      const auto method = each.at("method") == "mul" ? AnalogyMethod::multiply : AnalogyMethod::add;
      const std::vector<SectionScore> found =
          score_analogies(word_set_rows(), index_of_words(), set,
                          {.method = method, .restrict = each.at("restrict"), .unknown = unknown_of(each)});
      REQUIRE(found.size() == 2);
      for (size_t i = 0; i < 2; ++i) {
        CHECK(found[i].name == "part " + std::to_string(i));
        CHECK(found[i].correct == each.at("sections")[i][0]);
        CHECK(found[i].counted == each.at("sections")[i][1]);
      }
    }
  set_num_threads(before);
}

TEST_CASE("answers to analogies are those of analogy(), over many blocks of rows", "[eval]") {
  constexpr int64_t rows = 9000, dim = 12;  // of 900 words of questions a block has 4,660
  const CounterRng random(6);
  std::vector<float> values;
  std::vector<std::string> words;
  for (int64_t i = 0; i < rows; ++i) words.push_back("w" + std::to_string(i));
  for (uint64_t i = 0; i < rows * dim; ++i) values.push_back(static_cast<float>(random.uniform(0, i)) - 0.5f);
  const Tensor table = from_values<float>(values, {rows, dim});
  for (auto method : {AnalogyMethod::add, AnalogyMethod::multiply}) {
    EvaluationSet set{.kind = SetKind::analogies, .sections = {"all"}, .items = {}};
    for (int64_t id = 0; id < 300 * 29; id += 29) {
      const int64_t best = analogy(table, {id + 7, id + 13}, {id}, 1, method)[0].id;
      set.items.push_back({});
      for (int64_t each : {id, id + 7, id + 13, best})
        set.items.back().texts.push_back(words[static_cast<size_t>(each)]);
    }
    CHECK(score_analogies(table, WordIndex(words), set, {.method = method})[0].correct == 300);
  }
}

TEST_CASE("an answer in another case is right, and none that is in the question", "[eval]") {
  const Tensor rows = tensor({{1., 0.}, {1., 1.}, {0., 1.}, {0.1, 1.}, {0., 0.9}, {0.02, 1.}});
  const WordIndex index({"a", "b", "c", "d", "C", "D"});
  const EvaluationSet set{
      .kind = SetKind::analogies, .sections = {"one"}, .items = {{.texts = {"A", "b", "c", "d"}}}};
  CHECK(score_analogies(rows, index, set)[0].correct == 1);  // row 5, past row 4
}

TEST_CASE("words are found in any case, with and without a token's blank, the first row of them", "[eval]") {
  const WordIndex index({"The", "the", " cat", "cat", "\xff", "\u00c9T\u00c9", ""});
  CHECK(index.find("THE") == 0);
  CHECK(index.find("Cat") == 2);
  CHECK(index.find("\u00e9t\u00e9") == 5);
  CHECK(index.find("\xff") == 4);
  CHECK(index.find("\xfe") == -1);
  CHECK(index.find("dog") == -1);
  CHECK(index.first(1) == 0);
  CHECK(index.first(3) == 2);
}

TEST_CASE("scores without a value, and sets of another kind", "[eval]") {
  const Tensor rows = tensor({{1., 0.}, {0., 1.}});
  const WordIndex index({"a", "b"});
  EvaluationSet set{.kind = SetKind::pairs, .sections = {}, .items = {{.texts = {"a", "b"}, .score = 1}}};
  CHECK(std::isnan(score_pairs(rows, index, set).spearman));
  CHECK(std::isnan(score_pairs(rows, index, set).interval.low));
  CHECK(message_of([&] { score_analogies(rows, index, set); }) == "[eval] The set is no set of analogies");
  CHECK(message_of([&] { score_classes(rows, index, set); }) == "[eval] The set is no set of classes");
  set.kind = SetKind::classes;
  CHECK(message_of([&] { score_pairs(rows, index, set); }) == "[eval] The set is no set of pairs");
  set.kind = SetKind::analogies;
  CHECK(message_of([&] { score_analogies(rows, index, set, {.restrict = 0}); }) ==
        "[eval] Analogies among the 0 first rows (valid: 1 or more)");
}
