#include "lexigrad/train/optim/clip.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/train/optim/row_rules.h"

namespace lexigrad::optim {

namespace {

// The gradient itself where no row is longer than max_norm.
Tensor clipped_rows(const Tensor& grad, double max_norm) {
  Tensor factors = empty({grad.size(0)}, grad.dtype());
  const int64_t dim = grad.numel() / grad.size(0);
  return dispatch_floating("clip_grad_rows_", grad.dtype(), [&]<class T>(T) {
    const int64_t rows = grad.size(0), some = std::max<int64_t>(1, (1 << 14) / dim);
    T* factor = factors.data<T>();
    parallel_ranges(rows, some, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* from = grad.data<T>() + row * dim;
        const double norm = std::sqrt(static_cast<double>(kernels::dot<T>(from, from, dim)));
        factor[row] = norm > max_norm ? static_cast<T>(max_norm / norm) : T{1};
      }
    });
    if (std::all_of(factor, factor + rows, [](T each) { return each == 1; })) return grad;
    Tensor out = grad.clone();
    parallel_ranges(rows, some, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        if (factor[row] != 1) kernels::scale<T>(out.data<T>() + row * dim, factor[row], dim);
    });
    return out;
  });
}

}  // namespace

double grad_norm(const std::vector<nn::ParameterRef>& parameters) {
  NoGrad off;
  double total = 0;
  for (const nn::ParameterRef& p : parameters) {
    if (!p.has_grad()) continue;
    const RowGrad* rows = p.row_grad();
    Tensor grad = rows ? rows->values() : p.grad();
    each_moving_run(p, [&](int64_t begin, int64_t end) {
      bool whole = grad.rank() == 0 || end - begin == grad.size(0);
      double one = norm(whole ? grad : narrow(grad, 0, begin, end - begin)).item<double>();
      total += one * one;
    });
  }
  return std::sqrt(total);
}

double clip_grad_norm_(const std::vector<nn::ParameterRef>& parameters, double max_norm) {
  return clip_grad_norm_(parameters, max_norm, grad_norm(parameters));
}

double clip_grad_norm_(const std::vector<nn::ParameterRef>& parameters, double max_norm, double norm) {
  check(max_norm > 0 && std::isfinite(max_norm), "clip_grad_norm_", "max_norm is ", max_norm,
        " (valid: finite, > 0)");
  double factor = max_norm / (norm + 1e-6);
  if (factor < 1 && std::isfinite(norm)) scale_grads_(parameters, factor);
  return norm;
}

void clip_grad_value_(const std::vector<nn::ParameterRef>& parameters, double clip_value) {
  check(clip_value > 0 && std::isfinite(clip_value), "clip_grad_value_", "clip_value is ", clip_value,
        " (valid: finite, > 0)");
  NoGrad off;
  for (const nn::ParameterRef& p : parameters) {
    if (!p.has_grad()) continue;
    if (const RowGrad* rows = p.row_grad())
      p.set_grad(RowGrad(rows->indices(), clamp(rows->values(), -clip_value, clip_value), rows->rows()));
    else
      p.set_grad(clamp(p.grad(), -clip_value, clip_value));
  }
}

void clip_grad_rows_(const std::vector<nn::ParameterRef>& parameters, double max_norm) {
  check(max_norm > 0 && std::isfinite(max_norm), "clip_grad_rows_", "max_norm is ", max_norm,
        " (valid: finite, > 0)");
  NoGrad off;
  for (const nn::ParameterRef& p : parameters) {
    if (!p.has_grad()) continue;
    const RowGrad* rows = p.row_grad();
    const Tensor grad = rows ? rows->values() : p.grad();
    if (grad.rank() == 0 || grad.numel() == 0) continue;
    const Tensor clipped = clipped_rows(grad.contiguous(), max_norm);
    if (clipped.id() == grad.id()) continue;
    if (rows)
      p.set_grad(RowGrad(rows->indices(), clipped, rows->rows()));
    else
      p.set_grad(clipped);
  }
}

void scale_grads_(const std::vector<nn::ParameterRef>& parameters, double factor) {
  NoGrad off;
  for (const nn::ParameterRef& p : parameters) {
    if (!p.has_grad()) continue;
    if (const RowGrad* rows = p.row_grad()) {
      RowGrad scaled = *rows;
      scaled.scale(factor);
      p.set_grad(std::move(scaled));
    } else {
      p.grad().mul_(factor);
    }
  }
}

}  // namespace lexigrad::optim
