// gradcheck for modules.
#pragma once
#include <array>
#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <vector>

#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/nn/module.h"

namespace lexigrad {

namespace detail {
enum class Order { first, second };
using ListCall = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
GradcheckResult check_module(Order order, const nn::Module& module, const ListCall& call,
                             const std::vector<Tensor>& inputs, const GradcheckOptions& options);

template <class M>
concept ModuleClass = std::derived_from<std::remove_cvref_t<M>, nn::Module>;
template <class F>
concept ListFunction = std::invocable < const F&,
        const std::vector<Tensor>
& > ;

/// Every tensor in what a module returns.
template <class Output>
std::vector<Tensor> listed(Output output) {
  std::vector<Tensor> out;
  nn::detail::each_tensor(output, [&](const Tensor& y) { out.push_back(y); });
  return out;
}
/// T, once for each U.
template <class T, class>
using Same = T;
/// The module as a function of a list of as many tensors as there are Inputs.
template <class... Inputs, class M>
ListCall call_of(const M& module) {
  constexpr bool fits = std::is_invocable_v<const M&, Same<const Tensor&, Inputs>...>;
  static_assert(fits, "gradcheck(module, inputs...) calls module(inputs...), and its forward() takes others");
  if constexpr (fits)
    return [&module](const std::vector<Tensor>& in) {
      [[maybe_unused]] auto next = in.begin();
      std::array<std::reference_wrapper<const Tensor>, sizeof...(Inputs)> each{
          ((void)sizeof(Inputs), std::cref(*next++))...};
      return std::apply([&](const auto&... x) { return listed(module(x.get()...)); }, each);
    };
  else
    return {};
}
}  // namespace detail

/// Checks module(inputs...) in float64: every parameter under its path ("gate.weight") and each
/// floating input, "input" where it is the only one, else "input 0", "input 1", ... All tensors
/// of the output are checked together, then each alone. The result is named after the
/// module's class. The module is left as it was. A padding row must have gradient 0 and is else
/// left out, which the result says.
template <detail::ModuleClass M, std::convertible_to<Tensor>... Inputs>
GradcheckResult gradcheck(M&& module, const Inputs&... inputs) {
  return detail::check_module(detail::Order::first, module, detail::call_of<Inputs...>(module), {inputs...},
                              {});
}
template <detail::ModuleClass M>
GradcheckResult gradcheck(M&& module, const Tensor& input, const GradcheckOptions& options) {
  return detail::check_module(detail::Order::first, module, detail::call_of<Tensor>(module), {input},
                              options);
}
/// The same for a function of a list of tensors that runs the module: call(inputs).
template <detail::ModuleClass M, detail::ListFunction F>
GradcheckResult gradcheck(M&& module, const F& call, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {}) {
  auto all = [&](const std::vector<Tensor>& in) { return detail::listed(call(in)); };
  return detail::check_module(detail::Order::first, module, all, inputs, options);
}

/// The same for the gradients' own gradients.
template <detail::ModuleClass M, std::convertible_to<Tensor>... Inputs>
GradcheckResult gradgradcheck(M&& module, const Inputs&... inputs) {
  return detail::check_module(detail::Order::second, module, detail::call_of<Inputs...>(module), {inputs...},
                              {});
}
template <detail::ModuleClass M>
GradcheckResult gradgradcheck(M&& module, const Tensor& input, const GradcheckOptions& options) {
  return detail::check_module(detail::Order::second, module, detail::call_of<Tensor>(module), {input},
                              options);
}
template <detail::ModuleClass M, detail::ListFunction F>
GradcheckResult gradgradcheck(M&& module, const F& call, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {}) {
  auto all = [&](const std::vector<Tensor>& in) { return detail::listed(call(in)); };
  return detail::check_module(detail::Order::second, module, all, inputs, options);
}

}  // namespace lexigrad
