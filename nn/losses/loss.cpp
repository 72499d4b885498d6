#include "lexigrad/nn/losses/loss.h"

#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn {

Tensor Loss::each() const {
  check(static_cast<bool>(terms), "each",
        "This loss is a sum alone, without terms of its own. Hint: ask its parts for each(), or make it by "
        "nn::loss_of(terms)");
  return terms();
}

Loss operator+(const Loss& a, const Tensor& b) {
  check(b.numel() == 1, "loss", "What is added to a loss is one number, got ", b.shape(),
        ". Hint: take its sum() or mean()");
  Tensor scalar = b.reshape({});
  return {a.weight > 0 ? a.sum + scalar * a.weight : a.sum + scalar, a.count, a.weight};
}

Loss operator*(const Loss& a, double factor) {
  Loss out{a.sum * factor, a.count, a.weight};
  if (a.terms) out.terms = [terms = a.terms, factor] { return terms() * factor; };
  return out;
}

Loss loss_of(const Tensor& terms) {
  Loss out{lexigrad::sum(terms), terms.numel()};
  out.terms = [terms] { return terms; };
  return out;
}

void check_one_shape(const char* loss, const Tensor& input, const Tensor& target) {
  check(input.shape() == target.shape(), loss, "The input is ", input.shape(), ", the target ",
        target.shape(), ". Hint: reshape() or expand() one of them; nothing is broadcast here");
}

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
