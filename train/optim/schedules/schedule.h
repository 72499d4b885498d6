// How the learning rate changes over a run: a function of the step alone, so that a resumed run needs
// no state. Schedules nest: warm_up(100, cosine(900)), then(constant(0.1), 50, exponential(0.99)).
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace lexigrad::optim {

/// The share of the full learning rate in step 0, 1, ... of a run; in 0..1 for all below. An empty one leaves
/// the rate alone, and stands for 1 wherever a schedule is an argument.
using Schedule = std::function<double(int64_t step)>;

/// The same share in every step. Throws unless 0 <= share <= 1.
Schedule constant(double share = 1);

// Falling from 1 in step 0 to `end` in step `total`, where they stay: end + (1 - end) height(step / total).
// All throw unless total >= 0, 0 <= end <= 1, and as they say.

/// height(x) = 1 - x; from `start` in place of 1, which may be below `end`: 0 <= start <= 1.
Schedule linear(int64_t total, double end = 0, double start = 1);
/// height(x) = (1 - x)^power; power >= 0.
Schedule polynomial(int64_t total, double power, double end = 0);
/// height(x) = (1 + cos(pi x)) / 2, half a period of the cosine (Loshchilov and Hutter 2017).
Schedule cosine(int64_t total, double end = 0);
/// height(x) = 1 up to step total - fall, and from there a straight line; 0 <= fall <= total. Behind warm_up()
/// the trapezoid of Hägele et al. 2024, also warm-up-stable-decay.
Schedule trapezoid(int64_t total, int64_t fall, double end = 0);

struct OneCycle {
  double start = 1.0 / 25;      ///< the share in step 0; 0..1
  double end = 1.0 / 25 / 1e4;  ///< in step total - 1 and after; 0..1
  double rise = 0.3;            ///< part of the steps that rises; 0..1, to 0.5 with three phases
  bool straight = false;        ///< lines in place of half periods of the cosine
  bool three_phases = false;    ///< down to `start` in as many steps as up, and on to `end` from there
};
/// Rises from `start` to 1 in step rise * total - 1, and falls to `end` (Smith and Topin 2018), in the steps of
/// PyTorch's OneCycleLR. Throws unless total >= 0 and the options are valid.
Schedule one_cycle(int64_t total, const OneCycle& options = {});

// Falling for ever. All throw outside the ranges given.

/// factor^floor(step / every); every >= 1, 0 <= factor <= 1.
Schedule step_decay(int64_t every, double factor = 0.1);
/// factor^n behind n of the milestones; these >= 1, each above the one before; 0 <= factor <= 1.
Schedule multi_step(std::vector<int64_t> milestones, double factor = 0.1);
/// factor^(step / every); every >= 1, 0 <= factor <= 1.
Schedule exponential(double factor, int64_t every = 1);
/// sqrt(timescale / (timescale + step)); timescale >= 1. Behind a warm_up() of timescale - 1 steps the schedule
/// of Vaswani et al. 2017, min(n / timescale, sqrt(timescale / n)) in step n counted from 1.
Schedule inverse_sqrt(int64_t timescale);
/// cosine(period, end) again and again, each time with a period `factor` times as long (SGDR: Loshchilov and
/// Hutter 2017); period and factor >= 1, 0 <= end <= 1.
Schedule warm_restarts(int64_t period, int64_t factor = 1, double end = 0);

// Made of others. They throw unless steps >= 0.

/// Rises over `steps` steps, (step + 1) / (steps + 1), and goes on with step 0 of `next`.
Schedule warm_up(int64_t steps, Schedule next = {});
/// `first` over `steps` steps, and then from its step 0 on `second`.
Schedule then(Schedule first, int64_t steps, Schedule second);
/// The product of their shares.
Schedule times(Schedule a, Schedule b);

}  // namespace lexigrad::optim
