#include "lexigrad/data/datasets/sentences.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {

SentenceDataset::SentenceDataset(TokenArray tokens, const SentenceDatasetOptions& options)
    : tokens_(std::move(tokens)), left_out_(options.left_out) {
  check(options.length >= 1 && options.longest >= 1, "SentenceDataset",
        "Needs length and longest of 1 or more, got ", options.length, " and ", options.longest);
  check(tokens_.size() > 0, "SentenceDataset", "There is no token");
  const std::vector<int64_t> whole{tokens_.size()};
  std::vector<int64_t> ends, starts;  // starts: of samples, as numbers of sentences
  int64_t begin = 0;
  for (int64_t end : options.ends.empty() ? whole : options.ends) {
    check(end > begin, "SentenceDataset", "The end ", end,
          " of a sentence is not behind that of the one before, ", begin);
    for (; begin < end; begin = ends.back()) {
      while (static_cast<int64_t>(starts.size()) * options.length <= begin)
        starts.push_back(static_cast<int64_t>(ends.size()));
      ends.push_back(std::min(begin + options.longest, end));
    }
  }
  check(begin == tokens_.size(), "SentenceDataset", "The last sentence ends at ", begin, ", the tokens at ",
        tokens_.size());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());  // stretches in which none begins
  starts.push_back(static_cast<int64_t>(ends.size()));
  ends_ = std::make_shared<const std::vector<int64_t>>(std::move(ends));
  starts_ = std::make_shared<const std::vector<int64_t>>(std::move(starts));
}

Tensor SentenceDataset::gather(std::span<const int64_t> samples) const {
  const std::vector<int64_t>& ends = *ends_;
  auto begin_of = [&](int64_t sentence) {
    return sentence == 0 ? 0 : ends[static_cast<size_t>(sentence) - 1];
  };
  int64_t size = 0;
  for (int64_t sample : samples) {
    check(sample >= 0 && sample < this->size(), "SentenceDataset", "Sample ", sample, " is outside the ",
          this->size(), " samples (valid are 0..", this->size() - 1, ")");
    int64_t first = (*starts_)[static_cast<size_t>(sample)],
            last = (*starts_)[static_cast<size_t>(sample) + 1];
    size += begin_of(last) - begin_of(first) + last - first;
  }
  Tensor out = empty({size}, int64);
  int64_t *first = out.data<int64_t>(), *to = first;
  auto is_left_out = [&](int64_t id) {
    return std::find(left_out_.begin(), left_out_.end(), id) < left_out_.end();
  };
  for (int64_t sample : samples)
    for (int64_t s = (*starts_)[static_cast<size_t>(sample)]; s < (*starts_)[static_cast<size_t>(sample) + 1];
         ++s) {
      int64_t begin = begin_of(s), count = ends[static_cast<size_t>(s)] - begin;
      tokens_.copy(begin, count, to);
      to = std::remove_if(to, to + count, is_left_out);
      *to++ = -1;
    }
  return out.narrow(0, 0, to - first);
}

}  // namespace lexigrad::data
