// Starting values, as torch.nn.init draws them from the global generator. All write in place,
// off the tape.
#pragma once
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn::init {

using lexigrad::normal_;   ///< N(mean, std^2)
using lexigrad::uniform_;  ///< U(low, high)
/// All elements 0, 1 or `value`.
void zeros_(const Tensor& x);
void ones_(const Tensor& x);
void constant_(const Tensor& x, double value);
/// U(-b, b), b = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010). The weight is
/// (out, in, ...).
void xavier_uniform_(const Tensor& weight, double gain = 1);
/// U(-b, b), b = sqrt(6 / ((1 + a^2) fan_in)), a the slope of a leaky ReLU (He et al. 2015).
/// Weight (out, in, ...).
void kaiming_uniform_(const Tensor& weight, double a = 0);
/// N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out)); weight (out, in, ...).
void xavier_normal_(const Tensor& weight, double gain = 1);
/// N(0, s^2), s = sqrt(2 / ((1 + a^2) fan_in)); weight (out, in, ...).
void kaiming_normal_(const Tensor& weight, double a = 0);
/// Weight (out, in, ...), seen as a matrix with `out` rows, times gain: its rows are orthonormal, or its columns
/// where there are fewer of those; all such matrices are equally likely (Saxe, McClelland and Ganguli 2014).
void orthogonal_(const Tensor& weight, double gain = 1);
/// Weight from N(0, std^2) and bias, which may be undefined, 0: the start of GPT-2's matrices.
void gpt2_(const Tensor& weight, const Tensor& bias, double std = 0.02);

}  // namespace lexigrad::nn::init
