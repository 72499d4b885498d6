// Adafactor (Shazeer and Stern 2018): second moments of a matrix as those of its rows times those of its columns.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct AdafactorOptions {
  double lr = 1e-2;            ///< at most; a step t has min(lr, 1 / sqrt(t)), relative to the weights' size
  double beta2_decay = -0.8;   ///< the newest gradient has the share t^beta2_decay of the second moments
  std::optional<double> eps1;  ///< added to moments; unset: the smallest step of the dtype above 1
  double eps2 = 1e-3;          ///< the least size of weights, root of their mean square
  double d = 1;  ///< the largest root of the mean square of a change, relative to the rate; >= 1
  double weight_decay = 0;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.Adafactor; a parameter of several dimensions is a matrix of its rows, slices of the first. Slots
/// "adafactor.row" (rows) and "adafactor.column" (dim), or "adafactor.v" of a vector. Decay is beside the
/// gradient. All numbers of a parameter move together: lazy rows step as if those in the batch were the whole
/// table, and lazy_exact ones as dense ones do, at their cost.
class Adafactor final : public Optimizer {
 public:
  explicit Adafactor(const ParameterGroups& parameters, const AdafactorOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  AdafactorOptions options_;
};

}  // namespace lexigrad::optim
