// An op of your own, values and gradient side by side, after torch.autograd.Function:
//   struct Cube : Function<Cube> {
//     static Tensor forward(Context& context, const Tensor& x) {
//       context.save(x);
//       return x * x * x;
//     }
//     static Tensor backward(Context& context, const Tensor& dy) {
//       return dy * 3 * square(context.saved(0));
//     }
//   };
//   Tensor y = Cube::apply(x);
#pragma once
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad {

class FunctionContext;

namespace detail {
struct FunctionForm {
  const char* name;
  bool once_differentiable;
  std::vector<Tensor> (*backward)(FunctionContext&, const Tensor& dy);
};
Tensor run_function(const FunctionForm& form, const std::shared_ptr<FunctionContext>& context,
                    const std::vector<Tensor>& inputs, const std::function<Tensor()>& forward);
/// "Cube" for my::Cube.
std::string function_name(const std::type_info& type);

template <class Argument>
void add_inputs(std::vector<Tensor>& inputs, const Argument& argument) {
  if constexpr (std::is_convertible_v<const Argument&, const Tensor&>)
    inputs.push_back(argument);
  else if constexpr (std::is_same_v<Argument, std::vector<Tensor>>)
    inputs.insert(inputs.end(), argument.begin(), argument.end());
}
inline std::vector<Tensor> gradients(Tensor g) { return {std::move(g)}; }
template <class List>
requires requires(const List& list) { list.begin(); }
std::vector<Tensor> gradients(const List& list) { return {list.begin(), list.end()}; }
}  // namespace detail

/// What forward leaves for backward: tensors by save(). Anything else (a number, a constant tensor) goes into
/// a field of a Context of your own: struct Context : FunctionContext { double slope; };
class FunctionContext {
 public:
  /// In forward: keeps inputs, the output, or something between. The last has no derivative of its own: one
  /// through it is an error, so save inputs or the output where backward is to be differentiated again.
  template <class... Tensors>
  void save(const Tensors&... x) {
    (fresh_.push_back(x), ...);
  }
  /// In backward: the i-th tensor that was saved. Throws where it was changed in place since.
  Tensor saved(size_t i) const;
  /// True if the gradient of tensor argument `input` is wanted.
  bool needs(size_t input) const;

 private:
  friend Tensor detail::run_function(const detail::FunctionForm&, const std::shared_ptr<FunctionContext>&,
                                     const std::vector<Tensor>&, const std::function<Tensor()>&);
  enum class Source { input, between, output };
  struct Kept {
    Saved x;
    Source source;
  };
  struct Running;
  bool keep(const std::vector<Tensor>& inputs, const Tensor& y);
  void backward(const detail::FunctionForm& form, const Tensor& dy, const Tensor& y, Grads& dx);

  std::vector<Tensor> fresh_;  ///< what save() got, while forward runs
  std::vector<Kept> kept_;
  std::vector<bool> needs_;
  const Grads* dx_ = nullptr;  ///< of the walk that runs
  Tensor dy_, y_;
};

/// Base of an op with `static Tensor forward(Context&, arguments...)`, which runs off the tape, and
/// `static ... backward(Context&, const Tensor& dy)`, which returns the gradient of each Tensor (and of each
/// in a std::vector<Tensor>) among the arguments, in order: a Tensor, a std::array or std::vector of them;
/// Tensor() is none. Written with ops on dy and saved(i), backward can be differentiated again; one that
/// reads raw data cannot, and whoever tries is told so where that shows (gradgradcheck finds the rest).
template <class Derived>
class Function {
 public:
  using Context = FunctionContext;
  /// True in a class of your own: backward runs off the tape, and differentiating it again is an error.
  static constexpr bool once_differentiable = false;

  /// forward(context, arguments...), on the tape.
  template <class... Arguments>
  static Tensor apply(const Arguments&... arguments) {
    using DerivedContext = typename Derived::Context;
    static const std::string name = detail::function_name(typeid(Derived));
    std::vector<Tensor> inputs;
    (detail::add_inputs(inputs, arguments), ...);
    auto context = std::make_shared<DerivedContext>();
    auto backward = [](FunctionContext& c, const Tensor& dy) {
      return detail::gradients(Derived::backward(static_cast<DerivedContext&>(c), dy));
    };
    return detail::run_function({name.c_str(), Derived::once_differentiable, backward}, context, inputs,
                                [&] { return Derived::forward(*context, arguments...); });
  }
};

}  // namespace lexigrad
