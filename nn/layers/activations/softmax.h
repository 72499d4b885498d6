// Shares of a whole along a dimension, as modules.
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// e^x / sum e^x along `dim`.
class Softmax final : public Module {
 public:
  explicit Softmax(int64_t dim = -1) : dim_(dim) {}
  Tensor forward(const Tensor& x) const { return softmax(x, dim_); }

 private:
  std::string extra_repr() const override { return text("dim=", dim_); }

  int64_t dim_;
  LEXIGRAD_MODULE(Softmax)
};

/// The logarithm of softmax along `dim`.
class LogSoftmax final : public Module {
 public:
  explicit LogSoftmax(int64_t dim = -1) : dim_(dim) {}
  Tensor forward(const Tensor& x) const { return log_softmax(x, dim_); }

 private:
  std::string extra_repr() const override { return text("dim=", dim_); }

  int64_t dim_;
  LEXIGRAD_MODULE(LogSoftmax)
};

}  // namespace lexigrad::nn
