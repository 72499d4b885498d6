#include "lexigrad/nn/init.h"

#include <cmath>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"

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

void xavier_normal_(const Tensor& weight, double gain) {
  auto [in, out] = fans("xavier_normal_", weight);
  normal_(weight, 0, gain * std::sqrt(2.0 / (in + out)));
}

void kaiming_normal_(const Tensor& weight, double a) {
  double in = fans("kaiming_normal_", weight).in, gain = std::sqrt(2.0 / (1 + a * a));
  normal_(weight, 0, gain / std::sqrt(in));
}

void zeros_(const Tensor& x) { constant_(x, 0); }
void ones_(const Tensor& x) { constant_(x, 1); }
void constant_(const Tensor& x, double value) { x.detach().fill_(value); }

namespace {

// Makes each of `count` vectors of `length` orthogonal to those before, and of length 1: the Q of a QR
// decomposition whose R has a positive diagonal. Twice, for the digits (Kahan's "twice is enough").
void orthonormalise(double* vectors, int64_t count, int64_t length) {
  auto product = [length](const double* a, const double* b) {
    return std::inner_product(a, a + length, b, 0.0);
  };
  for (int64_t i = 0; i < count; ++i) {
    double* v = vectors + i * length;
    for (int64_t k = 0; k < 2 * i; ++k) {
      const double* u = vectors + k % i * length;
      double share = product(u, v);
      for (int64_t j = 0; j < length; ++j) v[j] -= share * u[j];
    }
    double norm = std::sqrt(product(v, v));
    for (int64_t j = 0; j < length; ++j) v[j] /= norm;
  }
}

}  // namespace

void orthogonal_(const Tensor& weight, double gain) {
  check(weight.rank() >= 2, "orthogonal_", "Needs a weight (out, in, ...), got ", weight.shape());
  if (weight.numel() == 0) return;
  int64_t rows = weight.size(0), columns = weight.numel() / rows;
  Tensor drawn = empty({rows, columns}, weight.dtype());
  normal_(drawn);
  bool tall = rows >= columns;  // then the columns are the vectors
  Tensor vectors = (tall ? drawn.t() : drawn).to(float64).clone();
  orthonormalise(vectors.data<double>(), vectors.size(0), vectors.size(1));
  weight.detach().copy_(((tall ? vectors.t() : vectors) * gain).reshape(weight.shape()));
}

void gpt2_(const Tensor& weight, const Tensor& bias, double std) {
  normal_(weight.detach(), 0, std);
  if (bias.defined()) bias.detach().zero_();
}

}  // namespace lexigrad::nn::init
