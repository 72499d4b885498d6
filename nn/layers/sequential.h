// Layers one after another.
#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

namespace detail {
/// A module from one tensor to one, and no lvalue: modules are not copied.
template <class L>
concept Link = std::derived_from<L, Module> && std::is_invocable_r_v<Tensor, const L&, const Tensor&>;
}  // namespace detail

/// Feeds its input through the layers in order; they are named "0", "1", ...
class Sequential final : public Module {
 public:
  /// Takes the layers over: Sequential(Linear(4, 5), Tanh(), std::move(mine)).
  template <detail::Link... Layers>
  explicit Sequential(Layers&&... layers) {
    (append(std::move(layers)), ...);
  }
  template <class L, class... Rest>
  explicit Sequential(const L&, const Rest&...) = delete;  // takes ReLU(), std::move(mine): tensor to tensor

  template <detail::Link Layer>
  void append(Layer&& layer) {
    auto owned = std::make_unique<Layer>(std::move(layer));
    calls_.push_back([raw = owned.get()](const Tensor& x) { return (*raw)(x); });
    layers_.push_back(std::move(owned));
  }
  template <class L>
  void append(const L&) = delete;  // takes ReLU(), std::move(mine): tensor to tensor

  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (const auto& layer : calls_) y = layer(y);
    return y;
  }

  LEXIGRAD_FORWARD(Sequential)
  // The list without a name: paths are "0.weight", not "layers.0.weight".
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "Sequential", " ").add(layers_);
  }

  std::vector<std::unique_ptr<Module>> layers_;
  std::vector<std::function<Tensor(const Tensor&)>> calls_;
};

}  // namespace lexigrad::nn
