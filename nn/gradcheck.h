// gradcheck for modules.
#pragma once
#include <concepts>
#include <functional>
#include <type_traits>

#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/nn/module.h"

namespace lexigrad {

namespace detail {
enum class Order { first, second };
GradcheckResult check_module(Order order, const nn::Module& module,
                             const std::function<Tensor(const Tensor&)>& call, const Tensor& input,
                             const GradcheckOptions& options);
}  // namespace detail

/// Checks module(input) in float64: every parameter under its path ("gate.weight") and, where
/// it is floating, the input. The result is named after the module's class. The module is left
/// as it was. A padding row must have gradient 0 and is else left out, which the result says.
template <class M>
requires std::derived_from<std::remove_cvref_t<M>, nn::Module> GradcheckResult
gradcheck(M&& module, const Tensor& input, const GradcheckOptions& options = {}) {
  return detail::check_module(
      detail::Order::first, module, [&](const Tensor& x) { return module(x); }, input, options);
}

/// The same for the gradients' own gradients.
template <class M>
requires std::derived_from<std::remove_cvref_t<M>, nn::Module> GradcheckResult
gradgradcheck(M&& module, const Tensor& input, const GradcheckOptions& options = {}) {
  return detail::check_module(
      detail::Order::second, module, [&](const Tensor& x) { return module(x); }, input, options);
}

}  // namespace lexigrad
