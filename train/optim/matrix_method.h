// Methods in which the numbers of a matrix move together, and Adam for parameters that are no matrices.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/step_matrix.h"

namespace lexigrad::optim {

/// Names of matrices whose rows are words or places: tables and heads, which Adam moves unless told otherwise.
inline std::vector<std::string> tables_and_heads() { return {"*token*", "*head*", "*embed*", "*position*"}; }

/// What such methods share: matrices move by the method, all else and what fits the patterns by Adam, with decay
/// beside the gradient and slots "m" and "v". Lazy rows step as if those in the batch were the whole matrix, lazy_exact
/// ones as dense ones do, at their cost.
class MatrixMethod : public Optimizer {
 protected:
  struct AdamSettings {
    std::vector<std::string> patterns;  ///< matrices that go by Adam, * for any letters
    std::pair<double, double> betas;
    double eps;
  };

  /// `slots` are those of a matrix that the method moves.
  MatrixMethod(std::string kind, const ParameterGroups& groups, const StepOptions& options,
               const std::vector<std::string>& no_decay, SlotKinds slots, AdamSettings adam);
  /// A step of a matrix that has rows and columns.
  virtual void update_matrix(const StepMatrix& at, const StepOptions& step, Slots& slots) const = 0;

 private:
  bool by_adam(const nn::ParameterRef& parameter) const;
  SlotKinds slots_for(const nn::ParameterRef& parameter) const final;
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const final;
  void update_by_adam(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const;

  SlotKinds matrix_slots_;
  AdamSettings adam_;
};

}  // namespace lexigrad::optim
