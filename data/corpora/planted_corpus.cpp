#include "lexigrad/data/corpora/planted_corpus.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/data/corpora/planted_words.h"

namespace lexigrad::data {
namespace {

constexpr std::string_view kWhere = "planted_corpus";
constexpr int64_t kMaxWords = 1'000'000, kMaxSentences = 50'000'000;
constexpr int64_t kVerbs = 5, kAdjectives = 4, kPlaces = 4;
enum Stream : uint64_t { kSpelling, kFrames, kOrder, kSentences };

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void check_size(std::string_view name, int64_t value, int64_t low, int64_t high) {
  check(low <= value && value <= high, kWhere, "The option ", name, " is ", value, " (valid range is ", low,
        "..", high, ")");
}

void check_options(const PlantedOptions& o) {
  check_size("classes", o.classes, 2, kMaxWords);
  check_size("words_per_class", o.words_per_class, 2, kMaxWords);
  check_size("controls_per_class", o.controls_per_class, 0, kMaxWords);
  check_size("sentences", o.sentences, 1, kMaxSentences);
  check_size("min_count", o.min_count, 1, kMaxSentences);
  int64_t nouns = o.classes * (o.words_per_class + o.controls_per_class);
  check(nouns <= kMaxWords, kWhere, o.classes, " classes of ", o.words_per_class, " words and ",
        o.controls_per_class, " controls are ", nouns, " words (valid range is up to ", kMaxWords,
        "). Hint: ask for fewer classes or words");
  check(o.sentences >= nouns * o.min_count, kWhere, o.sentences, " sentences are too few for ", nouns,
        " class words and controls of at least ", o.min_count,
        " occurrences (valid range is >= ", nouns * o.min_count,
        "). Hint: ask for more sentences, or for fewer classes or words");
}

/// Hands out pronounceable words that are neither English words of the corpus nor
/// handed out before.
class Speller {
 public:
  explicit Speller(uint64_t seed) : rng_(seed, kSpelling) {
    for (const EnglishClass& c : english_classes())
      for (std::string_view list : {c.name, c.words, c.verbs, c.adjectives, c.places}) reserve(list);
    for (std::string_view sentence : sentence_templates()) reserve(sentence);
  }

  std::string next() {
    for (;;) {
      std::string word = draw();
      if (used_.insert(word).second) return word;
    }
  }

  /// The first `count` words of an English list, continued with made-up ones.
  std::vector<std::string> words(std::string_view english, int64_t count) {
    std::vector<std::string> out = split(english);
    if (out.size() > static_cast<size_t>(count)) out.resize(count);
    while (out.size() < static_cast<size_t>(count)) out.push_back(next());
    return out;
  }

 private:
  void reserve(std::string_view list) {
    for (std::string& word : split(list)) used_.insert(std::move(word));
  }
  std::string draw() {
    constexpr std::string_view consonants = "bdfghjklmnprstvwz", vowels = "aeiou", codas = "lmnrst";
    std::string word;
    uint64_t at = 0, syllables = 2 + rng_.below(3, drawn_, at++);
    for (uint64_t i = 0; i < syllables; ++i) {
      word += consonants[rng_.below(consonants.size(), drawn_, at++)];
      word += vowels[rng_.below(vowels.size(), drawn_, at++)];
    }
    if (rng_.below(2, drawn_, at++) == 1) word += codas[rng_.below(codas.size(), drawn_, at++)];
    ++drawn_;
    return word;
  }

