// Several dimensions as one.
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// x (N, ...) to (N, all the rest), or dimensions start_dim..end_dim as one.
class Flatten final : public Module {
 public:
  explicit Flatten(int64_t start_dim = 1, int64_t end_dim = -1) : start_dim_(start_dim), end_dim_(end_dim) {}
  Tensor forward(const Tensor& x) const { return flatten(x, start_dim_, end_dim_); }

 private:
  std::string extra_repr() const override { return text("start_dim=", start_dim_, ", end_dim=", end_dim_); }

  int64_t start_dim_, end_dim_;
  LEXIGRAD_MODULE(Flatten)
};

}  // namespace lexigrad::nn
