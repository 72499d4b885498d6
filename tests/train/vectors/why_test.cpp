#include "lexigrad/train/vectors/why.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "catch.h"
#include "lexigrad/data/data.h"

using namespace lexigrad;
using train::why_near;

namespace {

// The planted corpus as ids, a sentence a document.
struct Planted {
  data::PlantedCorpus corpus = data::make_planted_corpus({.sentences = 4000});
  data::WordTokenizer tokenizer = data::WordTokenizer::from_text(corpus.text);
  std::vector<int64_t> ids = tokenizer.encode(corpus.text), ends = {};

  Planted() {
    for (size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == tokenizer.id_of(".")) ends.push_back(static_cast<int64_t>(i) + 1);
  }
  int64_t size() const { return tokenizer.vocabulary_size(); }
};

// Counts of all pairs by two loops over places, and from them positive PMI by its definition.
std::vector<double> ppmi_of(const Planted& planted, int64_t word, int64_t window) {
  const auto size = static_cast<size_t>(planted.size());
  std::vector<double> near(size), of_each(size), out(size);
  double total = 0;
  size_t sentence = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(planted.ids.size()); ++i) {
    while (planted.ends[sentence] <= i) ++sentence;
    for (int64_t j = sentence == 0 ? 0 : planted.ends[sentence - 1]; j < planted.ends[sentence]; ++j)
      if (i != j && std::abs(i - j) <= window) {
        near[planted.ids[j]] += planted.ids[i] == word;
        ++of_each[planted.ids[i]];
        ++total;
      }
  }
  for (size_t c = 0; c < size; ++c)
    if (near[c] > 0)
      out[c] = std::max(0.0, std::log((near[c] / total) / (of_each[word] / total * (of_each[c] / total))));
  return out;
}

}  // namespace

TEST_CASE("the contexts that two words share are those of the definition and add up to the cosine", "[why]") {
  const Planted planted;
  const int64_t cat = planted.tokenizer.id_of("cat"), dog = planted.tokenizer.id_of("dog");
  for (int64_t window : {2, 5}) {
    const train::WhyNear why = why_near(planted.ids, planted.size(), cat, dog, window, planted.ends);
    const std::vector<double> a = ppmi_of(planted, cat, window), b = ppmi_of(planted, dog, window);
    double ab = 0, aa = 0, bb = 0, sum = 0;
    size_t shared = 0;
    for (size_t c = 0; c < a.size(); ++c) {
      ab += a[c] * b[c], aa += a[c] * a[c], bb += b[c] * b[c];
      shared += a[c] > 0 && b[c] > 0;
    }
    REQUIRE((shared > 5 && why.contexts.size() == shared));
    CHECK(why.cosine == Approx(ab / std::sqrt(aa * bb)).epsilon(1e-12));
    for (const train::SharedContext& each : why.contexts) {
      CHECK(each.ppmi_a == Approx(a[each.id]).epsilon(1e-10));
      CHECK(each.ppmi_b == Approx(b[each.id]).epsilon(1e-10));
      CHECK(each.share == Approx(a[each.id] * b[each.id] / std::sqrt(aa * bb)).epsilon(1e-10));
      sum += each.share;
    }
    CHECK(sum == Approx(why.cosine).epsilon(1e-12));
    CHECK(std::is_sorted(why.contexts.begin(), why.contexts.end(),
                         [](const auto& x, const auto& y) { return x.share > y.share; }));
    CHECK(why.count_a == std::count(planted.ids.begin(), planted.ids.end(), cat));
    CHECK(why.count_b == std::count(planted.ids.begin(), planted.ids.end(), dog));
  }
}

TEST_CASE("what pulls two words of a class together are the words that only the class has", "[why]") {
  const Planted planted;
  for (const data::PlantedClass& each : planted.corpus.truth.classes) {
    std::set<std::string> own;
    for (const auto* words : {&each.verbs, &each.adjectives, &each.places})
      own.insert(words->begin(), words->end());
    const train::WhyNear why = why_near(planted.ids, planted.size(), planted.tokenizer.id_of(each.words[0]),
                                        planted.tokenizer.id_of(each.words[1]), 5, planted.ends);
    double of_own = 0;
    for (size_t i = 0; i < why.contexts.size(); ++i) {
      const std::string word(planted.tokenizer.vocabulary().token(why.contexts[i].id));
      if (i < 5) CHECK(own.contains(word));
      of_own += own.contains(word) ? why.contexts[i].share : 0;
    }
    INFO(each.name);
    CHECK(of_own > 0.9 * why.cosine);
  }
}

TEST_CASE("an example is the first window whose different tokens have the most of what is shared", "[why]") {
  // 0 and 1 share 2 and 3, and 2 more; it stands twice around the first 0, and both stand around the second and third.
  const std::vector<int64_t> ids = {2, 0, 2, 5, 2, 0, 3, 5, 2, 0, 3, 5, 2,
                                    1, 3, 5, 2, 1, 2, 5, 5, 3, 3, 3, 6, 6};
  const train::WhyNear why = why_near(ids, 7, 0, 1, 1);
  REQUIRE(
      (why.contexts.size() == 2 && why.contexts[0].id == 2 && why.contexts[0].share > why.contexts[1].share));
  CHECK((why.example_a.begin == 4 && why.example_a.end == 7));
  CHECK((why.example_b.begin == 12 && why.example_b.end == 15));
}

TEST_CASE("words without a shared context have the cosine 0", "[why]") {
  const train::WhyNear why = why_near(std::vector<int64_t>{0, 2, 1, 3}, 4, 0, 1, 2, {2, 4});
  CHECK((why.contexts.empty() && why.cosine == 0 && why.count_a == 1 && why.count_b == 1));
  CHECK(why_near(std::vector<int64_t>{0, 2}, 4, 0, 1, 2).count_b == 0);
}
