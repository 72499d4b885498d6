// Module: parameters and children under names, and what runs on them. Members are plain; one line
// in the class body lists them, and operator() comes from it:
//
//   class Gate : public nn::Module {
//    public:
//     Tensor forward(const Tensor& x) const { return value_(x) * sigmoid(gate_(x)); }
//
//    private:
//     nn::Linear value_, gate_;
//     LEXIGRAD_MODULE(Gate, value_, gate_)
//   };
//
// A class without that line does not compile; a parameter or child that the line leaves out is an
// error at the first use. See docs/modules.md.
#pragma once
#include <concepts>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/generator.h"
#include "lexigrad/nn/members.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/nn/scope.h"
#include "lexigrad/nn/state.h"

namespace lexigrad::nn {

namespace detail {
struct ModuleAccess;

/// What a call finds whose arguments forward() does not take; const volatile: a worse match than the right one.
struct ForwardTakesOtherArguments {
  void operator()(...) const volatile = delete;  // write what the class's forward() takes
};
}  // namespace detail

/// Base of everything with parameters. Movable, not copyable. Two threads may use one at the
/// same time unless one of them changes it.
class Module : public detail::Tracked, public detail::ForwardTakesOtherArguments {
 public:
  Module(const Module&) = delete;  // module.clone(make) copies, std::move(module) hands over
  virtual ~Module() = default;

  /// Own parameters and those of the children, depth first as listed; a tied one once,
  /// undefined ones not. What is returned are handles: to() makes them stale, so build the
  /// optimizer after it.
  std::vector<ParameterRef> parameters() const;
  NamedTensors named_parameters() const;
  /// Elements of all parameters.
  int64_t num_parameters() const;

  /// The values for a file, off the tape; they share memory with the module. Parameters, a tied
  /// one under each of its names, then buffers.
  NamedTensors state() const;
  /// Copies a state() in; of a tied parameter one name is enough. Throws, changing nothing and
  /// naming all that is wrong, unless names and shapes are the module's own and what is one
  /// tensor there is one here.
  void load_state(const NamedTensors& state);

  /// Sets the mode of the module and its children; a new module is in training.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }

  /// Converts all parameters to float32 or float64, or, with bfloat16, those of two dimensions and more to it and
  /// the rest (biases, the gains of norms), which are few, to float32, as buffers; gradients are dropped.
  void to(Dtype dtype);
  void zero_grad() const;
  /// Freezes the module (false) or lets it train.
  void requires_grad_(bool on = true);

  /// The modules that the list names, in order, those in its containers too.
  std::vector<Module*> children() const;
  /// f(module) for every module below, children before parents, and at last for this one: a way to start all
  /// layers of a kind from other values.
  void apply(const std::function<void(Module&)>& f);
  /// A module of its own with all that this one has: values, dtypes, ties, row rules, modes, what is frozen.
  /// make() builds it with the same options, and draws nothing from the global generator. Gradients and hooks
  /// stay behind. Throws where it makes another model.
  template <std::invocable Make>
  auto clone(Make make) const {
    auto out = restoring_generator(make);
    out.become(*this);
    return out;
  }

  /// Run around forward(), in order of registration.
  Hook register_forward_pre_hook(ForwardPreHook hook);
  Hook register_forward_hook(ForwardHook hook);

  /// The class's name as LEXIGRAD_MODULE has it.
  std::string type_name() const;

  /// In the place of the operator() that LEXIGRAD_MODULE writes: only an error that names it.
  template <class... Args>
  Tensor operator()(const Args&...) const {
    static_assert(
        sizeof...(Args) > 255,
        "This class has no operator(): LEXIGRAD_MODULE(Class, members...) in its body writes it over "
        "forward(). Where only the base is known, call the module as an nn::Layer");
    return {};
  }

 protected:
  Module() : Tracked(detail::Kind::module) {}
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;

  /// What operator() returns: self.forward(arguments...), with the module's path on all that
  /// runs within and its hooks around it.
  template <class Self, class... Args>
  static auto run(const Self& self, Args&&... arguments) {
    Scope scope(self);
    const Module& module = self;
    if (!module.hooks_) [[likely]]
      return self.forward(std::forward<Args>(arguments)...);
    return run_hooked(self, std::forward<Args>(arguments)...);
  }

