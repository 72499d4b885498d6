// Averaging in the place of a schedule (Defazio et al. 2024, "The Road Less Scheduled", arXiv 2405.15682).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/methods/kernels/schedule_free.h"
#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::optim {

/// What schedule-free methods share. Three points: z goes the steps, x is the average of all z, and gradients are
/// taken at y = (1 - beta) z + beta x, which is what parameters hold between steps; x is what caught_up() and CaughtUp
/// show, so what evaluation, checkpoints, best weights and vectors have. Step k, counted for each parameter:
///   lr_k = lr min(1, k / warmup_steps),  w_k = k^r max(lr_1 .. lr_k)^weight_lr_power,  c = w_k / (w_1 + .. + w_k)
///   z' = z - lr_k d,  x' = (1 - c) x + c z',  where d is the method's direction at y, weight_decay y in it.
/// Slot "offset" is z - y: 0 for rows that have not moved. The bits of y are kept: the state has
/// them as "weight", beside what is shown. Rows under lazy_exact are dense ones, as all numbers move in each step. A max_norm
/// holds y after each step and x where it is shown.
class ScheduleFree : public Optimizer {
 protected:
  struct Settings {
    double beta;  ///< 0 < beta < 1
    int64_t warmup_steps;
    double r, weight_lr_power;
  };

  /// Slot 0 of `slots` is the offset.
  ScheduleFree(std::string kind, const ParameterGroups& groups, const StepOptions& options,
               const std::vector<std::string>& no_decay, SlotKinds slots, const Settings& settings);
  /// A step whose numbers are `whole` for rows of rate 1, and shared() for others.
  virtual void move(const nn::ParameterRef& parameter, const StepOptions& step,
                    const kernels::ScheduleFreeStep& whole, Memory& memory) const = 0;
  /// The numbers for a share of the learning rate.
  static kernels::ScheduleFreeStep shared(const kernels::ScheduleFreeStep& whole, double share);

 private:
  bool averages() const final { return true; }
  void average(const nn::ParameterRef& copy, const Slots& slots) const final;
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const final;

  Settings settings_;
};

}  // namespace lexigrad::optim
