// Checks a function's gradients against central differences.
#pragma once
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// One entry of the gradient: what the rule says and what differences say.
struct GradEntry {
  std::string op;     ///< what was checked: "softsign", "Gate", "function of sin, mul", or "gradient of " it
  std::string input;  ///< "input 0", a parameter's path, or "leaf [4, 3] read by linear"
  Shape index;
  double analytic = 0, numeric = 0;
  double allowed = 0;  ///< atol + rtol * |numeric|
  double error() const { return analytic > numeric ? analytic - numeric : numeric - analytic; }
};

struct GradcheckResult {
  bool ok = false;             ///< entries were compared, all agree, and `why` is empty
  int64_t checked = 0;         ///< entries compared
  GradEntry worst;             ///< the entry with the largest error / allowed
  int64_t left_out_count = 0;  ///< entries at kinks and jumps, and of padding rows
  std::string left_out = {};   ///< the first of them, and what is not floating: "input 1 (int64)"
  int64_t wrong_count = 0;
  std::vector<GradEntry> wrong = {};  ///< the first GradcheckOptions::max_wrong of them
  std::string why = {};               ///< what else is wrong: "nothing was compared: ..."
  explicit operator bool() const { return ok; }
  /// A line as printed, then one for each entry in `wrong`.
  std::string report() const;
};
/// "softsign: ok, 12 entries, worst 3e-9 at input 0, index [2,1]" or what is wrong and where,
/// and what was left out.
std::ostream& operator<<(std::ostream& out, const GradcheckResult& result);

struct GradcheckOptions {
  double atol = 1e-7, rtol = 1e-6;
  uint64_t seed = 1;       ///< of the random cotangent
  int64_t max_wrong = 20;  ///< entries that the result holds
};

/// What is perturbed: a float64 leaf and the name under which it is reported. Whole numbers and
/// bools are left alone, which the result says.
struct GradcheckInput {
  std::string name;
  Tensor tensor;
  int64_t constant_row = -1;  ///< must have gradient 0, whatever the differences say; -1: none
};

/// Compares backward() of <f(), cotangent> with central differences of step 1e-5 max(1, |x|),
/// for every entry of every input; f reads the inputs itself. Leaves that f reads besides are
/// checked, too. A random cotangent keeps errors from cancelling. Inputs should lie 0.1 or more
/// from kinks; an entry at a kink or a jump of f, where the gradient is between the slopes on
/// both sides, is left out. Not ok, with a reason: no entry is left to compare, f is NaN or
/// infinite, or an op leaves float64. Throws where f draws random numbers; where f or its
/// gradient has other values when computed again or after f ran at other inputs, naming the
/// first; where an input is float32, or f gives nothing floating.
GradcheckResult gradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                          const GradcheckOptions& options = {});
/// For a function of a list of tensors, named "input 0", "input 1", ...; inputs that are not
/// contiguous must give the same gradients.
GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// Checks the gradient's own gradient: the function (inputs, cotangent) -> grad(f(inputs),
/// inputs, cotangent), with respect to the inputs and to the cotangent, which is reported as
/// "cotangent"; the op reads "gradient of softsign".
GradcheckResult gradgradcheck(const std::function<Tensor()>& f, const std::vector<GradcheckInput>& inputs,
                              const GradcheckOptions& options = {});
GradcheckResult gradgradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// The same for functions of several outputs: all of them together, each with a cotangent of
/// its own ("cotangent 0", "cotangent 1", ...), then each alone, as where the others are not
/// used; the op then reads "split, output 1 alone".
GradcheckResult gradcheck(const std::function<std::vector<Tensor>()>& f,
                          const std::vector<GradcheckInput>& inputs, const GradcheckOptions& options = {});
GradcheckResult gradcheck(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
GradcheckResult gradgradcheck(const std::function<std::vector<Tensor>()>& f,
                              const std::vector<GradcheckInput>& inputs,
                              const GradcheckOptions& options = {});
GradcheckResult gradgradcheck(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// For functions of one and of two tensors.
GradcheckResult gradcheck(Tensor (*f)(const Tensor&), const Tensor& x);
GradcheckResult gradcheck(Tensor (*f)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b);

}  // namespace lexigrad
