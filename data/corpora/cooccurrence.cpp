#include "lexigrad/data/corpora/cooccurrence.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad::data {
namespace {

constexpr const char* kWhere = "cooccurrences";
constexpr int64_t kPlaces = int64_t{1} << 25;  // that are held at a time
constexpr int64_t kGrain = int64_t{1} << 15;   // places of a block of rows

struct Range {
  int64_t begin, end;
};

// Pairs of some rows in order.
struct Pairs {
  std::vector<int64_t> ends;
  std::vector<uint32_t> columns;
  std::vector<double> counts;
};

class Counter {
 public:
  Counter(const TokenArray& tokens, int64_t vocabulary, const CooccurrenceOptions& options);
  Cooccurrences run() &&;

 private:
  void meet_all();
  void count_rows(Range rows);
  void find_places(Range rows);
  Pairs pairs_of(Range rows) const;
  void add_neighbors(int64_t row, std::vector<double>& sums, std::vector<uint32_t>& met) const;
  void leave_out_rarest();
  // How many of the rows from `begin` on go together, as long as `fits` says so of them, at least one.
  template <class Fits>
  Range next_rows(int64_t begin, int64_t end, Fits fits) const;
  int64_t most_pairs(int64_t row) const {
    return std::min(std::min(window_, tokens_.size()) * 2 * occurrences_[row], vocabulary_);
  }

  const TokenArray& tokens_;
  const int64_t vocabulary_, window_, most_;
  const bool symmetric_;
  double unit_ = 1;              // what the weights are multiples of, all whole, so that sums are exact
  std::vector<double> weights_;  // by distance, in units
  std::vector<int64_t> ends_;
  std::vector<bool> wanted_;
  std::vector<int64_t> occurrences_;  // of each wanted row
  int64_t first_ = 0;                 // the row whose places come first
  std::vector<int64_t> starts_, places_;
  Cooccurrences out_;
};

Counter::Counter(const TokenArray& tokens, int64_t vocabulary, const CooccurrenceOptions& options)
    : tokens_(tokens),
      vocabulary_(vocabulary),
      window_(std::min(options.window, std::max<int64_t>(tokens.size(), 1))),
      most_(options.most),
      symmetric_(options.symmetric),
      ends_(options.document_ends),
      wanted_(static_cast<size_t>(std::max<int64_t>(vocabulary, 0)), options.rows.empty()) {
  check(options.window >= 1, kWhere, "window is ", options.window, "; it must be >= 1");
  check(most_ >= 1, kWhere, "most is ", most_, "; it must be >= 1");
  check(vocabulary >= 1 && vocabulary <= int64_t{1} << 32, kWhere, "vocabulary is ", vocabulary,
        " (valid are 1..2^32)");
  if (ends_.empty()) ends_ = {tokens.size()};
  check(std::is_sorted(ends_.begin(), ends_.end()) && ends_.front() >= 0 && ends_.back() == tokens.size(),
        kWhere, "The documents' ends do not rise up to the number of tokens, ", tokens.size());
  for (int64_t row : options.rows) {
    check(row >= 0 && row < vocabulary, kWhere, "Row ", row, " is outside the vocabulary (valid ids are 0..",
          vocabulary - 1, ")");
    wanted_[static_cast<size_t>(row)] = true;
  }
  if (options.weighted)  // beyond 20 multiples leave the whole numbers of a double too soon
    for (int64_t d = 2; d <= std::min<int64_t>(window_, 20); ++d)
      unit_ = static_cast<double>(std::lcm(static_cast<int64_t>(unit_), d));
  for (int64_t d = 0; d <= window_; ++d)
    weights_.push_back(d == 0 ? 0 : options.weighted ? unit_ / static_cast<double>(d) : 1);
}

template <class Fits>
Range Counter::next_rows(int64_t begin, int64_t end, Fits fits) const {
  int64_t row = begin;
  while (row < end && (fits(row) || row == begin)) ++row;
  return {begin, row};
}

Cooccurrences Counter::run() && {
  meet_all();
  out_.starts.push_back(0);
  for (Range rows{0, 0}; rows.end < vocabulary_;) {
    int64_t places = 0, pairs = 0;
    rows = next_rows(rows.end, vocabulary_, [&](int64_t row) {
      return (places += occurrences_[row]) <= kPlaces && (pairs += most_pairs(row)) <= most_;
    });
    count_rows(rows);
    if (out_.pairs() > most_) leave_out_rarest();
  }
  for (auto* values : {&out_.counts, &out_.totals})
    for (double& value : *values) value /= unit_;
  out_.left_out /= unit_;
  return std::move(out_);
}

// How often each token is there, and what its neighbours count together.
void Counter::meet_all() {
  occurrences_.resize(static_cast<size_t>(vocabulary_));
  out_.totals.resize(static_cast<size_t>(vocabulary_));
  std::vector<double> within(weights_.size());  // of the first so many distances
  std::partial_sum(weights_.begin(), weights_.end(), within.begin());
  int64_t place = 0, begin = 0;
  auto document = ends_.begin();
  tokens_.for_each_part([&](auto ids) {
    for (auto token : ids) {
      const auto id = static_cast<int64_t>(token);
      check(id >= 0 && id < vocabulary_, kWhere, "Id ", id, " at ", place,
            " is outside the vocabulary (valid ids are 0..", vocabulary_ - 1, ")");
      while (*document <= place) begin = *document++;
      const int64_t before = std::min(window_, place - begin),
                    behind = std::min(window_, *document - 1 - place);
      out_.totals[id] += within[behind] + (symmetric_ ? within[before] : 0);
      occurrences_[id] += wanted_[id];
      ++place;
    }
  });
}

void Counter::count_rows(Range rows) {
  find_places(rows);
  std::vector<Range> blocks;
  for (Range block{rows.begin, rows.begin}; block.end < rows.end; blocks.push_back(block)) {
    int64_t places = 0;
    block = next_rows(block.end, rows.end, [&](int64_t row) {
      return (places += occurrences_[row]) <= std::max(kGrain, vocabulary_);
    });
  }
  std::vector<Pairs> found(blocks.size());
  parallel_blocks(static_cast<int64_t>(blocks.size()), [&](int64_t i) { found[i] = pairs_of(blocks[i]); });
  for (Pairs& pairs : found) {
    for (int64_t end : pairs.ends) out_.starts.push_back(out_.pairs() + end);
    out_.columns.insert(out_.columns.end(), pairs.columns.begin(), pairs.columns.end());
    out_.counts.insert(out_.counts.end(), pairs.counts.begin(), pairs.counts.end());
    pairs = {};
  }
}

// Where each of the rows' tokens is, row after row.
void Counter::find_places(Range rows) {
  first_ = rows.begin;
  starts_.assign(1, 0);
  for (int64_t row = rows.begin; row < rows.end; ++row) starts_.push_back(starts_.back() + occurrences_[row]);
  places_.resize(static_cast<size_t>(starts_.back()));
  if (places_.empty()) return;
  std::vector<int64_t> next = starts_;
  int64_t place = 0;
  tokens_.for_each_part([&](auto ids) {
    for (auto token : ids) {
      const auto id = static_cast<int64_t>(token);
      if (id >= rows.begin && id < rows.end && wanted_[id]) places_[next[id - first_]++] = place;
      ++place;
    }
  });
}

Pairs Counter::pairs_of(Range rows) const {
  Pairs out;
  std::vector<double> sums(static_cast<size_t>(vocabulary_));  // all 0 between rows
  std::vector<uint32_t> met;
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    add_neighbors(row, sums, met);
    std::sort(met.begin(), met.end());
    for (uint32_t column : met)
      if (double count = std::exchange(sums[column], 0); count > out_.left_out) {
        out.columns.push_back(column);
        out.counts.push_back(count);
      }
    met.clear();
    out.ends.push_back(static_cast<int64_t>(out.counts.size()));
  }
  return out;
}

