#include "lexigrad/nn/init.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn::init {
namespace {

struct Fans {
  double in, out;
};

Fans fans(const char* where, const Tensor& weight) {
  check(weight.rank() >= 2, where, "Needs a weight (out, in, ...), got ", weight.shape());
  double field = 1;
  for (int64_t d = 2; d < weight.rank(); ++d) field *= static_cast<double>(weight.size(d));
  return {static_cast<double>(weight.size(1)) * field, static_cast<double>(weight.size(0)) * field};
}

}  // namespace

// The order of operations is torch's: the bounds are its to the last bit.
void xavier_uniform_(const Tensor& weight, double gain) {
  auto [in, out] = fans("xavier_uniform_", weight);
  double std = gain * std::sqrt(2.0 / (in + out)), bound = std::sqrt(3.0) * std;
  uniform_(weight, -bound, bound);
}

void kaiming_uniform_(const Tensor& weight, double a) {
  double in = fans("kaiming_uniform_", weight).in, gain = std::sqrt(2.0 / (1 + a * a));
  double bound = std::sqrt(3.0) * (gain / std::sqrt(in));
  uniform_(weight, -bound, bound);
}

void gpt2_(const Tensor& weight, const Tensor& bias, double std) {
  normal_(weight.detach(), 0, std);
  if (bias.defined()) bias.detach().zero_();
}

}  // namespace lexigrad::nn::init
