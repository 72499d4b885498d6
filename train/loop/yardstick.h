// What a loss is printed and drawn beside.
#pragma once
#include <string>

namespace lexigrad::train {

/// The loss of something simple, in the units of a run's held-out loss.
struct Yardstick {
  std::string name;  ///< "unigram counts"
  double loss;
};

}  // namespace lexigrad::train
