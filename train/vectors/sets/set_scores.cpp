#include "lexigrad/train/vectors/sets/set_scores.h"

#include <algorithm>
#include <map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/data/text/word_scanner.h"
#include "lexigrad/train/vectors/neighbors.h"
#include "lexigrad/train/vectors/vector_scores.h"

namespace lexigrad::train {
namespace {

// The rows of a text's words that have one.
std::vector<int64_t> rows_of_text(const WordIndex& index, const std::string& words, SetKind kind) {
  std::vector<int64_t> out;
  auto add = [&](std::string_view word) {
    if (int64_t row = index.find(word); row >= 0) out.push_back(row);
  };
  if (kind == SetKind::sentences)
    data::for_each_word(words, false, add);
  else
    add(words);
  return out;
}

Tensor mean_row(const Tensor& rows, const std::vector<int64_t>& ids) {
  return mean(embedding(rows, tensor(ids)).to(float64), {0});
}

// The same bits in both orders, so that a pair and its reverse tie.
double similarity(const Tensor& rows, const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  const auto& [first, second] = std::minmax(a, b);
  return cosine(stack({mean_row(rows, first), mean_row(rows, second)}), 0, 1);
}

}  // namespace

Agreement score_pairs(const Tensor& rows, const WordIndex& index, const EvaluationSet& set, Unknown unknown,
                      uint64_t seed) {
  check(set.kind == SetKind::pairs || set.kind == SetKind::sentences, "eval", "The set is no set of pairs");
  NoGrad off;
  Agreement out;
  std::vector<double> similarities, scores;
  for (const EvaluationItem& item : set.items) {
    const auto a = rows_of_text(index, item.texts[0], set.kind),
               b = rows_of_text(index, item.texts[1], set.kind);
    const bool known = !a.empty() && !b.empty();
    out.unknown += !known;
    if (!known && unknown == Unknown::left_out) continue;
    similarities.push_back(known ? similarity(rows, a, b) : 0);
    scores.push_back(item.score);
  }
  out.counted = static_cast<int64_t>(scores.size());
  out.spearman = spearman(similarities, scores);
  out.pearson = pearson(similarities, scores);
  out.interval = spearman_interval(similarities, scores, seed);
  return out;
}

Purity score_classes(const Tensor& rows, const WordIndex& index, const EvaluationSet& set, int64_t k) {
  check(set.kind == SetKind::classes, "eval", "The set is no set of classes");
  NoGrad off;
  std::map<std::string, int64_t> number_of;
  std::vector<int64_t> ids, class_of;
  for (const EvaluationItem& item : set.items)
    if (int64_t row = index.find(item.texts[0]); row >= 0) {
      ids.push_back(row);
      class_of.push_back(number_of.try_emplace(item.texts[1], number_of.size()).first->second);
    }
  const auto counted = static_cast<int64_t>(ids.size());
  Purity out{.counted = counted, .unknown = static_cast<int64_t>(set.items.size()) - counted};
  if (counted == 0) return out;
  const Tensor held = embedding(rows, tensor(ids)).to(float32);
  out.purity = class_precision_at_k(held.data<float>(), counted, held.size(1), class_of, k);
  return out;
}

}  // namespace lexigrad::train
