#include "lexigrad/train/optim/row_rules.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {
namespace {

// What is nearest to x among the bfloat16 numbers no further from 0.
BFloat16 towards_zero(float x) {
  return BFloat16::from_bits(static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16));
}

void scale_row(BFloat16* row, float factor, int64_t dim) {
  std::transform(row, row + dim, row, [&](BFloat16 x) { return towards_zero(factor * x); });
}
template <class T>
void scale_row(T* row, T factor, int64_t dim) {
  kernels::scale<T>(row, factor, dim);
}

template <class T>
double norm_of(const T* row, int64_t dim, double p) {
  double sum = 0;
  for (int64_t i = 0; i < dim; ++i) {
    double x = std::abs(static_cast<double>(row[i]));
    if (std::isinf(p))
      sum = std::max(sum, x);
    else
      sum += p == 2 ? x * x : p == 1 ? x : std::pow(x, p);
  }
  return std::isinf(p) || p == 1 ? sum : p == 2 ? std::sqrt(sum) : std::pow(sum, 1 / p);
}

template <class T, class W>
void hold_row(W* row, int64_t dim, const nn::RowRules& rules) {
  double norm = norm_of(row, dim, rules.norm_type);
  if (norm > rules.max_norm) scale_row(row, static_cast<T>(rules.max_norm / (norm + 1e-7)), dim);
}

// W are weights, T gradients.
template <class W, class T>
void hold_rows(const nn::ParameterRef& parameter) {
  const nn::RowRules& rules = *parameter.rules;
  const RowGrad* rows = parameter.row_grad();
  Tensor grad = (rows ? rows->values() : parameter.grad()).contiguous();
  int64_t dim = dim_of(parameter), count = rows ? rows->count() : rows_of(parameter);
  parallel_ranges(count, std::max<int64_t>(1, (1 << 15) / std::max<int64_t>(dim, 1)),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      int64_t id = rows ? rows->indices().data<int64_t>()[i] : i;
                      const T* g = grad.data<T>() + i * dim;
                      if (rules.rate(id) == 0 || std::all_of(g, g + dim, [](T x) { return x == 0; }))
                        continue;
                      hold_row<T>(parameter.data<W>() + id * dim, dim, rules);
                    }
                  });
}

}  // namespace

void hold_max_norm(const nn::ParameterRef& parameter) {
  if (parameter.dtype() == bfloat16) return hold_rows<BFloat16, float>(parameter);
  dispatch_floating("max_norm", parameter.dtype(), [&]<class T>(T) { hold_rows<T, T>(parameter); });
}

void hold_max_norm(const nn::ParameterRef& parameter, int64_t row) {
  int64_t dim = dim_of(parameter);
  if (parameter.dtype() == bfloat16)
    return hold_row<float>(parameter.data<BFloat16>() + row * dim, dim, *parameter.rules);
  dispatch_floating("max_norm", parameter.dtype(),
                    [&]<class T>(T) { hold_row<T>(parameter.data<T>() + row * dim, dim, *parameter.rules); });
}

}  // namespace lexigrad::optim
