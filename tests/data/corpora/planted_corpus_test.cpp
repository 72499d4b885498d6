#include "lexigrad/data/corpora/planted_corpus.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/corpora/planted_words.h"
#include "lexigrad/train/vectors/vector_scores.h"

using namespace lexigrad;
using namespace lexigrad::data;
using Catch::Matchers::Contains;

namespace {

std::vector<std::vector<std::string>> sentences(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  std::istringstream lines(text);
  for (std::string line, word; std::getline(lines, line);) {
    std::istringstream words(line);
    out.emplace_back();
    while (words >> word) out.back().push_back(word);
  }
  return out;
}

using Counts = std::map<std::string, double>;

std::map<std::string, Counts> next_words(const std::string& text) {
  std::map<std::string, Counts> next;
  for (const auto& sentence : sentences(text))
    for (size_t i = 0; i + 1 < sentence.size(); ++i) ++next[sentence[i]][sentence[i + 1]];
  return next;
}

struct ChiSquare {
  double statistic, freedom;
  // A chi-square variable has mean `freedom` and variance twice that.
  double deviations() const { return (statistic - freedom) / std::sqrt(2 * freedom); }
};

// Pearson's test that all words of a list have one distribution of next words.
ChiSquare homogeneity(std::map<std::string, Counts>& next, const std::vector<std::string>& words) {
  Counts columns, rows;
  double total = 0;
  for (const std::string& word : words)
    for (auto& [follower, count] : next[word])
      columns[follower] += count, rows[word] += count, total += count;
  double statistic = 0;
  for (auto& [word, row] : rows)
    for (auto& [follower, column] : columns) {
      double expected = row * column / total, difference = next[word][follower] - expected;
      statistic += difference * difference / expected;
    }
  return {statistic, static_cast<double>((rows.size() - 1) * (columns.size() - 1))};
}

uint64_t fnv1a(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

std::string message(const PlantedOptions& options) {
  try {
    make_planted_corpus(options);
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "";
}

std::vector<std::string> planted_words(const PlantedTruth& truth) {
  std::vector<std::string> words;
  for (const PlantedClass& c : truth.classes)
    for (const auto* list : {&c.words, &c.verbs, &c.adjectives, &c.places})
      words.insert(words.end(), list->begin(), list->end());
  for (const PlantedControl& control : truth.controls) words.push_back(control.word);
  return words;
}

// What a perfect learner would know of a word: how often each word comes after it in its sentence.
std::map<std::string, std::vector<float>> following_counts(const std::string& text, int64_t& dim) {
  std::map<std::string, int64_t> ids;
  auto lines = sentences(text);
  for (const auto& line : lines)
    for (const std::string& word : line) ids.emplace(word, ids.size());
  dim = static_cast<int64_t>(ids.size());
  std::map<std::string, std::vector<float>> rows;
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i)
      for (size_t j = i + 1; j < line.size(); ++j) {
        auto& row = rows[line[i]];
        row.resize(dim);
        ++row[ids[line[j]]];
      }
  return rows;
}

}  // namespace

TEST_CASE("a planted corpus is the same bytes for a seed, on every machine, and other bytes for another") {
  PlantedOptions options{.seed = 7, .classes = 14, .words_per_class = 27, .sentences = 5000};
  PlantedCorpus corpus = make_planted_corpus(options);
  REQUIRE(fnv1a(corpus.text + truth_json(corpus.truth)) == 0x13ba22efa780c7cb);
  REQUIRE(make_planted_corpus(options).text == corpus.text);
  options.seed = 8;
  REQUIRE(make_planted_corpus(options).text != corpus.text);
}

TEST_CASE("a planted text is one lower-case sentence a line, as many as asked") {
  for (int64_t count : {440, 441, 999, 20000}) {
    PlantedCorpus corpus =
        make_planted_corpus({.classes = 5, .words_per_class = 20, .sentences = count, .min_count = 4});
    auto lines = sentences(corpus.text);
    REQUIRE(static_cast<int64_t>(lines.size()) == count);
    for (const auto& line : lines) REQUIRE(line.back() == ".");
    REQUIRE(corpus.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz .\n") == std::string::npos);
    REQUIRE(corpus.text.find("  ") == std::string::npos);
  }
}

TEST_CASE("no word of a planted corpus has two places, made-up words included") {
  PlantedCorpus corpus = make_planted_corpus({.classes = 40, .words_per_class = 40, .sentences = 20000});
  auto words = planted_words(corpus.truth);
  std::set<std::string> shared;
  for (std::string_view sentence : sentence_templates()) {
    std::istringstream stream{std::string(sentence)};
    for (std::string word; stream >> word;)
      if (std::string("NVAP.").find(word) == std::string::npos) shared.insert(word);
  }
  words.insert(words.end(), shared.begin(), shared.end());
  REQUIRE(shared.size() > 8);
  REQUIRE(words.size() == 40 * (40 + 5 + 4 + 4) + 80 + shared.size());
  REQUIRE(std::set<std::string>(words.begin(), words.end()).size() == words.size());
  std::set<std::string> names;
  for (const PlantedClass& c : corpus.truth.classes) names.insert(c.name);
  REQUIRE(names.size() == 40);
}

TEST_CASE("the smallest planted corpus still has cat, dog, apple and banana") {
  PlantedCorpus corpus = make_planted_corpus({.classes = 2, .words_per_class = 2, .sentences = 1000});
  REQUIRE(corpus.truth.classes[0].name == "animals");
  REQUIRE(corpus.truth.classes[0].words == std::vector<std::string>{"cat", "dog"});
  REQUIRE(corpus.truth.classes[1].name == "fruits");
  REQUIRE(corpus.truth.classes[1].words == std::vector<std::string>{"apple", "banana"});
  for (const EnglishClass& c : english_classes())
    REQUIRE(std::count(c.words.begin(), c.words.end(), ' ') == 23);
}

TEST_CASE("the truth counts what the text holds, by Zipf's law, controls as their match") {
  for (uint64_t seed : {1, 2}) {
    PlantedCorpus corpus = make_planted_corpus({.seed = seed});
    Counts seen;
    for (const auto& line : sentences(corpus.text))
      for (const std::string& word : line) ++seen[word];
    double total = 0;
    std::map<std::string, int64_t> truth;
    for (const PlantedClass& c : corpus.truth.classes) {
      for (size_t i = 0; i < c.words.size(); ++i) {
        REQUIRE(seen[c.words[i]] == c.counts[i]);
        REQUIRE(std::abs(c.counts[i] - c.counts[0] / (i + 1.0)) <= 1.5);
        truth[c.words[i]] = c.counts[i];
        total += c.counts[i];
      }
    }
    REQUIRE(corpus.truth.controls.size() == 20);
    for (const PlantedControl& control : corpus.truth.controls) {
      REQUIRE(seen[control.word] == control.count);
      REQUIRE(std::abs(control.count - truth.at(control.matches)) <= 1);
      const auto& words = corpus.truth.classes[control.class_index].words;
      REQUIRE(std::count(words.begin(), words.end(), control.matches) == 1);
      total += control.count;
    }
    REQUIRE(total == 20000);
  }
}

TEST_CASE("no planted word is rarer than min_count") {
  PlantedCorpus corpus = make_planted_corpus({.words_per_class = 30, .sentences = 320 * 25, .min_count = 25});
  for (const PlantedClass& c : corpus.truth.classes) REQUIRE(c.counts == std::vector<int64_t>(30, 25));
  REQUIRE_THAT(
      message({.words_per_class = 30, .sentences = 320 * 25 - 1, .min_count = 25}),
      Contains(
          "7999 sentences are too few for 320 class words and controls of at least 25 occurrences (valid "
          "range is >= 8000). Hint:"));
}

TEST_CASE("words of one class have one distribution of next words; two classes, or a control, do not") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    PlantedCorpus corpus = make_planted_corpus({.seed = seed});
    auto next = next_words(corpus.text);
    double sum = 0;
    for (const PlantedClass& c : corpus.truth.classes) {
      double deviations = homogeneity(next, c.words).deviations();
      REQUIRE(std::abs(deviations) < 4);
      sum += deviations;
    }
    REQUIRE(std::abs(sum) < 4 * std::sqrt(10.0));
    const auto& classes = corpus.truth.classes;
    REQUIRE(homogeneity(next, {classes[0].words[0], classes[1].words[0]}).deviations() > 50);
    for (const PlantedControl& control : corpus.truth.controls)
      if (control.count >= 100) REQUIRE(homogeneity(next, {control.word, control.matches}).deviations() > 6);
  }
}

