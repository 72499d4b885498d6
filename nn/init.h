// Starting values, as torch.nn.init draws them from the global generator. All write in place,
// off the tape.
#pragma once
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn::init {

using lexigrad::normal_;   ///< N(mean, std^2)
using lexigrad::uniform_;  ///< U(low, high)
/// U(-b, b), b = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010). The weight is
/// (out, in, ...).
void xavier_uniform_(const Tensor& weight, double gain = 1);
/// U(-b, b), b = sqrt(6 / ((1 + a^2) fan_in)), a the slope of a leaky ReLU (He et al. 2015).
/// Weight (out, in, ...).
void kaiming_uniform_(const Tensor& weight, double a = 0);
/// Weight from N(0, std^2) and bias, which may be undefined, 0: the start of GPT-2's matrices.
void gpt2_(const Tensor& weight, const Tensor& bias, double std = 0.02);

}  // namespace lexigrad::nn::init
