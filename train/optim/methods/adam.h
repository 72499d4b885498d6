// Adam (Kingma and Ba 2015).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2, added to the gradient; in lazy mode to the rows in the batch only
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.Adam; a row gradient in lazy mode steps as torch.optim.SparseAdam does, which adds eps to
/// sqrt(v) before and not after the bias correction. Slots "adam.m" and "adam.v".
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<nn::ParameterRef> parameters, const AdamOptions& options = {});

 protected:
  /// `decoupled`: decay shrinks the weight, beside the step, and is no part of the gradient (AdamW).
  Adam(std::string kind, std::vector<nn::ParameterRef> parameters, const AdamOptions& options,
       bool decoupled);

 private:
  void update(const nn::ParameterRef& parameter, double weight_decay, Memory& memory) const override;

  AdamOptions options_;
  bool decoupled_ = false;
};

}  // namespace lexigrad::optim
