// Gradients scaled and clipped: by the norm of all together (Pascanu, Mikolov and Bengio 2013), by element.
#pragma once
#include <vector>

#include "lexigrad/nn/parameter.h"

namespace lexigrad::optim {

/// The 2-norm of all gradients of `parameters` as one vector, of dense and row gradients alike; in double.
/// Rows that never change (the padding row, rows of rate 0) do not count.
double grad_norm(const std::vector<nn::ParameterRef>& parameters);

/// Multiplies all gradients by max_norm / (norm + 1e-6) where that is less than 1, as
/// torch.nn.utils.clip_grad_norm_ does, and returns their norm before. max_norm > 0; a norm that is not
/// finite leaves them as they are.
double clip_grad_norm_(const std::vector<nn::ParameterRef>& parameters, double max_norm);
/// The same where their norm is known.
double clip_grad_norm_(const std::vector<nn::ParameterRef>& parameters, double max_norm, double norm);

/// Clamps each element of all gradients to [-clip_value, clip_value], as torch.nn.utils.clip_grad_value_ does:
/// NaN stays. An element of a row gradient is a sum over all look-ups of its row, as in the dense one.
/// clip_value > 0.
void clip_grad_value_(const std::vector<nn::ParameterRef>& parameters, double clip_value);

/// Multiplies each row of a gradient, all that belongs to one index of its first dimension, by max_norm / norm where
/// its 2-norm is above max_norm > 0: rows of a table that a batch reads often move no farther than others. NaN stays.
void clip_grad_rows_(const std::vector<nn::ParameterRef>& parameters, double max_norm);

/// Multiplies all gradients by `factor`. Row gradients stay what they are.
void scale_grads_(const std::vector<nn::ParameterRef>& parameters, double factor);

}  // namespace lexigrad::optim
