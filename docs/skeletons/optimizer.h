// SignSGD: copy to train/optim/methods/sign_sgd.h, add its line to train/train.h and its row to
// train/optim/optimizers.cpp.
#pragma once
#include <vector>

#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct SignSGDOptions {
  double lr = 1e-3;
  double momentum = 0.9;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// w -= lr sign(m), m = momentum m + (1 - momentum) g (Bernstein et al. 2018). Slot "sign_sgd.m".
class SignSGD final : public Optimizer {
 public:
  explicit SignSGD(const ParameterGroups& parameters, const SignSGDOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  SignSGDOptions options_;
};

}  // namespace lexigrad::optim