TEST_CASE("a control stands in the contexts of every class equally often") {
  PlantedCorpus corpus = make_planted_corpus({.classes = 4, .sentences = 8000});
  std::map<std::string, int64_t> class_of;
  for (size_t c = 0; c < corpus.truth.classes.size(); ++c)
    for (const std::string& verb : corpus.truth.classes[c].verbs) class_of[verb] = static_cast<int64_t>(c);
  std::map<std::string, std::vector<int64_t>> met;
  for (const auto& line : sentences(corpus.text)) {
    int64_t its_class = -1;
    for (const std::string& word : line)
      if (class_of.count(word)) its_class = class_of[word];
    REQUIRE(its_class >= 0);
    for (const std::string& word : line) met[word].resize(4), ++met[word][its_class];
  }
  for (const PlantedControl& control : corpus.truth.controls) {
    auto [low, high] = std::minmax_element(met[control.word].begin(), met[control.word].end());
    REQUIRE(*high - *low <= 1);
  }
  const PlantedClass& animals = corpus.truth.classes[0];
  for (size_t i = 0; i < animals.words.size(); ++i)
    REQUIRE(met[animals.words[i]] == std::vector<int64_t>{animals.counts[i], 0, 0, 0});
}

TEST_CASE("counts of what follows a word find its class, and controls find theirs at chance") {
  struct Size {
    int64_t classes, words, sentences;
  };
  for (auto [classes, words, sentences] :
       {Size{10, 20, 20000}, Size{4, 8, 5000}, Size{20, 10, 20000}, Size{2, 4, 2000}})
    for (uint64_t seed : {1, 2}) {
      PlantedCorpus corpus = make_planted_corpus({.seed = seed,
                                                  .classes = classes,
                                                  .words_per_class = words,
                                                  .sentences = sentences,
                                                  .controls_per_class = 4});
      int64_t dim = 0;
      auto rows = following_counts(corpus.text, dim);
      auto scores = train::planted_scores(corpus.truth, dim,
                                          [&](const std::string& word) { return rows[word].data(); });
      REQUIRE(scores.precision >= 0.99);
      REQUIRE(scores.auc >= 0.99);
      double chance = 1.0 / static_cast<double>(classes);
      REQUIRE(scores.chance == chance);
      // At the worst the nearest words of a control are all of one class: then this is
      // its standard deviation.
      double deviation = std::sqrt(chance * (1 - chance) / static_cast<double>(classes * 4));
      REQUIRE(std::abs(scores.control_share - chance) <= 3 * deviation);
    }
}

