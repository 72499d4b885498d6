// A parameter in one step as a matrix, for optimizers whose numbers move together.
#pragma once
#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::optim {

/// The rows that a step moves: all, or those of a row gradient in lazy mode, as if they were the whole table.
/// Those of a bfloat16 parameter are float32 here, and rounded at random where they go back.
class StepMatrix {
 public:
  StepMatrix(const nn::ParameterRef& parameter, const StepOptions& step);

  const Tensor& weight() const { return weight_; }      ///< (n, dim)
  const Tensor& gradient() const { return gradient_; }  ///< (n, dim); zeros where a row's rate is 0
  int64_t rows() const { return weight_.size(0); }
  int64_t dim() const { return weight_.size(1); }
  /// What a slot of the parameter's rows has for those of the step.
  Tensor rows_of(const Tensor& slot) const;
  /// Puts rows back to where rows_of() took them.
  void put(const Tensor& slot, const Tensor& rows) const;
  /// w = keep w - change, both for rows of rate 1: where another is given, that share of them.
  void move(double keep, const Tensor& change) const;

 private:
  void put_weight(const Tensor& rows) const;

  Rounding rounding_;
  Tensor whole_;  // the parameter, (rows, dim)
  Tensor ids_;    // undefined: all
  Tensor weight_, gradient_;
  Tensor rates_;  // (n, 1); undefined: all 1
};

}  // namespace lexigrad::optim
