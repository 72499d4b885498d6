#include "lexigrad/data/corpora/phrases.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "support/fixture.h"
#include "support/threads.h"
#include "support/throws.h"

using namespace lexigrad;
using namespace lexigrad::data;
using namespace lexigrad::test;

namespace {

// Sentences, one a line, of words with blanks between.
struct Sentences {
  Vocabulary words;
  std::vector<int64_t> ids, ends;

  explicit Sentences(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line, word; std::getline(lines, line); ends.push_back(static_cast<int64_t>(ids.size())))
      for (std::istringstream in(line); in >> word;) {
        words.add(word);
        ids.push_back(words.find(word));
      }
  }
  // Each sentence as it is joined.
  std::string joined(const Phrases& phrases) const {
    std::string out;
    int64_t begin = 0;
    for (int64_t end : ends) {
      if (begin > 0) out += '\n';
      std::string line;
      for (int64_t id : phrases.join(std::span(ids).subspan(begin, end - begin)))
        line += (line.empty() ? "" : " ") + std::string(phrases.vocabulary().token(id));
      out += line;
      begin = end;
    }
    return out;
  }
};

using Row = std::tuple<std::string, std::string, int64_t, double>;

}  // namespace

TEST_CASE("phrases and their scores are gensim's in each pass and so are the joined sentences", "[phrases]") {
  const Sentences text(fixture("phrases.json")["text"].get<std::string>());
  for (const auto& expected : fixture("phrases.json")["cases"]) {
    INFO(expected["scoring"] << " " << expected["threshold"] << " " << expected["min_count"]);
    const Phrases phrases(text.ids, text.words,
                          {.score = expected["scoring"] == "npmi" ? PhraseScore::npmi : PhraseScore::counts,
                           .threshold = expected["threshold"],
                           .min_count = expected["min_count"],
                           .passes = 2,
                           .document_ends = text.ends});
    REQUIRE(phrases.passes().size() == 2);
    for (size_t pass = 0; pass < 2; ++pass) {
      std::vector<Row> found, wanted;
      for (const Phrases::Phrase& each : phrases.passes()[pass])
        found.emplace_back(phrases.vocabulary().token(each.first), phrases.vocabulary().token(each.second),
                           each.count, each.score);
      for (const auto& row : expected["passes"][pass]) wanted.emplace_back(row[0], row[1], row[2], row[3]);
      std::sort(found.begin(), found.end());
      REQUIRE(found.size() == wanted.size());
      for (size_t i = 0; i < found.size(); ++i) {
        CHECK((std::get<0>(found[i]) == std::get<0>(wanted[i]) &&
               std::get<1>(found[i]) == std::get<1>(wanted[i]) &&
               std::get<2>(found[i]) == std::get<2>(wanted[i])));
        CHECK(std::get<3>(found[i]) == Approx(std::get<3>(wanted[i])).epsilon(1e-13));
      }
    }
    CHECK(text.joined(phrases) == expected["joined"].get<std::string>());
    CHECK(phrases.left_out() == 0);
  }
}

TEST_CASE("of phrases that overlap the first is joined, and none goes over an end", "[phrases]") {
  const Sentences text("a b a b a\na b\nb c b c\nb\nc x y z u v");
  const Phrases phrases(text.ids, text.words, {.threshold = 0.1, .min_count = 1, .document_ends = text.ends});
  CHECK(text.joined(phrases) == "a_b a_b a\na_b\nb_c b_c\nb\nc x y z u v");
  const Phrases over(text.ids, text.words, {.threshold = 0.1, .min_count = 1});
  std::vector<int64_t> first = over.join(std::vector<int64_t>{2, 0});  // c a is a phrase nowhere
  CHECK(first == std::vector<int64_t>{2, 0});
}

TEST_CASE("a phrase that reads as a word has the id of the word", "[phrases]") {
  const Sentences text("a_b a b\na b\na b\nc d e f g h i j");
  const Phrases phrases(text.ids, text.words, {.threshold = 0.1, .min_count = 1, .document_ends = text.ends});
  CHECK(phrases.join(std::vector<int64_t>{1, 2}) == std::vector<int64_t>{0});
  CHECK(phrases.vocabulary().size() == text.words.size());
}

TEST_CASE(
    "phrases are the same for any number of threads; where pairs are too many the rarest are no phrases",
    "[phrases]") {
  const Sentences text(fixture("phrases.json")["text"].get<std::string>());
  const PhraseOptions options{
      .threshold = 0.5, .min_count = 2, .passes = 2, .document_ends = text.ends, .most = 60};
  Threads one(1);
  const Phrases first(text.ids, text.words, options);
  CHECK(first.left_out() > 0);
  for (const auto& pass : first.passes())
    CHECK(std::all_of(pass.begin(), pass.end(), [](const auto& each) { return each.count > 1; }));
  CHECK(text.joined(first).find("los_angeles") != std::string::npos);
  Threads some(5);
  CHECK(text.joined(Phrases(text.ids, text.words, options)) == text.joined(first));
}

TEST_CASE("phrases refuse what they cannot learn from", "[phrases]") {
  const Sentences text("a b");
  auto says = [&](const PhraseOptions& options) {
    return message_of([&] { Phrases(text.ids, text.words, options); });
  };
  CHECK(says({.min_count = 0}) == "[phrases] min_count is 0; it must be >= 1");
  CHECK(says({.passes = 0}) == "[phrases] passes is 0; it must be >= 1");
  CHECK(says({.document_ends = {1}}) ==
        "[cooccurrences] The documents' ends do not rise up to the number of tokens, 2");
  CHECK(message_of([&] { Phrases(std::vector<int64_t>{2}, text.words); }) ==
        "[cooccurrences] Id 2 at 0 is outside the vocabulary (valid ids are 0..1)");
}
