// A loss as its sum and how many terms it has, so that batches of different sizes weigh right.
#pragma once
#include <cstdint>
#include <functional>
#include <iosfwd>

#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::nn {

/// PyTorch's reductions are members: .sum, .mean() and .each(), which is "none".
struct Loss {
  Tensor sum;                                  ///< rank 0, on the tape
  int64_t count = 0;                           ///< of the terms in it
  double weight = static_cast<double>(count);  ///< of those terms together: class weights make it another
  std::function<Tensor()> terms = {};          ///< makes each(); empty where there is none

  /// sum / weight on the tape; 0 where nothing counts.
  Tensor mean() const { return weight > 0 ? sum / weight : sum; }
  /// The terms one by one on the tape, in the targets' shape, 0 where a target does not count: their sum is
  /// `sum`. Made when asked for. Throws where there is none: a sum of losses, a loss of one's own.
  Tensor each() const;
  double item() const { return mean().item<double>(); }
  void backward(const BackwardOptions& options = {}) const { mean().backward(options); }

  /// f(sum): what hooks see of a module that returns a loss.
  template <class F>
  void each_tensor(const F& f) {
    f(sum);
  }
};

/// Both together, so that gradient accumulation weighs every target alike. For PyTorch's sum of two means
/// write a + b.mean().
inline Loss operator+(const Loss& a, const Loss& b) {
  return {a.sum + b.sum, a.count + b.count, a.weight + b.weight};
}
inline Loss& operator+=(Loss& a, const Loss& b) { return a = a + b; }

/// The loss whose mean() is a.mean() + b, and counts as a does: b is a scalar, such as 0.01 * penalty or the
/// mean of another loss.
Loss operator+(const Loss& a, const Tensor& b);
inline Loss operator+(const Tensor& a, const Loss& b) { return b + a; }
inline Loss operator-(const Loss& a, const Tensor& b) { return a + (-b); }

/// The loss with each term times `factor`.
Loss operator*(const Loss& a, double factor);
inline Loss operator*(double factor, const Loss& a) { return a * factor; }
inline Loss operator/(const Loss& a, double divisor) { return a * (1 / divisor); }

/// Prints the mean, as a tensor.
inline std::ostream& operator<<(std::ostream& out, const Loss& loss) { return out << loss.mean(); }

/// The loss of terms (any shape) that each count.
Loss loss_of(const Tensor& terms);

/// Throws unless both have one shape: nothing is broadcast in a loss.
void check_one_shape(const char* loss, const Tensor& input, const Tensor& target);

/// `sum` over int64 `targets`: its count is of those that are not ignore_index, its weight that
/// of their classes (1 each where class_weight is undefined).
Loss loss_over(const Tensor& sum, const Tensor& targets, int64_t ignore_index,
               const Tensor& class_weight = {});

}  // namespace lexigrad::nn
