#include "lexigrad/train/optim/schedules/plateau.h"

#include <algorithm>
#include <cmath>

namespace lexigrad::optim {

Plateau::Plateau(const PlateauOptions& options) : options_(options) {
  const PlateauOptions& o = options;
  check(o.factor >= 0 && o.factor < 1, "plateau", "factor is ", o.factor, " (valid: >= 0 and < 1)");
  check(o.patience >= 0 && o.cooldown >= 0, "plateau", "patience and cooldown are ", o.patience, " and ",
        o.cooldown, " (valid: >= 0)");
  check(o.threshold >= 0 && std::isfinite(o.threshold), "plateau", "threshold is ", o.threshold,
        " (valid: finite, >= 0)");
  check(o.end >= 0 && o.end <= 1, "plateau", "end is ", o.end, " (valid: 0..1)");
  check(o.epsilon >= 0, "plateau", "epsilon is ", o.epsilon, " (valid: >= 0)");
}

double Plateau::see(double loss) {
  State& s = state_;
  double wanted = options_.relative ? s.lowest * (1 - options_.threshold) : s.lowest - options_.threshold;
  if (loss < wanted)
    s.lowest = loss, s.bad = 0;
  else
    ++s.bad;
  if (s.cooling > 0) --s.cooling, s.bad = 0;
  if (s.bad > options_.patience) {
    double less = std::max(s.share * options_.factor, options_.end);
    if (s.share - less > options_.epsilon) s.share = less;
    s.cooling = options_.cooldown;
    s.bad = 0;
  }
  return s.share;
}

PlateauOptions plateau_options(const OptionValues& options) {
  return {.factor = options.get<double>("lr-factor"),
          .patience = options.get<int64_t>("lr-patience"),
          .threshold = options.get<double>("lr-threshold"),
          .relative = options.get<std::string>("lr-threshold-mode") == "rel",
          .cooldown = options.get<int64_t>("lr-cooldown"),
          .end = options.get<double>("lr-end")};
}

}  // namespace lexigrad::optim
