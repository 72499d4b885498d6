#include "lexigrad/train/loop/callbacks/measures/norms.h"

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/train/optim/clip.h"

namespace lexigrad::train {

void Norms::before_step(RunState& state) {
  int64_t next = state.step() + 1;
  if (next % interval_ != 0 && next != state.total) return;
  NoGrad off;
  for (const Tensor& p : state.trainer.optimizer().parameters()) before_.push_back(p.clone());
}

void Norms::after_step(RunState& state) {
  if (before_.empty()) return;
  NoGrad off;
  const optim::Optimizer& optimizer = state.trainer.optimizer();
  state.measured["grad_norm"] = optim::grad_norm(optimizer.parameters());
  for (size_t i = 0; i < before_.size(); ++i) {
    const nn::ParameterRef& p = optimizer.parameters()[i];
    if (!p.requires_grad() || !p.has_grad()) continue;
    state.measured["grad_norm/" + optimizer.name(i)] = optim::grad_norm({p});
    Tensor before = nn::widened(before_[i]);
    double change = norm(nn::widened(p) - before).item<double>(), size = norm(before).item<double>();
    if (size > 0) state.measured["update_ratio/" + optimizer.name(i)] = change / size;
  }
  before_.clear();
}

}  // namespace lexigrad::train
