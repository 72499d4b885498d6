// SOAP (Vyas et al. 2024, arXiv 2409.11321): Adam along the directions in which a matrix's gradients lie.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/matrix_method.h"
#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct SoapOptions {
  double lr = 3e-3;
  /// What the moments keep at a step, beta2 also what L and R keep.
  std::pair<double, double> betas = {0.95, 0.95};
  double eps = 1e-8;
  double weight_decay = 0;  ///< beside the gradient, as in AdamW
  int64_t every = 10;       ///< steps from one turn of the directions to the next
  /// Matrices that Adam moves, beside all that are no matrices: tables and heads, whose rows are words.
  std::vector<std::string> adam = tables_and_heads();
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// L = beta2 L + (1 - beta2) g g^T and R, of g^T g, have the directions P and Q (orthonormal rows), along which Adam
/// steps: w = (1 - lr weight_decay) w - lr P^T (P m Q^T / (sqrt(v) + eps)) Q with the moments m of g, v of P g Q^T, both
/// corrected for their bias. The first step is Adam's own, along rows and columns; it gives the first directions, and
/// moments begin behind it. Each `every` steps P becomes orthonormal rows of P (L + 0.01 mean(diag L)), largest first:
/// a power step towards L's eigenvectors, which leaves alone what no gradient has met. In float64. Sides of more than
/// 1024 rows or columns are not turned, nor are rows under lazy. Slots "soap.m", "soap.v", "soap.l", "soap.p",
/// "soap.r" and "soap.q"; m and v of what Adam moves.
class Soap final : public MatrixMethod {
 public:
  explicit Soap(const ParameterGroups& parameters, const SoapOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update_matrix(const StepMatrix& at, const StepOptions& step, Slots& slots) const override;

  SoapOptions options_;
};

/// Rows of x (n, m), n <= m, made orthogonal one after another and of length 1. They must be independent.
Tensor orthonormal_rows(const Tensor& x);

}  // namespace lexigrad::optim
