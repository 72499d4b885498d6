// Adagrad (Duchi, Hazan and Singer 2011).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;  ///< step t has the rate lr / (1 + (t - 1) lr_decay)
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.Adagrad: g' = g + weight_decay w; sum += g'^2;
/// w -= lr g' / (sqrt(initial_accumulator_value + sum) + eps). Slot "adagrad.sum", without the initial value.
/// Without decay rows outside the batch rest in both modes; lazy decay reaches the rows in the batch only.
class Adagrad final : public Optimizer {
 public:
  explicit Adagrad(const ParameterGroups& parameters, const AdagradOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  AdagradOptions options_;
};

}  // namespace lexigrad::optim
