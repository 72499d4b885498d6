// Runs of a function and its gradient that must stay the same, for gradcheck.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/checks/heard.h"

namespace lexigrad::detail {

/// What a function does at the given inputs.
struct Overheard {
  Outputs y;
  std::vector<GradcheckInput> inputs;  ///< those given, then the float64 leaves that it reads besides
  std::string narrow;                  ///< Heard::narrow, or a leaf that is not float64
};

/// Runs f twice. Throws where the outputs differ or random numbers were drawn, where an input is
/// float32, and where no output is floating. The inputs become leaves that require a gradient.
Overheard overhear(const Subject& f, const std::vector<GradcheckInput>& inputs);

struct Steady {
  Overheard seen;
  std::vector<Tensor> gradients;  ///< of each input: zeros where there is none, undefined for what has none
};

/// overhear(), and the gradients of <f(), cotangents>, several times over: as they are, and with
/// f run at other inputs between forward and backward. Throws where values or gradients
/// change. The leaves' own gradients are left as they were.
Steady run_steadily(const Subject& f, const std::vector<GradcheckInput>& inputs, uint64_t seed);

/// The outputs that want a gradient, and their cotangents.
struct Roots {
  Outputs y, seeds;
};
Roots roots_of(const Outputs& y, const Outputs& cotangents);
/// Uniform numbers in (-1, 1) of each output's shape, float64; others for each output.
Outputs random_cotangents(const Outputs& y, uint64_t seed);
bool is_checked(const GradcheckInput& input);

}  // namespace lexigrad::detail
