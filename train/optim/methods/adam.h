// Adam (Kingma and Ba 2015).
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

/// For Adam and its kin.
struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  std::optional<double> weight_decay = {};  ///< unset: 0 in Adam, 0.01 in AdamW
  bool amsgrad = false;                     ///< divides by the largest v so far: slot "v_max"
  bool maximize = false;                    ///< climbs: the gradient counts with the opposite sign
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.Adam; weight decay is L2, added to the gradient, in lazy mode of the rows in the batch
/// only. A row gradient in lazy mode steps as torch.optim.SparseAdam does, which adds eps to sqrt(v)
/// before and not after the bias correction. Slots "adam.m" and "adam.v", of the gradients as they are where
/// it climbs, too; lazy_exact rows move by a formula (adam.cpp), with decay on the gradient or amsgrad step by step,
/// to the bits of dense ones; "adam.v_max" with amsgrad (Reddi, Kale and Kumar 2018).
class Adam : public Optimizer {
 public:
  explicit Adam(const ParameterGroups& parameters, const AdamOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 protected:
  /// Where weight decay acts: on the gradient, or on the weight beside the step (AdamW).
  enum class Decays { gradient, weight };
  Adam(std::string name, const ParameterGroups& parameters, const AdamOptions& options, Decays decays,
       double standard_decay);

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;
  bool add_idle_steps(const StepOptions& step, Memory& memory) const;

  AdamOptions options_;
  Decays decays_;
};

}  // namespace lexigrad::optim