void Counter::add_neighbors(int64_t row, std::vector<double>& sums, std::vector<uint32_t>& met) const {
  std::vector<int64_t> near(static_cast<size_t>(2 * window_ + 1));
  auto document = ends_.begin();
  for (int64_t i = starts_[row - first_]; i < starts_[row - first_ + 1]; ++i) {
    const int64_t place = places_[i];
    document = std::upper_bound(document, ends_.end(), place);
    const int64_t end = std::min(*document, place + window_ + 1),
                  first = document == ends_.begin() ? 0 : *(document - 1),
                  begin = symmetric_ ? std::max(first, place - window_) : place;
    tokens_.copy(begin, end - begin, near.data());
    for (int64_t at = begin; at < end; ++at) {
      if (at == place) continue;
      const auto column = static_cast<uint32_t>(near[at - begin]);
      if (sums[column] == 0) met.push_back(column);
      sums[column] += weights_[std::abs(at - place)];
    }
  }
}

// The largest count goes of which more than half of `most_` pairs would stay, and all that are no larger.
void Counter::leave_out_rarest() {
  std::vector<double> counts = out_.counts;
  auto half = counts.begin() + most_ / 2;
  std::nth_element(counts.begin(), half, counts.end(), std::greater<>());
  out_.left_out = *half;
  int64_t kept = 0, at = 0;
  for (size_t row = 0; row + 1 < out_.starts.size(); ++row) {
    const int64_t end = out_.starts[row + 1];
    for (; at < end; ++at)
      if (out_.counts[at] > out_.left_out) {
        out_.columns[kept] = out_.columns[at];
        out_.counts[kept++] = out_.counts[at];
      }
    out_.starts[row + 1] = kept;
  }
  out_.columns.resize(static_cast<size_t>(kept));
  out_.counts.resize(static_cast<size_t>(kept));
}

}  // namespace

Cooccurrences cooccurrences(const TokenArray& tokens, int64_t vocabulary,
                            const CooccurrenceOptions& options) {
  return Counter(tokens, vocabulary, options).run();
}

}  // namespace lexigrad::data
