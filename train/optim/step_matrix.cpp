#include "lexigrad/train/optim/step_matrix.h"

#include <algorithm>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {
namespace {

Tensor rates_of(const nn::ParameterRef& parameter) {
  const nn::RowRules* rules = parameter.rules.get();
  if (!rules || (rules->constant_row < 0 && !rules->rates.defined())) return {};
  Tensor out =
      rules->rates.defined() ? rules->rates.clone() : ones({lexigrad::optim::rows_of(parameter)}, float64);
  if (rules->constant_row >= 0) out.data<double>()[rules->constant_row] = 0;
  return out.to(arithmetic_dtype(parameter.dtype())).reshape({-1, 1});
}

}  // namespace

StepMatrix::StepMatrix(const nn::ParameterRef& parameter, const StepOptions& step)
    : rounding_(step.rounding),
      whole_(parameter.detach().reshape({optim::rows_of(parameter), dim_of(parameter)})),
      rates_(rates_of(parameter)) {
  const RowGrad* grad = parameter.row_grad();
  if (grad && step.rows == Rows::lazy) {
    ids_ = grad->indices();
    gradient_ = grad->values().reshape({-1, whole_.size(1)});
    if (rates_.defined()) rates_ = rows_of(rates_);
  } else {
    gradient_ = parameter.grad().reshape(whole_.shape());
  }
  weight_ = ids_.defined() ? embedding(whole_, ids_) : whole_.to(arithmetic_dtype(whole_.dtype()));
  if (rates_.defined()) gradient_ = gradient_ * (rates_ != 0).to(gradient_.dtype());
}

Tensor StepMatrix::rows_of(const Tensor& slot) const {
  return ids_.defined() ? index_select(slot, 0, ids_) : slot;
}

void StepMatrix::put(const Tensor& slot, const Tensor& rows) const {
  if (!ids_.defined()) return void(slot.copy_(rows));
  int64_t width = dim_of(slot);
  Tensor from = rows.contiguous();
  dispatch_floating("optimizer", slot.dtype(), [&]<class T>(T) {
    for (int64_t i = 0; i < ids_.numel(); ++i)
      std::copy_n(from.data<T>() + i * width, width, slot.data<T>() + ids_.data<int64_t>()[i] * width);
  });
}

void StepMatrix::move(double keep, const Tensor& change) const {
  if (!rates_.defined()) return put_weight(weight_ * keep - change);
  put_weight(weight_ * (1 - rates_ * (1 - keep)) - rates_ * change);
}

void StepMatrix::put_weight(const Tensor& rows) const {
  if (whole_.dtype() != bfloat16) return put(whole_, rows);
  const int64_t* ids = ids_.defined() ? ids_.data<int64_t>() : nullptr;
  Tensor from = rows.contiguous();
  parallel_ranges(this->rows(), std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(dim(), 1)),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      int64_t first = (ids ? ids[i] : i) * dim();
                      rounding_(from.data<float>() + i * dim(), whole_.data<BFloat16>() + first, dim(),
                                first);
                    }
                  });
}

}  // namespace lexigrad::optim
