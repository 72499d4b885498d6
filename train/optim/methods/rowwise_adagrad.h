// Row-wise Adagrad (Mudigere et al. 2022): one number of state for each row of a table.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct RowwiseAdagradOptions {
  double lr = 1e-2;
  double weight_decay = 0;
  double eps = 1e-10;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// g' = g + weight_decay w; sum += mean of g'^2 over the row; w -= lr g' / (sqrt(sum) + eps). Slot
/// "rowwise-adagrad.sum" (rows). A row is a slice of the first dimension, each element of a vector is one.
/// Rows outside the batch as in Adagrad.
class RowwiseAdagrad final : public Optimizer {
 public:
  explicit RowwiseAdagrad(const ParameterGroups& parameters, const RowwiseAdagradOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  RowwiseAdagradOptions options_;
};

}  // namespace lexigrad::optim
