#include "lexigrad/train/optim/schedules/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::optim {
namespace {

constexpr const char* kWhere = "schedule";

void check_share(const char* name, double value, double high = 1) {
  check(value >= 0 && value <= high, kWhere, name, " is ", value, " (valid are 0..", high, ")");
}

void check_steps(const char* name, int64_t value, int64_t low) {
  check(value >= low, kWhere, name, " is ", value, " (valid are ", low, " and more)");
}

// From `start` to `end` as height(progress) falls from 1 to 0.
template <class Height>
Schedule falling(int64_t total, double start, double end, const Height& height) {
  check_steps("total", total, 0);
  check_share("end", end);
  double steps = static_cast<double>(std::max<int64_t>(total, 1));
  return [=](int64_t step) {
    return end + (start - end) * height(std::min(static_cast<double>(step) / steps, 1.0));
  };
}

double half_wave(double progress) { return (1 + std::cos(M_PI * progress)) / 2; }

double at(const Schedule& schedule, int64_t step) { return schedule ? schedule(step) : 1; }

}  // namespace

Schedule constant(double share) {
  check_share("share", share);
  return [share](int64_t) { return share; };
}

Schedule linear(int64_t total, double end, double start) {
  check_share("start", start);
  return falling(total, start, end, [](double progress) { return 1 - progress; });
}

Schedule polynomial(int64_t total, double power, double end) {
  check(power >= 0 && std::isfinite(power), kWhere, "power is ", power, " (valid are 0 and more)");
  return falling(total, 1, end, [power](double progress) { return std::pow(1 - progress, power); });
}

Schedule cosine(int64_t total, double end) { return falling(total, 1, end, half_wave); }

Schedule trapezoid(int64_t total, int64_t fall, double end) {
  check_steps("total", total, 0);
  check(fall >= 0 && fall <= total, kWhere, "fall is ", fall, " of ", total, " steps (valid are 0..", total,
        ")");
  return then(constant(), total - fall, linear(fall, end));
}

Schedule one_cycle(int64_t total, const OneCycle& options) {
  check_steps("total", total, 0);
  check_share("start", options.start);
  check_share("end", options.end);
  check_share("rise", options.rise, options.three_phases ? 0.5 : 1);
  struct Phase {
    double last, from, to;
  };
  double steps = static_cast<double>(total), top = options.rise * steps - 1;
  std::vector<Phase> phases = {{top, options.start, 1}};
  if (options.three_phases) phases.push_back({2 * top, 1, options.start});
  phases.push_back({steps - 1, phases.back().to, options.end});
  return [phases, straight = options.straight](int64_t step) {
    double now = static_cast<double>(step), begin = 0;
    auto phase = phases.begin();
    for (; phase + 1 != phases.end() && now > phase->last; ++phase) begin = phase->last;
    double length = phase->last - begin, progress = length > 0 ? std::min((now - begin) / length, 1.0) : 1;
    return phase->to + (phase->from - phase->to) * (straight ? 1 - progress : half_wave(progress));
  };
}

Schedule step_decay(int64_t every, double factor) {
  check_steps("every", every, 1);
  check_share("factor", factor);
  return [=](int64_t step) { return std::pow(factor, static_cast<double>(step / every)); };
}

Schedule multi_step(std::vector<int64_t> milestones, double factor) {
  check_share("factor", factor);
  for (size_t i = 0; i < milestones.size(); ++i)
    check(milestones[i] > (i == 0 ? 0 : milestones[i - 1]), kWhere, "milestone ", i, " is ", milestones[i],
          " (valid are steps from 1 on, each above the one before)");
  return [milestones = std::move(milestones), factor](int64_t step) {
    auto passed = std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin();
    return std::pow(factor, static_cast<double>(passed));
  };
}

Schedule exponential(double factor, int64_t every) {
  check_steps("every", every, 1);
  check_share("factor", factor);
  return
      [=](int64_t step) { return std::pow(factor, static_cast<double>(step) / static_cast<double>(every)); };
}

Schedule inverse_sqrt(int64_t timescale) {
  check_steps("timescale", timescale, 1);
  double scale = static_cast<double>(timescale);
  return [scale](int64_t step) { return std::sqrt(scale / (scale + static_cast<double>(step))); };
}

Schedule warm_restarts(int64_t period, int64_t factor, double end) {
  check_steps("period", period, 1);
  check_steps("factor", factor, 1);
  check_share("end", end);
  return [=](int64_t step) {
    int64_t length = period;
    if (factor == 1) step %= period;
    while (step >= length) {
      step -= length;
      length = length > std::numeric_limits<int64_t>::max() / factor ? std::numeric_limits<int64_t>::max()
                                                                     : length * factor;
    }
    return end + (1 - end) * half_wave(static_cast<double>(step) / static_cast<double>(length));
  };
}

Schedule warm_up(int64_t steps, Schedule next) {
  check_steps("warmup", steps, 0);
  return then(
      [steps](int64_t step) { return static_cast<double>(step + 1) / static_cast<double>(steps + 1); }, steps,
      std::move(next));
}

Schedule then(Schedule first, int64_t steps, Schedule second) {
  check_steps("steps", steps, 0);
  return [steps, first = std::move(first), second = std::move(second)](int64_t step) {
    return step < steps ? at(first, step) : at(second, step - steps);
  };
}

Schedule times(Schedule a, Schedule b) {
  return [a = std::move(a), b = std::move(b)](int64_t step) { return at(a, step) * at(b, step); };
}

}  // namespace lexigrad::optim
