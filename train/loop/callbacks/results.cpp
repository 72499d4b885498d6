#include "lexigrad/train/loop/callbacks/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kLetters = 5;

// The letters of a word of any script, five for an ideograph; 0 where it begins with something else.
int64_t letters(std::string_view word) {
  int64_t out = 0;
  if (word.starts_with(' ')) word.remove_prefix(1);  // as many of GPT-2's tokens do
  for (const char *p = word.data(), *end = p + word.size(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    data::CharClass kind = data::char_class(c.value);
    if (kind == data::CharClass::letter) ++out;
    if (kind == data::CharClass::ideograph) out += kLetters;
    if (!c.valid || out == 0) return 0;
    p += c.length;
  }
  return std::min(out, kLetters);
}

}  // namespace

WordVectors word_vectors(const data::Tokenizer& tokenizer, const Tensor& table) {
  WordVectors out;
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    out.words.emplace_back(tokenizer.vocabulary().token(id));
  out.rows = table.detach().to(float32);
  return out;
}

void SaveVectors::begin(RunState& state) {
  if (state.step() == 0) save_vectors(paths_.start, word_vectors(tokenizer_, table_()));
}

void SaveVectors::after_step(RunState& state) {
  if (state.step() == state.total) save_vectors(paths_.end, word_vectors(tokenizer_, table_()));
}

void Results::end(RunState&) {
  Tensor before = load_vectors(start_).rows, after = word_vectors(tokenizer_, table_()).rows;
  out_ << "\nnearest words, before -> after\n";
  for (int64_t id : shown_words())
    out_ << fmt::format("  {:<12} {} -> {}\n", tokenizer_.token_text(id), nearest(before, id),
                        nearest(after, id));
  for (const WatchedPair& w : watched_)
    out_ << fmt::format("  cosine {}   {:+.3f} -> {:+.3f}\n", data::visible(w.name), cosine(before, w.a, w.b),
                        cosine(after, w.a, w.b));
}

std::string Results::nearest(const Tensor& rows, int64_t id) const {
  std::string out;
  for (const NearRow& near : nearest_rows(rows, id, 4))
    out.append(out.empty() ? "" : " ").append(tokenizer_.token_text(near.id));
  return out;
}

std::vector<int64_t> Results::shown_words() const {
  std::vector<int64_t> ids;
  for (const WatchedPair& w : watched_)
    for (int64_t id : {w.a, w.b})
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  return ids.empty() ? frequent_words() : ids;
}

// The four most frequent words of five letters or more; of fewer where there are not so many.
std::vector<int64_t> Results::frequent_words() const {
  auto count = [&](int64_t id) { return occurrences_[static_cast<size_t>(id)]; };
  std::vector<int64_t> all, ids;
  for (int64_t id = 0; id < tokenizer_.vocabulary_size(); ++id)
    if (count(id) > 0 && letters(tokenizer_.vocabulary().token(id)) > 0) all.push_back(id);
  std::stable_sort(all.begin(), all.end(), [&](int64_t a, int64_t b) { return count(a) > count(b); });
  for (int64_t least = kLetters; least > 0; --least)
    for (int64_t id : all)
      if (ids.size() < 4 && letters(tokenizer_.vocabulary().token(id)) == least) ids.push_back(id);
  return ids;
}

}  // namespace lexigrad::train
