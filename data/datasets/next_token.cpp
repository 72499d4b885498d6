#include "lexigrad/data/datasets/next_token.h"

#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {

int64_t stride_of(const NextTokenDatasetOptions& options) {
  return options.stride == 0 ? options.max_length : options.stride;
}

}  // namespace

int64_t NextTokenDataset::windows_in(int64_t tokens, const NextTokenDatasetOptions& options) {
  return tokens > options.max_length ? (tokens - options.max_length - 1) / stride_of(options) + 1 : 0;
}

NextTokenDataset::NextTokenDataset(TokenArray tokens, const NextTokenDatasetOptions& options)
    : tokens_(std::move(tokens)), max_length_(options.max_length), stride_(stride_of(options)) {
  int64_t count = tokens_.size();
  check(max_length_ >= 1, "dataset", "max_length (--context) is ", max_length_, "; it must be >= 1");
  check(stride_ >= 1, "dataset", "stride is ", stride_, "; it must be >= 1, or 0 for max_length");
  check(count > max_length_, "dataset", "The text has ", count, " tokens, one window of max_length ",
        max_length_, " and its last target need ", max_length_ + 1,
        ". Hint: give a longer text or a smaller max_length (--context)");
  windows_ = windows_in(count, options);
}

NextTokenBatch NextTokenDataset::gather(std::span<const int64_t> windows) const {
  Shape shape{static_cast<int64_t>(windows.size()), max_length_};
  NextTokenBatch batch{empty(shape, int64), empty(shape, int64)};
  int64_t *input = batch.inputs.data<int64_t>(), *target = batch.targets.data<int64_t>();
  for (int64_t window : windows) {
    check(window >= 0 && window < windows_, "dataset", "Window ", window, " is outside the ", windows_,
          " windows");
    tokens_.copy(window * stride_, max_length_, input);
    tokens_.copy(window * stride_ + 1, max_length_, target);
    input += max_length_, target += max_length_;
  }
  return batch;
}

}  // namespace lexigrad::data
