// TimePositions: copy to nn/positions/time.h, add its line to nn/nn.h and its row to nn/positions/methods.cpp.
#pragma once
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// Adds position / max_length to each number of a token's vector.
class TimePositions final : public Positions {
 public:
  explicit TimePositions(int64_t max_length) : max_length_(max_length) {}

  Tensor forward(const Tensor& x, int64_t start = 0) const {
    Tensor time = arange(start, start + x.size(-2)).to(x.dtype()) / static_cast<double>(max_length_);
    return x + unsqueeze(time, -1);
  }
  Tensor embed(const Tensor& x, int64_t start = 0) const override { return (*this)(x, start); }

 private:
  int64_t max_length_;
  LEXIGRAD_MODULE(TimePositions)
};

}  // namespace lexigrad::nn
