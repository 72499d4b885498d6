// AdamW (Loshchilov and Hutter 2019).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/methods/adam.h"

namespace lexigrad::optim {

struct AdamWOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< the share lr * weight_decay; in lazy mode of the rows in the batch only
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.AdamW: Adam whose decay is no part of the gradient. Slots "adamw.m" and "adamw.v".
class AdamW final : public Adam {
 public:
  explicit AdamW(std::vector<nn::ParameterRef> parameters, const AdamWOptions& options = {})
      : Adam("adamw", std::move(parameters),
             {options.lr, options.betas, options.eps, options.weight_decay, options.rows, options.no_decay},
             true) {}
};

}  // namespace lexigrad::optim
