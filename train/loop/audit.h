// What the first step shows of a model that would silently not train.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::train {

/// Each list holds parameter names or shapes.
struct Audit {
  std::vector<std::string> without_gradient, unchanged, unregistered;
  bool clean() const { return without_gradient.empty() && unchanged.empty() && unregistered.empty(); }
};
/// One line naming what does not train and what to do; empty for a clean audit.
std::string to_string(const Audit& audit);

/// Watches one step: made before it, told of the loss before backward, asked after the optimizer's step. A matrix that was
/// zero before the step has hidden the gradients of what it multiplies, so that where one moves, gradients of zeros pass.
class Auditor {
 public:
  explicit Auditor(const optim::Optimizer& optimizer);
  void see(const Tensor& loss, const std::vector<Tensor>& moved_elsewhere = {});
  Audit finish() const;

 private:
  const optim::Optimizer& optimizer_;
  std::vector<uint64_t> before_;  ///< a fingerprint of each parameter
  std::vector<bool> zero_;        ///< of each whether it is a matrix of zeros
  std::vector<std::string> strangers_;
};

}  // namespace lexigrad::train
