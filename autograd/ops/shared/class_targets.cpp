#include "lexigrad/autograd/ops/shared/class_targets.h"

#include <cmath>

namespace lexigrad::detail {

Tensor checked_targets(const char* op, const Tensor& targets, const Shape& positions, int64_t classes,
                       int64_t ignore_index) {
  check(targets.dtype() == int64, op, "Targets must be int64, got ", name(targets.dtype()),
        ". Hint: targets.to(int64) converts");
  check(targets.shape() == positions, op, "Targets ", targets.shape(), " do not match positions ", positions,
        ". Hint: logits are (..., classes), targets (...)");
  Tensor flat = targets.contiguous();
  const int64_t* target = pointer<int64_t>(flat);
  for (int64_t i = 0; i < flat.numel(); ++i)
    check((target[i] >= 0 && target[i] < classes) || target[i] == ignore_index, op, "Target ", target[i],
          " at position ", i, " is outside the ", classes, " classes (valid are 0..", classes - 1, ", and ",
          ignore_index, " to ignore)");
  return flat;
}

Tensor checked_class_weight(const char* op, const Tensor& weight, int64_t classes, Dtype dtype) {
  if (!weight.defined()) return weight;
  check(weight.shape() == Shape{classes} && weight.dtype() == dtype, op, "Class weights must be ",
        name(dtype), " [", classes, "], got ", name(weight.dtype()), " ", weight.shape(),
        ". Hint: one number for each class");
  Tensor own = weight.detach().clone();
  std::vector<double> values = own.to_vector<double>();
  for (size_t c = 0; c < values.size(); ++c)
    check(values[c] >= 0 && std::isfinite(values[c]), op, "The weight of class ", c, " is ", values[c],
          " (valid are 0 and more)");
  return own;
}

TargetWeights::TargetWeights(const char* op, const CrossEntropyOptions& options, int64_t classes, Dtype dtype)
    : options_(options), hard_(1 - options.label_smoothing) {
  check(options.label_smoothing >= 0 && options.label_smoothing <= 1, op, "label_smoothing is ",
        options.label_smoothing, " (valid are 0..1)");
  check(options.z_loss >= 0 && std::isfinite(options.z_loss), op, "z_loss is ", options.z_loss,
        " (valid are 0 and more; 1e-4 is usual)");
  check(options.filter >= 0 && options.filter < 1, op, "filter is ", options.filter,
        " (valid are 0 up to 1; 0.000244140625, which is 2^-12, is usual)");
  options_.class_weight = checked_class_weight(op, options.class_weight, classes, dtype);
  if (options_.class_weight.defined()) weights_ = options_.class_weight.to_vector<double>();
  if (options.label_smoothing == 0) return;
  double share = options.label_smoothing / static_cast<double>(classes);
  for (int64_t c = 0; c < classes; ++c) spread_total_ += share * of_class(c);
  spread_ = weights_.empty() ? full({classes}, share, dtype) : options_.class_weight * share;
}

double TargetWeights::total(const Tensor& targets) const {
  Tensor flat = targets.contiguous();
  const int64_t* t = pointer<int64_t>(flat);
  double sum = 0;
  for (int64_t i = 0; i < flat.numel(); ++i)
    if (counts(t[i])) sum += of_class(t[i]);
  return sum;
}

}  // namespace lexigrad::detail
