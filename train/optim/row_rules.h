// What nn::RowRules mean for gradients and steps.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/slots.h"

namespace lexigrad::optim {

/// Calls f(begin, end) for each run of rows of the parameter's gradient whose rate is not 0; rows of its
/// values, where it is a RowGrad.
template <class F>
void each_moving_run(const nn::ParameterRef& parameter, const F& f) {
  const RowGrad* grad = parameter.row_grad();
  int64_t rows = grad ? grad->count() : rows_of(parameter);
  const nn::RowRules* rules = parameter.rules.get();
  if (!rules || (!rules->rates.defined() && rules->constant_row < 0)) return f(int64_t{0}, rows);
  auto moves = [&](int64_t i) { return rules->rate(grad ? grad->indices().data<int64_t>()[i] : i) != 0; };
  for (int64_t begin = 0, end = 0; begin < rows; begin = end + 1) {
    for (end = begin; end < rows && moves(end);) ++end;
    if (begin < end) f(begin, end);
  }
}

/// Scales rows that move, have a gradient other than zeros and a norm above max_norm down to it: by
/// max_norm / (norm + 1e-7), as torch's embedding_renorm_ does before a look-up. Those of bfloat16
/// are rounded towards 0, so that they hold it.
void hold_max_norm(const nn::ParameterRef& parameter);
/// The same for one row, whatever its gradient.
void hold_max_norm(const nn::ParameterRef& parameter, int64_t row);

}  // namespace lexigrad::optim
