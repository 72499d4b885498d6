// Two runs side by side: the first step after which they are not the same, and where.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "lexigrad/train/runs/diagnosis/state_difference.h"

namespace lexigrad::train {

struct Bisection {
  std::string run, other;
  std::string options = {};  ///< what OTHER's options have that RUN's have not; empty where nothing
  int64_t from = 0, to = 0;  ///< steps: from equal checkpoints or the start, to the last that both have made
  int64_t first = -1;        ///< the first step after which they differ, 0 at the start; -1: none up to `to`
  std::string where = {};    ///< what differs from what, where that is not the one run from the other
  std::optional<TensorDifference> difference =
      {};  ///< after the first step; none where only one of them makes it
  std::optional<std::pair<double, double>> losses = {};  ///< of that step

  bool same() const { return first < 0; }
};

/// Goes with both runs from their newest checkpoints that are equal, or their starts, step by step, and compares
/// weights, and averages and the optimizer's state as far as they have the same names, bit for bit; each run's checkpoints with what
/// is made of it again, too. Writes into neither folder. Throws as resume() does.
Bisection bisect(const std::string& folder, const std::string& other, std::ostream& progress);

/// For people, and one JSON object.
std::string bisection_text(const Bisection& found);
std::string bisection_json(const Bisection& found);

}  // namespace lexigrad::train
