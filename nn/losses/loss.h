// A loss as its sum and how many terms it has, so that batches of different sizes weigh right.
#pragma once
#include <cstdint>
#include <iosfwd>

#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::nn {

struct Loss {
  Tensor sum;                                  ///< rank 0, on the tape
  int64_t count = 0;                           ///< of the terms in it
  double weight = static_cast<double>(count);  ///< of those terms together: class weights make it another

  /// sum / weight on the tape; 0 where nothing counts.
  Tensor mean() const { return weight > 0 ? sum / weight : sum; }
  double item() const { return mean().item<double>(); }
  void backward(const BackwardOptions& options = {}) const { mean().backward(options); }

  /// f(sum): what hooks see of a module that returns a loss.
  template <class F>
  void each_tensor(const F& f) {
    f(sum);
  }
};

/// Both together, so that gradient accumulation weighs every target alike.
inline Loss operator+(const Loss& a, const Loss& b) {
  return {a.sum + b.sum, a.count + b.count, a.weight + b.weight};
}

/// Prints the mean, as a tensor.
inline std::ostream& operator<<(std::ostream& out, const Loss& loss) { return out << loss.mean(); }

/// `sum` over int64 `targets`: its count is of those that are not ignore_index, its weight that
/// of their classes (1 each where class_weight is undefined).
Loss loss_over(const Tensor& sum, const Tensor& targets, int64_t ignore_index,
               const Tensor& class_weight = {});

}  // namespace lexigrad::nn
