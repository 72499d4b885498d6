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
// Where forward returns several tensors, backward takes their gradients as a const OutputGrads&.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad {

class FunctionContext;

namespace detail {
struct FunctionForm {
  const char* name;
  bool once_differentiable;
  bool several;  ///< outputs
  std::vector<Tensor> (*backward)(FunctionContext&, const OutputGrads& dy);
};
std::vector<Tensor> run_function(const FunctionForm& form, const std::shared_ptr<FunctionContext>& context,
                                 const std::vector<Tensor>& inputs,
                                 const std::function<std::vector<Tensor>()>& forward);
/// "Cube" for my::Cube.
std::string function_name(const std::type_info& type);

template <class Argument>
void add_inputs(std::vector<Tensor>& inputs, const Argument& argument) {
  if constexpr (std::is_convertible_v<const Argument&, const Tensor&>)
    inputs.push_back(argument);
  else if constexpr (std::is_same_v<Argument, std::vector<Tensor>>)
    inputs.insert(inputs.end(), argument.begin(), argument.end());
}
inline std::vector<Tensor> as_list(Tensor x) { return {std::move(x)}; }
template <class List>
requires requires(const List& list) { list.begin(); }
std::vector<Tensor> as_list(const List& list) { return {list.begin(), list.end()}; }
/// The Tensor, std::vector or std::array of them that as_list() took apart.
template <class Result>
Result from_list(std::vector<Tensor> list) {
  if constexpr (std::is_convertible_v<Result, Tensor>) {
    return std::move(list[0]);
  } else if constexpr (std::is_same_v<Result, std::vector<Tensor>>) {
    return list;
  } else {
    Result out;
    std::move(list.begin(), list.end(), out.begin());
    return out;
  }
}
}  // namespace detail

/// What forward leaves for backward: tensors by save(). Anything else (a number, a
/// constant tensor) goes into a field of a Context of your own: struct Context :
/// FunctionContext { double slope; };
class FunctionContext {
 public:
  /// In forward: keeps inputs, outputs, or something between. The last has no derivative of its
  /// own: one through it is an error, so save inputs or outputs where backward is to be
  /// differentiated again.
  template <class... Tensors>
  void save(const Tensors&... x) {
    (fresh_.push_back(x), ...);
  }
  /// In backward: the i-th tensor that was saved. Throws where it was changed in place since.
  Tensor saved(size_t i) const;
  /// True if the gradient of tensor argument `input` is wanted.
  bool needs(size_t input) const;

 private:
  friend std::vector<Tensor> detail::run_function(const detail::FunctionForm&,
                                                  const std::shared_ptr<FunctionContext>&,
                                                  const std::vector<Tensor>&,
                                                  const std::function<std::vector<Tensor>()>&);
  enum class Source { input, between, output };
  struct Kept {
    Saved x;
    Source source;
    size_t output;  ///< which, where it is one
  };
  struct Running;
  bool keep(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);
  void backward(const detail::FunctionForm& form, const OutputGrads& dy, const std::vector<Tensor>& y,
                Grads& dx);

  std::vector<Tensor> fresh_;  ///< what save() got, while forward runs
  std::vector<Kept> kept_;
  std::vector<bool> needs_;
  const Grads* dx_ = nullptr;  ///< of the walk that runs
  std::vector<Tensor> dy_, y_;
};

/// Base of an op with `static Tensor forward(Context&, arguments...)`, which runs off the
/// tape, and `static ... backward(Context&, const Tensor& dy)`, which returns the gradient of
/// each Tensor (and of each in a std::vector<Tensor>) among the arguments, in order: a
/// Tensor, a std::array or std::vector of them; Tensor() is none. A forward of several
/// outputs returns a std::array or std::vector of them, as apply() then does; its backward
/// takes `const OutputGrads& dy`: dy[i] is zeros, and dy.has(i) false, for an output that
/// nothing used. Written with ops on dy and saved(i), backward can be differentiated again;
/// one that reads raw data cannot, and whoever tries is told so where that shows
/// (gradgradcheck finds the rest).
template <class Derived>
class Function {
 public:
  using Context = FunctionContext;
  /// True in a class of your own: backward runs off the tape, and differentiating it
  /// again is an error.
  static constexpr bool once_differentiable = false;

  /// forward(context, arguments...), on the tape: a Tensor, or the list of them
  /// that forward returns.
  template <class... Arguments>
  static auto apply(const Arguments&... arguments) {
    using DerivedContext = typename Derived::Context;
    using Result = std::decay_t<decltype(Derived::forward(std::declval<DerivedContext&>(), arguments...))>;
    constexpr bool several = !std::is_convertible_v<Result, Tensor>;
    const std::string& name = detail::made_once([] { return detail::function_name(typeid(Derived)); });
    std::vector<Tensor> inputs;
    (detail::add_inputs(inputs, arguments), ...);
    auto context = std::make_shared<DerivedContext>();
    auto backward = [](FunctionContext& c, const OutputGrads& dy) {
      if constexpr (several)
        return detail::as_list(Derived::backward(static_cast<DerivedContext&>(c), dy));
      else
        return detail::as_list(Derived::backward(static_cast<DerivedContext&>(c), dy[0]));
    };
    return detail::from_list<Result>(
        detail::run_function({name.c_str(), Derived::once_differentiable, several, backward}, context, inputs,
                             [&] { return detail::as_list(Derived::forward(*context, arguments...)); }));
  }
};

}  // namespace lexigrad
