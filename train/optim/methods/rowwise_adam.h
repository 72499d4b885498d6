// Row-wise Adam: one second moment for each row of a table.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct RowwiseAdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// Adam with v = beta2 v + (1 - beta2) mean of g'^2 over the row, as FBGEMM's partial row-wise Adam; decay is L2, in
/// g' = g + weight_decay w. Slots "rowwise-adam.m" in the parameter's shape and "rowwise-adam.v" (rows). A row
/// is a slice of the first dimension, each element of a vector is one.
class RowwiseAdam final : public Optimizer {
 public:
  explicit RowwiseAdam(const ParameterGroups& parameters, const RowwiseAdamOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  RowwiseAdamOptions options_;
};

}  // namespace lexigrad::optim
