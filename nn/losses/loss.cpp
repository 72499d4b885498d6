#include "lexigrad/nn/losses/loss.h"

#include <vector>

namespace lexigrad::nn {

Loss loss_over(const Tensor& sum, const Tensor& targets, int64_t ignore_index, const Tensor& class_weight) {
  Loss loss{sum};
  std::vector<double> of_class;
  if (class_weight.defined()) of_class = class_weight.to_vector<double>();
  Tensor flat = targets.contiguous();
  const int64_t* t = flat.data<int64_t>();
  for (int64_t i = 0; i < flat.numel(); ++i) {
    if (t[i] == ignore_index) continue;
    ++loss.count;
    loss.weight += of_class.empty() ? 1 : of_class[static_cast<size_t>(t[i])];
  }
  return loss;
}

}  // namespace lexigrad::nn
