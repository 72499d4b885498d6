// EveryOther: copy to data/datasets/every_other.h and add its line to data/data.h.
#pragma once
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

struct EveryOtherBatch {
  Tensor inputs, targets;  ///< int64 (B): a token and the one after the next
};

/// Sample i is token i with token i + 2.
class EveryOther {
 public:
  explicit EveryOther(TokenArray tokens) : tokens_(std::move(tokens)) {}

  int64_t size() const { return std::max<int64_t>(tokens_.size() - 2, 0); }
  /// The samples of the given numbers, in that order.
  EveryOtherBatch gather(std::span<const int64_t> samples) const {
    Shape shape{static_cast<int64_t>(samples.size())};
    EveryOtherBatch batch{empty(shape, int64), empty(shape, int64)};
    for (size_t i = 0; i < samples.size(); ++i) {
      batch.inputs.data<int64_t>()[i] = tokens_[samples[i]];
      batch.targets.data<int64_t>()[i] = tokens_[samples[i] + 2];
    }
    return batch;
  }

 private:
  TokenArray tokens_;
};

}  // namespace lexigrad::data
