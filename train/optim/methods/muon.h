// Muon (Jordan et al. 2024): steps of matrices in which all directions count alike; Adam for the rest.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/matrix_method.h"
#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct MuonOptions {
  double lr = 1e-3;
  double momentum = 0.95;
  bool nesterov = true;
  int64_t ns_steps = 5;     ///< of Newton and Schulz's iteration
  double eps = 1e-7;        ///< added to a matrix's norm
  double weight_decay = 0;  ///< beside the gradient, as in AdamW
  /// A matrix (a, b) moves by lr times 0.2 sqrt(max(a, b)), in size as Adam moves it (Liu et al. 2025), so that one
  /// rate serves all parameters; else by lr times sqrt(max(1, a / b)), as torch does unless told otherwise.
  bool match_adam = true;
  std::pair<double, double> betas = {0.9, 0.999};  ///< of Adam
  double adam_eps = 1e-8;
  /// Matrices that Adam moves, beside all that are no matrices: tables and heads, whose rows are words.
  std::vector<std::string> adam = tables_and_heads();
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// m = momentum m + (1 - momentum) g; w = (1 - lr weight_decay) w - size O(g + momentum (m - g)), where O is
/// the nearest orthogonal matrix, by ns_steps of X = a X + (b A + c A A) X, A = X X^T with torch.optim.Muon's a, b
/// and c, in the parameter's dtype (torch's is bfloat16). Slot "muon.m", and for Adam's parameters "muon.v".
class Muon final : public MatrixMethod {
 public:
  explicit Muon(const ParameterGroups& parameters, const MuonOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update_matrix(const StepMatrix& at, const StepOptions& step, Slots& slots) const override;

  MuonOptions options_;
};

/// The iteration alone: x (n, m) to a matrix near its nearest orthogonal one, whose singular values lie in
/// about 0.7 to 1.2.
Tensor orthogonalized(const Tensor& x, int64_t steps = 5, double eps = 1e-7);

}  // namespace lexigrad::optim
