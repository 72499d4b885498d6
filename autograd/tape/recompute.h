// A part of a computation that keeps its inputs alone, and is computed again when gradients go through it:
//   Tensor y = recomputed([&](const Tensor& x) { return block(x); }, x);
#pragma once
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tape/function.h"

namespace lexigrad {

namespace detail {
using Part = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
std::vector<Tensor> recomputed(Part f, const std::vector<Tensor>& inputs);
/// True while this thread computes a part again: what counts its calls, as running means do, looks away.
bool computing_again();

template <class F, size_t... i>
auto with_list(F f, std::index_sequence<i...>) {
  return [f = std::move(f)](const std::vector<Tensor>& in) mutable { return as_list(f(in[i]...)); };
}
}  // namespace detail

/// f(inputs...): a Tensor, or a std::vector or std::array of them. What its ops would keep for backward is gone
/// when it returns, and made again when a walk back gets there (Chen, Xu, Zhang and Guestrin, "Training deep nets
/// with sublinear memory cost", 2016): the memory of a part for the time of its forward pass. The walk goes on
/// through the new ops as it would have through the first, so loss and gradients have the same bits, whatever f
/// draws, reads rows of or captures, and whatever parts are in it. Two things are the same but for rounding: sums
/// of three or more gradients of a tensor where f has several outputs, and derivatives of derivatives.
///
/// f has to do the same twice: what it refers to must live until backward and stay as it is, train() and eval() of
/// modules included. Other draws, other shapes, and tensors on the tape that were changed in place are errors. Hooks
/// inside f that see values see them twice. Without gradients it is f(inputs...).
template <class F, class... Inputs>
auto recomputed(F f, const Inputs&... inputs) {
  static_assert((std::is_convertible_v<const Inputs&, const Tensor&> && ...),
                "recomputed(f, inputs...) takes Tensors; f may capture anything else");
  using Result = std::decay_t<decltype(f(static_cast<const Tensor&>(inputs)...))>;
  return detail::from_list<Result>(detail::recomputed(
      detail::with_list(std::move(f), std::index_sequence_for<Inputs...>()), std::vector<Tensor>{inputs...}));
}

}  // namespace lexigrad