TEST_CASE("sizes outside their range are refused with what is wrong") {
  REQUIRE_THAT(message({.classes = 1}),
               Contains("[planted_corpus] The option classes is 1 (valid range is 2..1000000)"));
  REQUIRE_THAT(message({.words_per_class = 1}),
               Contains("The option words_per_class is 1 (valid range is 2.."));
  REQUIRE_THAT(message({.sentences = 0}), Contains("The option sentences is 0 (valid range is 1.."));
  REQUIRE_THAT(message({.controls_per_class = -1}),
               Contains("The option controls_per_class is -1 (valid range is 0.."));
  REQUIRE_THAT(message({.min_count = 0}), Contains("The option min_count is 0 (valid range is 1.."));
  REQUIRE_THAT(message({.classes = 1000000, .words_per_class = 1000000}),
               Contains("1000002000000 words (valid range"));
  REQUIRE_THAT(message({.sentences = 100}), Contains("100 sentences are too few"));
  REQUIRE(message({.controls_per_class = 0}).empty());
}

TEST_CASE("the truth comes back from its JSON") {
  PlantedTruth truth =
      make_planted_corpus(
          {.seed = ~uint64_t{0}, .classes = 3, .words_per_class = 4, .sentences = 500, .min_count = 3})
          .truth;
  std::string json = truth_json(truth);
  PlantedTruth back = parse_truth(json, "truth.json");
  REQUIRE(truth_json(back) == json);
  REQUIRE(back.options.seed == truth.options.seed);
  REQUIRE(back.options.classes == 3);
  REQUIRE(back.options.min_count == 3);
  REQUIRE(back.classes[2].words == truth.classes[2].words);
  REQUIRE(back.classes[2].counts == truth.classes[2].counts);
  REQUIRE(back.classes[1].places == truth.classes[1].places);
  REQUIRE(back.controls[5].class_index == 2);
  REQUIRE(back.controls[5].matches == truth.controls[5].matches);
  REQUIRE(back.controls[5].count == truth.controls[5].count);
}

TEST_CASE("what is not a truth is refused with its path") {
  std::string json =
      truth_json(make_planted_corpus({.classes = 2, .words_per_class = 2, .sentences = 500}).truth);
  auto refused = [](std::string text, const std::string& what, const std::string& with,
                    const std::string& expected) {
    size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    try {
      parse_truth(text.replace(at, what.size(), with), "some/truth.json");
      FAIL("accepted " << expected);
    } catch (const FileError& e) {
      REQUIRE_THAT(e.what(), Contains(expected));
      REQUIRE_THAT(e.what(), Contains("some/truth.json"));
    }
  };
  refused(json, "{", "", "The text is not JSON");
  refused(json, "\"seed\"", "\"sead\"", "The JSON is not the truth of a planted corpus");
  refused(json, "\"class\": \"fruits\"", "\"class\": \"stars\"", "names the unknown class \"stars\"");
  refused(json, "\"cat\",", "", "Class \"animals\" has 1 words but 2 counts");
}
