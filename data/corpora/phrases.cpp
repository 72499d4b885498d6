#include "lexigrad/data/corpora/phrases.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/corpora/cooccurrence.h"

namespace lexigrad::data {
namespace {

uint64_t key_of(int64_t first, int64_t second) {
  return static_cast<uint64_t>(first) << 32 | static_cast<uint64_t>(second);
}

double npmi(double a, double b, double both, double all) {
  return std::log(both / all / (a / all * (b / all))) / -std::log(both / all);
}

}  // namespace

Phrases::Phrases(TokenArray tokens, const Vocabulary& words, const PhraseOptions& options)
    : vocabulary_(words) {
  check(options.passes >= 1, "phrases", "passes is ", options.passes, "; it must be >= 1");
  check(options.min_count >= 1, "phrases", "min_count is ", options.min_count, "; it must be >= 1");
  std::vector<int64_t> ends = options.document_ends;
  if (ends.empty()) ends = {tokens.size()};
  for (int64_t pass = 0; pass < options.passes; ++pass) {
    learn(tokens, ends, options);
    if (pass + 1 == options.passes) break;
    TokenArrayBuilder next(vocabulary_.size(), tokens.size());
    int64_t begin = 0, size = 0;
    for (int64_t& end : ends) {
      std::vector<int64_t> sentence(static_cast<size_t>(end - begin));
      tokens.copy(begin, end - begin, sentence.data());
      sentence = join(sentence, joined_.back());
      next.append(sentence);
      begin = std::exchange(end, size += static_cast<int64_t>(sentence.size()));
    }
    tokens = std::move(next).finish();
  }
}

void Phrases::learn(const TokenArray& tokens, const std::vector<int64_t>& ends,
                    const PhraseOptions& options) {
  const Cooccurrences pairs = cooccurrences(
      tokens, vocabulary_.size(),
      {.window = 1, .symmetric = false, .weighted = false, .document_ends = ends, .most = options.most});
  left_out_ = std::max(left_out_, pairs.left_out);
  std::vector<double> counts(pairs.totals.size());
  tokens.for_each_part([&](auto ids) {
    for (auto id : ids) ++counts[static_cast<size_t>(id)];
  });
  const auto all = static_cast<double>(tokens.size()), least = static_cast<double>(options.min_count),
             different = static_cast<double>(
                 std::count_if(counts.begin(), counts.end(), [](double n) { return n > 0; }) + pairs.pairs());
  std::vector<Phrase>& found = passes_.emplace_back();
  Joined& joined = joined_.emplace_back();
  for (int64_t first = 0; first < pairs.vocabulary(); ++first)
    for (int64_t pair = pairs.starts[first]; pair < pairs.starts[first + 1]; ++pair) {
      const int64_t second = pairs.columns[pair];
      const double both = pairs.counts[pair], a = counts[first], b = counts[second];
      const double score =
          options.score == PhraseScore::counts ? (both - least) / (a * b) * different : npmi(a, b, both, all);
      if (both < least || score <= options.threshold) continue;
      const std::string text =
          std::string(vocabulary_.token(first)) + '_' + std::string(vocabulary_.token(second));
      int64_t id = vocabulary_.add(text, std::llround(both));
      if (id < 0) id = vocabulary_.find(text);
      found.push_back({first, second, id, std::llround(both), score});
      joined.emplace(key_of(first, second), id);
    }
}

std::vector<int64_t> Phrases::join(std::span<const int64_t> sentence, const Joined& joined) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < sentence.size(); ++i) {
    auto phrase = i + 1 < sentence.size() ? joined.find(key_of(sentence[i], sentence[i + 1])) : joined.end();
    if (phrase != joined.end()) ++i;
    out.push_back(phrase != joined.end() ? phrase->second : sentence[i]);
  }
  return out;
}

std::vector<int64_t> Phrases::join(std::span<const int64_t> sentence) const {
  std::vector<int64_t> out(sentence.begin(), sentence.end());
  for (const Joined& joined : joined_) out = join(out, joined);
  return out;
}

}  // namespace lexigrad::data
