// What gradcheck checks, in its most general form.
#pragma once
#include <functional>
#include <vector>

#include "lexigrad/autograd/checks/gradcheck.h"

namespace lexigrad::detail {

using Outputs = std::vector<Tensor>;

/// A function of inputs that it reads itself.
struct Subject {
  std::function<Outputs()> call;
  std::function<void()> over_copies = {};  ///< calls it over copies of the inputs; may be empty
};

/// gradcheck and gradgradcheck of all outputs together, then of each alone.
GradcheckResult gradcheck_subject(const Subject& f, const std::vector<GradcheckInput>& inputs,
                                  const GradcheckOptions& options);
GradcheckResult gradgradcheck_subject(const Subject& f, const std::vector<GradcheckInput>& inputs,
                                      const GradcheckOptions& options);

}  // namespace lexigrad::detail
