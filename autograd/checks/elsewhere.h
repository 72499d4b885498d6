// A function at other inputs, for what it leaves behind, for gradcheck.
#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "lexigrad/autograd/checks/heard.h"

namespace lexigrad::detail {

/// Other values, in memory of their own, in the place of the inputs', while it lives.
class Elsewhere {
 public:
  /// A small step away; negated; a small step away with whole numbers and bools in reverse.
  enum Place { near, negated, reordered };

  Elsewhere(const std::vector<GradcheckInput>& inputs, Place place);
  ~Elsewhere();
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  /// Runs the subject there; an error of it is none: the values may be outside its domain.
  static void run(const Subject& f, const std::vector<GradcheckInput>& inputs, Place place);

 private:
  std::vector<std::pair<Tensor, Tensor>> swapped_;
};

}  // namespace lexigrad::detail
