#include "lexigrad/train/vectors/why.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/corpora/cooccurrence.h"

namespace lexigrad::train {
namespace {

// How often each token is near a word, and its positive PMI.
struct Row {
  std::vector<double> counts, ppmi;
  double length = 0;
};

Row row_of(const data::Cooccurrences& found, double total, int64_t word) {
  const auto size = static_cast<size_t>(found.vocabulary());
  Row row{.counts = std::vector<double>(size), .ppmi = std::vector<double>(size)};
  double squares = 0;
  for (int64_t pair = found.starts[word]; pair < found.starts[word + 1]; ++pair) {
    const uint32_t context = found.columns[pair];
    row.counts[context] = found.counts[pair];
    row.ppmi[context] =
        std::max(0.0, std::log(found.counts[pair] * total / (found.totals[word] * found.totals[context])));
    squares += row.ppmi[context] * row.ppmi[context];
  }
  row.length = std::sqrt(squares);
  return row;
}

Stretch window_at(int64_t place, int64_t tokens, int64_t window, const std::vector<int64_t>& document_ends) {
  auto next = std::upper_bound(document_ends.begin(), document_ends.end(), place);
  const int64_t end = next == document_ends.end() ? tokens : *next,
                begin = next == document_ends.begin() ? 0 : *(next - 1);
  return {std::max(begin, place - window), std::min(end, place + window + 1)};
}

// The shares of the different tokens there.
double share_in(const data::TokenArray& tokens, Stretch places, const std::vector<double>& shares) {
  std::vector<int64_t> near(static_cast<size_t>(places.end - places.begin));
  tokens.copy(places.begin, places.end - places.begin, near.data());
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  return std::accumulate(near.begin(), near.end(), 0.0,
                         [&](double sum, int64_t id) { return sum + shares[static_cast<size_t>(id)]; });
}

}  // namespace

WhyNear why_near(const data::TokenArray& tokens, int64_t vocabulary, int64_t a, int64_t b, int64_t window,
                 const std::vector<int64_t>& document_ends) {
  const data::Cooccurrences found = data::cooccurrences(tokens, vocabulary,
                                                        {.window = window,
                                                         .weighted = false,
                                                         .document_ends = document_ends,
                                                         .rows = {a, b},
                                                         .most = 2 * vocabulary});
  const double total = std::accumulate(found.totals.begin(), found.totals.end(), 0.0);
  const Row of_a = row_of(found, total, a), of_b = row_of(found, total, b);
  WhyNear out;
  std::vector<double> shares(static_cast<size_t>(vocabulary));
  for (int64_t id = 0; id < vocabulary; ++id) {
    if (of_a.ppmi[id] * of_b.ppmi[id] == 0) continue;
    shares[id] = of_a.ppmi[id] / of_a.length * (of_b.ppmi[id] / of_b.length);
    out.cosine += shares[id];
    out.contexts.push_back({id, std::llround(of_a.counts[id]), std::llround(of_b.counts[id]), of_a.ppmi[id],
                            of_b.ppmi[id], shares[id]});
  }
  std::stable_sort(out.contexts.begin(), out.contexts.end(),
                   [](const SharedContext& x, const SharedContext& y) { return x.share > y.share; });
  double best_a = -1, best_b = -1;
  int64_t place = 0;
  auto meet = [&](int64_t& count, Stretch& example, double& best) {
    ++count;
    const Stretch near = window_at(place, tokens.size(), window, document_ends);
    if (const double share = share_in(tokens, near, shares); share > best) best = share, example = near;
  };
  tokens.for_each_part([&](auto ids) {
    for (auto id : ids) {
      if (static_cast<int64_t>(id) == a) meet(out.count_a, out.example_a, best_a);
      if (static_cast<int64_t>(id) == b) meet(out.count_b, out.example_b, best_b);
      ++place;
    }
  });
  return out;
}

}  // namespace lexigrad::train
