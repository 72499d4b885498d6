#include "lexigrad/train/optim/row_rules.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {
namespace {

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

}  // namespace

void hold_max_norm(const nn::ParameterRef& parameter) {
  const nn::RowRules& rules = *parameter.rules;
  const RowGrad* rows = parameter.row_grad();
  Tensor grad = (rows ? rows->values() : parameter.grad()).contiguous();
  int64_t dim = dim_of(parameter), count = rows ? rows->count() : rows_of(parameter);
  dispatch_floating("max_norm", parameter.dtype(), [&]<class T>(T) {
    parallel_ranges(count, std::max<int64_t>(1, (1 << 15) / std::max<int64_t>(dim, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t i = begin; i < end; ++i) {
                        int64_t id = rows ? rows->indices().data<int64_t>()[i] : i;
                        const T* g = grad.data<T>() + i * dim;
                        if (rules.rate(id) == 0 || std::all_of(g, g + dim, [](T x) { return x == 0; }))
                          continue;
                        T* w = parameter.data<T>() + id * dim;
                        double norm = norm_of(w, dim, rules.norm_type);
                        if (norm > rules.max_norm)
                          kernels::scale<T>(w, static_cast<T>(rules.max_norm / (norm + 1e-7)), dim);
                      }
                    });
  });
}

}  // namespace lexigrad::optim
