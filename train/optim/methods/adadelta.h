// Adadelta (Zeiler 2012).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.9;  ///< what the averages keep at a step
  double eps = 1e-6;
  double weight_decay = 0;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.Adadelta: g' = g + weight_decay w; square = rho square + (1 - rho) g'^2;
/// x = g' sqrt(delta + eps) / sqrt(square + eps); delta = rho delta + (1 - rho) x^2; w -= lr x. Slots
/// "adadelta.square" and "adadelta.delta".
class Adadelta final : public Optimizer {
 public:
  explicit Adadelta(const ParameterGroups& parameters, const AdadeltaOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  AdadeltaOptions options_;
};

}  // namespace lexigrad::optim
