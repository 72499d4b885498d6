#include "lexigrad/train/optim/methods/muon.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::optim {

Tensor orthogonalized(const Tensor& x, int64_t steps, double eps) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  bool tall = x.size(0) > x.size(1);
  Tensor out = tall ? transpose(x, 0, 1) : x;
  out = out / (norm(out).item<double>() + eps);
  for (int64_t i = 0; i < steps; ++i) {
    Tensor square = matmul(out, transpose(out, 0, 1));
    out = out * a + matmul(square * b + matmul(square, square) * c, out);
  }
  return tall ? transpose(out, 0, 1) : out;
}

Muon::Muon(const ParameterGroups& parameters, const MuonOptions& options)
    : MatrixMethod("muon", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                   {"m"}, {options.adam, options.betas, options.adam_eps}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("momentum", options.momentum, 0, 1);
  check_option("eps", options.eps, 0, infinity);
  check_option("adam_eps", options.adam_eps, 0, infinity);
  check(options.ns_steps >= 1 && options.ns_steps <= 100, "muon", "ns_steps is ", options.ns_steps,
        " (valid are 1..100)");
}

OptimizerKind Muon::kind() {
  OptimizerKind out = kind_of<Muon, MuonOptions>(
      "muon", "orthogonal steps for an encoder's matrices, adamw for tables, heads and vectors", 0.003,
      {"m", "v"});
  out.matrix_slots = SlotKinds{"m"};
  return out;
}

void Muon::update_matrix(const StepMatrix& at, const StepOptions& step, Slots& slots) const {
  Tensor slot = slots.tensor(0);
  Tensor m = lerp(at.rows_of(slot), at.gradient(), 1 - options_.momentum);
  at.put(slot, m);
  Tensor way = options_.nesterov ? lerp(at.gradient(), m, options_.momentum) : m;
  double rows = static_cast<double>(at.rows()), dim = static_cast<double>(at.dim());
  double size =
      options_.match_adam ? 0.2 * std::sqrt(std::max(rows, dim)) : std::sqrt(std::max(1.0, rows / dim));
  at.move(1 - step.lr * step.weight_decay,
          orthogonalized(way, options_.ns_steps, options_.eps) * (step.lr * size));
}

}  // namespace lexigrad::optim
