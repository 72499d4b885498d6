// What a function does while it runs, for gradcheck: the ops on its tape, the leaves that they
// read, whether all is float64, and where the random streams stand.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/checks/subject.h"

namespace lexigrad::detail {

struct Heard {
  std::vector<GradcheckInput> leaves = {};  ///< "leaf [4, 3] read by linear in Gate.value"
  std::string narrow = {};                  ///< the first op that leaves float64; empty: none
};

/// f(); adds to `heard`.
Outputs listen(const std::function<Outputs()>& f, Heard& heard);

/// The modules and ops on the outputs' tape, in order: "softsign", "Gate" or "function of sin,
/// mul, ..."; "function" where they have none.
std::string path_of(const Outputs& y);

/// Where the default generator and the draws of this thread stand.
struct RandomState {
  std::string generator;
  std::pair<uint64_t, uint64_t> draw;
  bool operator==(const RandomState&) const = default;
};
RandomState random_state();

}  // namespace lexigrad::detail
