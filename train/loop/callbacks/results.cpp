#include "lexigrad/train/loop/callbacks/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {

WordVectors word_vectors(const data::Tokenizer& tokenizer, const Tensor& table) {
  WordVectors out;
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    out.words.emplace_back(tokenizer.vocabulary().token(id));
  out.rows = table.detach().to(float32);
  return out;
}

void Results::begin(RunState& state) {
  if (state.step() == 0) save_vectors(paths_.start, word_vectors(tokenizer_, table_()));
}

void Results::after_step(RunState& state) {
  if (state.step() == state.total) save_vectors(paths_.end, word_vectors(tokenizer_, table_()));
}

void Results::end(RunState&) {
  Tensor before = load_vectors(paths_.start).rows, after = word_vectors(tokenizer_, table_()).rows;
  out_ << "\nnearest words, before -> after\n";
  for (int64_t id : shown_words())
    out_ << fmt::format("  {:<12} {} -> {}\n", tokenizer_.token_text(id), nearest(before, id),
                        nearest(after, id));
  for (const WatchedPair& w : watched_)
    out_ << fmt::format("  cosine {}   {:+.3f} -> {:+.3f}\n", w.name, cosine(before, w.a, w.b),
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

// The four most frequent words of five letters or more.
std::vector<int64_t> Results::frequent_words() const {
  auto count = [&](int64_t id) { return occurrences_[static_cast<size_t>(id)]; };
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < tokenizer_.vocabulary_size(); ++id)
    if (count(id) > 0 && tokenizer_.vocabulary().token(id).size() >= 5) ids.push_back(id);
  std::stable_sort(ids.begin(), ids.end(), [&](int64_t a, int64_t b) { return count(a) > count(b); });
  ids.resize(std::min<size_t>(ids.size(), 4));
  return ids;
}

}  // namespace lexigrad::train
