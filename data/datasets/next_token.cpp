#include "lexigrad/data/datasets/next_token.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {

int64_t stride_of(const NextTokenDatasetOptions& options) {
  return options.stride == 0 ? options.max_length : options.stride;
}

// Windows of a document, the last of which it may fill in part.
int64_t windows_of_document(int64_t tokens, const NextTokenDatasetOptions& options) {
  if (tokens < 2) return 0;
  int64_t stride = stride_of(options), behind = std::max<int64_t>(tokens - 1 - options.max_length, 0);
  return (behind + stride - 1) / stride + 1;
}

void check_ends(const std::vector<int64_t>& ends, int64_t tokens) {
  bool rise = std::is_sorted(ends.begin(), ends.end()) && ends.front() >= 0 && ends.back() == tokens;
  check(rise, "dataset", "The documents' ends do not rise up to the number of tokens, ", tokens);
}

}  // namespace

int64_t NextTokenDataset::windows_in(int64_t tokens, const NextTokenDatasetOptions& options) {
  if (options.document_ends.empty())
    return tokens > options.max_length ? (tokens - options.max_length - 1) / stride_of(options) + 1 : 0;
  int64_t windows = 0, begin = 0;
  for (int64_t end : options.document_ends)
    windows += windows_of_document(end - std::exchange(begin, end), options);
  return windows;
}

NextTokenDataset::NextTokenDataset(TokenArray tokens, const NextTokenDatasetOptions& options)
    : tokens_(std::move(tokens)), max_length_(options.max_length), stride_(stride_of(options)) {
  int64_t count = tokens_.size();
  check(max_length_ >= 1, "dataset", "max_length (--context) is ", max_length_, "; it must be >= 1");
  check(stride_ >= 1, "dataset", "stride is ", stride_, "; it must be >= 1, or 0 for max_length");
  const bool one = options.document_ends.empty();
  check(!one || count > max_length_, "dataset", "The text has ", count, " tokens, one window of max_length ",
        max_length_, " and its last target need ", max_length_ + 1,
        ". Hint: give a longer text or a smaller max_length (--context)");
  if (!one) check_ends(options.document_ends, count);
  windows_ = windows_in(count, options);
  check(windows_ > 0, "dataset", "No document has two tokens, and a target needs one before it");
  if (one) return;
  Documents documents{.ends = options.document_ends, .windows = {}};
  int64_t first = 0, begin = 0;
  for (int64_t end : documents.ends) {
    documents.windows.push_back(first);
    first += windows_of_document(end - std::exchange(begin, end), options);
  }
  documents_ = std::make_shared<const Documents>(std::move(documents));
}

NextTokenBatch NextTokenDataset::gather(std::span<const int64_t> windows) const {
  Shape shape{static_cast<int64_t>(windows.size()), max_length_};
  NextTokenBatch batch{empty(shape, int64), empty(shape, int64)};
  int64_t *input = batch.inputs.data<int64_t>(), *target = batch.targets.data<int64_t>();
  for (int64_t window : windows) {
    copy(window, input, target);
    input += max_length_, target += max_length_;
  }
  return batch;
}

void NextTokenDataset::copy(int64_t window, int64_t* input, int64_t* target) const {
  check(window >= 0 && window < windows_, "dataset", "Window ", window, " is outside the ", windows_,
        " windows");
  if (documents_) return copy_from_documents(window, input, target);
  tokens_.copy(window * stride_, max_length_, input);
  tokens_.copy(window * stride_ + 1, max_length_, target);
}

void NextTokenDataset::copy_from_documents(int64_t window, int64_t* input, int64_t* target) const {
  const auto& [ends, windows] = *documents_;
  // The last document whose first window is not behind: those without any come before it.
  auto document =
      static_cast<size_t>(std::upper_bound(windows.begin(), windows.end(), window) - windows.begin()) - 1;
  int64_t begin = (document == 0 ? 0 : ends[document - 1]) + (window - windows[document]) * stride_,
          count = std::min(max_length_, ends[document] - 1 - begin);
  tokens_.copy(begin, count, input);
  tokens_.copy(begin + 1, count, target);
  std::fill(input + count, input + max_length_, input[count - 1]);
  std::fill(target + count, target + max_length_, kNoTarget);
}

}  // namespace lexigrad::data
