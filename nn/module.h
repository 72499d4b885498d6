// Module: parameters and children under names. Its members are plain; one line in the class body lists them:
//
//   class Gate : public nn::Module {
//     ...
//     nn::Linear value_, gate_;
//     LEXIGRAD_MODULE(Gate, value_, gate_)
//   };
//
// A class without that line does not compile; a parameter or child that the line leaves out is an error at
// the first use. See docs/modules.md.
#pragma once
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/nn/members.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/nn/scope.h"

namespace lexigrad::nn {

/// Tensors under their paths ("gate.weight"), in a stable order.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A member of a Module that trains. It cannot be copied; weight tying is tie().
class Parameter : public ParameterRef, public detail::Tracked {
 public:
  Parameter() : Tracked(detail::Kind::parameter) {}
  /// A leaf over the values' storage that requires a gradient (unless told otherwise). float32 or float64.
  explicit Parameter(const Tensor& values, bool requires_grad = true);
  Parameter(Parameter&&) = default;
  Parameter& operator=(Parameter&&) = default;

  /// Becomes another handle on `leaf`: one tensor, one gradient, one set of row rules, listed once by the
  /// module that has both and written once to files. Throws where both have row rules of their own.
  void tie(const ParameterRef& leaf);
};

/// A member of a Module that is part of its state and does not train, such as counts.
class Buffer : public Tensor, public detail::Tracked {
 public:
  Buffer() : Tracked(detail::Kind::buffer) {}
  explicit Buffer(const Tensor& values) : Tensor(values), Tracked(detail::Kind::buffer) {}
  Buffer(Buffer&&) = default;
  Buffer& operator=(Buffer&&) = default;
};

/// "Parameter containing:" and the tensor, as PyTorch prints.
std::ostream& operator<<(std::ostream& out, const ParameterRef& parameter);

/// Base of everything with parameters. Movable, not copyable. Not for two threads at once while one changes
/// it.
class Module : public detail::Tracked {
 public:
  virtual ~Module() = default;

  /// Own parameters and those of the children, depth first as listed; a tied one once, undefined ones not.
  /// They are handles: to() makes them stale, so build the optimizer after it.
  std::vector<ParameterRef> parameters() const;
  NamedTensors named_parameters() const;
  /// Elements of all parameters.
  int64_t num_parameters() const;

  /// The values for a file, off the tape; they share memory with the module. Parameters, a tied one under
  /// each of its names, then buffers.
  NamedTensors state() const;
  /// Copies a state() in; of a tied parameter one name is enough. Throws, changing nothing and naming all
  /// that is wrong, unless names and shapes are the module's own and what is one tensor there is one here.
  void load_state(const NamedTensors& state);

  /// Sets the mode of the module and its children; a new module is in training.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }

  /// Converts all parameters to float32 or float64; gradients are dropped.
  void to(Dtype dtype);
  void zero_grad() const;
  /// Freezes the module (false) or lets it train.
  void requires_grad_(bool on = true);

  /// Run around call(), in order of registration, before and after the module's own forward.
  Hook register_forward_pre_hook(ForwardPreHook hook);
  Hook register_forward_hook(ForwardHook hook);

  /// The class's name as LEXIGRAD_MODULE has it.
  std::string type_name() const;

 protected:
  Module() : Tracked(detail::Kind::module) {}
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;

  /// What operator() returns: body(input), with the module's hooks around it and its path on all that runs
  /// within. `input` is the first, where there are several; the body captures the others.
  template <class Body>
  Tensor call(const Tensor& input, const Body& body) const {
    Scope scope(*this);
    if (!hooks_) [[likely]]
      return body(input);
    Tensor x = detail::ModuleAccess::before(*this, input);
    return detail::ModuleAccess::after(*this, x, body(x));
  }

 private:
  friend struct detail::ModuleAccess;
  friend class Scope;
  friend std::ostream& operator<<(std::ostream& out, const Module& module);
  /// What LEXIGRAD_MODULE writes.
  virtual detail::Members members() = 0;
  /// What stands between the parentheses when the module is printed: "6, 3".
  virtual std::string extra_repr() const { return {}; }

  bool training_ = true;
  mutable detail::LastScope last_scope_;
  std::unique_ptr<detail::ModuleHooks> hooks_;
};

/// As PyTorch: Embedding(6, 3), or the children one a line, indented.
std::ostream& operator<<(std::ostream& out, const Module& module);
std::string to_string(const Module& module);

}  // namespace lexigrad::nn

/// In the body of a class derived from nn::Module: its name and all its parameters, buffers and children (in
/// std::vector, std::array, std::optional, std::unique_ptr, std::shared_ptr). Names lose the trailing
/// underscore: gate_ holds "gate.weight".
#define LEXIGRAD_MODULE(Class, ...)                                                                  \
  ::lexigrad::nn::detail::Members members() override {                                               \
    static_assert(::std::is_same_v<Class&, decltype(*this)>, "LEXIGRAD_MODULE names another class"); \
    return ::lexigrad::nn::detail::Members(*this, #Class, #__VA_ARGS__).add(__VA_ARGS__);            \
  }
