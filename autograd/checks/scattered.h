// Gradients over memory that is not contiguous, for gradcheck.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/checks/heard.h"

namespace lexigrad::detail {

/// Adds to the result of a function of a list, which is ok, whether its values and gradients are
/// the same for inputs and cotangents whose dimensions lie in reverse and whose elements have
/// others between them. A function that refuses such inputs is named among what was left out.
void check_scattered(const std::function<Outputs(const std::vector<Tensor>&)>& f,
                     const std::vector<GradcheckInput>& inputs, const GradcheckOptions& options,
                     GradcheckResult& result);

}  // namespace lexigrad::detail