  CounterRng rng_;
  uint64_t drawn_ = 0;
  std::unordered_set<std::string> used_;
};

PlantedClass make_class(const PlantedOptions& o, int64_t index, Speller& speller) {
  auto english = english_classes();
  EnglishClass from = index < static_cast<int64_t>(english.size()) ? english[index] : EnglishClass{};
  PlantedClass c;
  c.name = from.name.empty() ? speller.next() : std::string(from.name);
  c.words = speller.words(from.words, o.words_per_class);
  c.counts.resize(o.words_per_class);
  c.verbs = speller.words(from.verbs, kVerbs);
  c.adjectives = speller.words(from.adjectives, kAdjectives);
  c.places = speller.words(from.places, kPlaces);
  return c;
}

/// One class word or control, with the rank that decides how often it occurs.
struct Noun {
  int64_t rank, class_index;
  const std::string* word;
  int64_t* count;
  bool control;
};

// By rank, each control beside the word that it matches.
std::vector<Noun> list_nouns(PlantedTruth& truth) {
  std::vector<Noun> nouns;
  int64_t classes = truth.options.classes, words = truth.options.words_per_class;
  for (int64_t c = 0; c < classes; ++c)
    for (int64_t i = 0; i < words; ++i)
      nouns.push_back({i + 1, c, &truth.classes[c].words[i], &truth.classes[c].counts[i], false});
  int64_t per_class = truth.options.controls_per_class;
  for (int64_t i = 0; i < classes * per_class; ++i) {
    PlantedControl& control = truth.controls[i];
    nouns.push_back({i % words + 1, control.class_index, &control.word, &control.count, true});
  }
  std::stable_sort(nouns.begin(), nouns.end(), [](const Noun& a, const Noun& b) {
    return std::pair(a.rank, a.class_index) < std::pair(b.rank, b.class_index);
  });
  return nouns;
}

int64_t zipf_count(int64_t first, int64_t rank, int64_t min_count) {
  return std::max(min_count, (2 * first + rank) / (2 * rank));
}

// The counts follow from the largest count of rank 1 that fits; sentences left over go to
// the first nouns.
void set_counts(std::vector<Noun>& nouns, const PlantedOptions& o) {
  auto total = [&](int64_t first) {
    int64_t sum = 0;
    for (const Noun& noun : nouns) sum += zipf_count(first, noun.rank, o.min_count);
    return sum;
  };
  int64_t low = 0, high = o.sentences + 1;
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    (total(middle) <= o.sentences ? low : high) = middle;
  }
  int64_t left = o.sentences - total(low);
  for (Noun& noun : nouns) *noun.count = zipf_count(low, noun.rank, o.min_count) + (left-- > 0 ? 1 : 0);
}

/// A sentence to be written: `word` in the contexts of class `frame`.
struct Entry {
  const std::string* word;
  int64_t frame;
};

std::vector<Entry> shuffled_entries(const std::vector<Noun>& nouns, const PlantedOptions& o) {
  CounterRng frames(o.seed, kFrames);
  std::vector<Entry> entries;
  entries.reserve(o.sentences);
  for (size_t n = 0; n < nouns.size(); ++n) {
    // A control goes round the classes, so that it meets each equally often.
    int64_t start = static_cast<int64_t>(frames.below(o.classes, 0, n));
    for (int64_t i = 0; i < *nouns[n].count; ++i)
      entries.push_back({nouns[n].word, nouns[n].control ? (start + i) % o.classes : nouns[n].class_index});
  }
  CounterRng(o.seed, kOrder).shuffle(entries, 0);
  return entries;
}

std::string write_text(const std::vector<Entry>& entries, const PlantedTruth& truth) {
  std::vector<std::vector<std::string>> templates;
  for (std::string_view sentence : sentence_templates()) templates.push_back(split(sentence));
  CounterRng rng(truth.options.seed, kSentences);
  std::string text;
  for (size_t s = 0; s < entries.size(); ++s) {
    const PlantedClass& frame = truth.classes[entries[s].frame];
    uint64_t at = 0;
    auto pick = [&](const auto& list) -> const auto& { return list[rng.below(list.size(), s, at++)]; };
    for (const std::string& slot : pick(templates)) {
      text += slot == "N"   ? *entries[s].word
              : slot == "V" ? pick(frame.verbs)
              : slot == "A" ? pick(frame.adjectives)
              : slot == "P" ? pick(frame.places)
                            : slot;
      text += slot == "." ? '\n' : ' ';
    }
  }
  return text;
}

}  // namespace

PlantedCorpus make_planted_corpus(const PlantedOptions& options) {
  check_options(options);
  PlantedCorpus corpus;
  PlantedTruth& truth = corpus.truth;
  truth.options = options;
  Speller speller(options.seed);
  for (int64_t c = 0; c < options.classes; ++c) truth.classes.push_back(make_class(options, c, speller));
  for (int64_t i = 0; i < options.classes * options.controls_per_class; ++i) {
    int64_t c = i / options.controls_per_class;
    truth.controls.push_back({speller.next(), c, truth.classes[c].words[i % options.words_per_class], 0});
  }
  std::vector<Noun> nouns = list_nouns(truth);
  set_counts(nouns, options);
  corpus.text = write_text(shuffled_entries(nouns, options), truth);
  return corpus;
}

}  // namespace lexigrad::data
