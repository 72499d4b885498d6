// An op's EXAMPLE: one declaration from which its forward, gradient, float32 kernel and
// error text are tested.
#pragma once
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

struct Example {
  using Inputs = std::vector<Tensor>;
  /// Made from a function of the inputs that returns a Tensor, or a std::vector of them.
  class Function {
   public:
    Function() = default;
    template <class F>
    requires std::is_invocable_v<const F&, const Inputs&> Function(F f)
        : call_([f = std::move(f)](const Inputs& in) { return listed(f(in)); }) {}
    std::vector<Tensor> operator()(const Inputs& in) const { return call_(in); }

   private:
    static std::vector<Tensor> listed(Tensor y) { return {std::move(y)}; }
    static std::vector<Tensor> listed(std::vector<Tensor> y) { return y; }
    std::function<std::vector<Tensor>(const Inputs&)> call_;
  };
  std::vector<std::vector<Shape>> shapes = {};  ///< of the floating inputs, one list a case
  Function apply = {};                          ///< the op
  Function reference = {};                      ///< the same in float64 by plain loops over elements
  /// Moves standard normal inputs off kinks and out of forbidden ranges.
  std::function<double(double)> domain = {};
  std::function<void()> bad = {};  ///< a call that must throw ...
  std::string error = {};          ///< ... exactly this text
  bool differentiable = true;
  std::string op = {};  ///< set by EXAMPLE
};

/// All EXAMPLEs that are linked in, sorted by op.
const std::vector<Example>& examples();

/// Inputs of one case in float64: near standard normal, the same for the same seed,
/// moved into the domain.
std::vector<Tensor> example_inputs(const Example& example, const std::vector<Shape>& shapes, uint64_t seed);

/// Reference of an elementwise op from its formula.
Example::Function elementwise(double (*f)(double));
Example::Function elementwise(double (*f)(double, double));  ///< of two inputs, broadcast
/// Domains: |x| >= 0.1 away from 0, and 0.2 + |x|.
double away_from_zero(double x);
double positive(double x);

namespace detail {
struct Registration {
  Registration(const char* op, Example example);
};
}  // namespace detail

}  // namespace lexigrad

#define LEXIGRAD_JOIN2(a, b) a##b
#define LEXIGRAD_JOIN(a, b) LEXIGRAD_JOIN2(a, b)
/// EXAMPLE(op, .shapes = {...}, .apply = ..., ...); several per file may name the same op.
#define EXAMPLE(op, ...)                                                                \
  static const ::lexigrad::detail::Registration LEXIGRAD_JOIN(op##_example_, __LINE__)( \
      #op, ::lexigrad::Example{__VA_ARGS__})
