// What to say of a loss, a gradient or a parameter that is not finite.
#pragma once
#include <functional>
#include <string>

#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::train {

/// Names of the parameters that hold a NaN or an infinity, as "a, b"; empty where all numbers are finite.
std::string not_finite(const optim::Optimizer& optimizer);
/// The same for the parameters' gradients.
std::string not_finite_gradients(const optim::Optimizer& optimizer);

bool has_finite_gradient(const Tensor& parameter);

/// For a loss or gradients that are not finite, computed by `pass`: runs that again under CheckNumerics and throws
/// its error, with the parameters that are not finite. `what` begins the text: "The loss is nan at step 3".
[[noreturn]] void fail_not_finite(const std::string& what, const optim::Optimizer& optimizer,
                                  const CheckNumericsOptions& options, const std::function<void()>& pass);

}  // namespace lexigrad::train