 private:
  friend struct detail::ModuleAccess;
  friend class Scope;
  friend std::ostream& operator<<(std::ostream& out, const Module& module);
  /// What LEXIGRAD_MODULE writes.
  virtual detail::Members members_of_LEXIGRAD_MODULE() = 0;
  /// What stands between the parentheses when the module is printed: "6, 3".
  virtual std::string extra_repr() const { return {}; }

  /// make(), with the global generator afterwards as before.
  template <class Make>
  static auto restoring_generator(Make& make) {
    struct Keep {
      Generator kept = default_generator();
      ~Keep() { default_generator() = kept; }
    } keep;
    return make();
  }
  void become(const Module& other);

  /// What hooks make of the input and of one tensor of the output.
  Tensor before(Tensor input) const;
  Tensor after(const Tensor& input, Tensor output) const;
  /// Throws: a hook has returned another input or output where there is no tensor to replace.
  [[noreturn]] void refuse(const char* what) const;

  template <class Self>
  static auto run_hooked(const Self& self) {
    const Module& module = self;
    if (module.before({}).defined()) module.refuse("input");
    auto output = self.forward();
    module.show({}, output);
    return output;
  }
  template <class Self, class First, class... Rest>
  static auto run_hooked(const Self& self, First&& first, Rest&&... rest) {
    const Module& module = self;
    const Tensor seen = detail::seen_by_hooks(first), input = module.before(seen);
    using Output =
        std::decay_t<decltype(self.forward(std::forward<First>(first), std::forward<Rest>(rest)...))>;
    constexpr bool takes_tensor = detail::is_seen<First> && requires {
      { self.forward(input, std::forward<Rest>(rest)...) } -> std::convertible_to<Output>;
    };
    auto forward = [&]() -> Output {
      if (input.id() == seen.id())
        return self.forward(std::forward<First>(first), std::forward<Rest>(rest)...);
      if constexpr (takes_tensor) return self.forward(input, std::forward<Rest>(rest)...);
      module.refuse("input");
    };
    Output output = forward();
    module.show(input, output);
    return output;
  }
  /// Gives each tensor of the output to the hooks.
  template <class Output>
  void show(const Tensor& input, Output& output) const {
    bool any = false;
    detail::each_tensor(output, [&](Tensor& y) {
      any = true;
      y = after(input, y);
    });
    if (!any && after(input, {}).defined()) refuse("output");
  }

  bool training_ = true;
  mutable detail::LastScope last_scope_;
  std::unique_ptr<detail::ModuleHooks> hooks_;
};

/// As PyTorch: Embedding(6, 3), or the children one a line, indented.
std::ostream& operator<<(std::ostream& out, const Module& module);
std::string to_string(const Module& module);

}  // namespace lexigrad::nn

/// operator()(arguments...) over the class's forward(arguments...), which must be const and
/// public: what LEXIGRAD_MODULE writes, for an abstract class, whose forward may be virtual.
/// What follows is private.
#define LEXIGRAD_FORWARD(Class)                                                                              \
 public:                                                                                                     \
  using ::lexigrad::nn::detail::ForwardTakesOtherArguments::operator();                                      \
  template <class Self = Class, class... Args>                                                               \
  auto operator()(Args&&... arguments) const->::std::decay_t<decltype(::std::declval<const Self&>().forward( \
      ::std::forward<Args>(arguments)...))> {                                                                \
    return ::lexigrad::nn::Module::run(static_cast<const Self&>(*this), ::std::forward<Args>(arguments)...); \
  }                                                                                                          \
                                                                                                             \
 private:

/// In the body of a class derived from nn::Module, at its end: its name and all its parameters,
/// buffers and children (in std::vector, std::array, std::optional, std::unique_ptr,
/// std::shared_ptr). Names lose the trailing underscore: gate_ holds "gate.weight". Writes
/// operator() over forward(), too.
#define LEXIGRAD_MODULE(Class, ...)                                                                  \
  LEXIGRAD_FORWARD(Class)                                                                            \
  ::lexigrad::nn::detail::Members members_of_LEXIGRAD_MODULE() override {                            \
    static_assert(::std::is_same_v<Class&, decltype(*this)>, "LEXIGRAD_MODULE names another class"); \
    return ::lexigrad::nn::detail::Members(*this, #Class, #__VA_ARGS__).add(__VA_ARGS__);            \
  }

namespace lexigrad::nn {

/// What takes one tensor to another, where its class is chosen at run time.
class Layer : public Module {
 public:
  virtual Tensor forward(const Tensor& x) const = 0;
  LEXIGRAD_FORWARD(Layer)
};

}  // namespace lexigrad::nn
