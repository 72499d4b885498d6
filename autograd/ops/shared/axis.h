// Work along one dimension: a tensor as (outer, n, inner).
#pragma once
#include <algorithm>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/strided.h"

namespace lexigrad::detail {

/// The sizes before, along and after a dimension. A scalar has one dimension of size 1.
struct Axis {
  int64_t dim, outer = 1, n = 1, inner = 1;
  Axis(const char* op, const Shape& shape, int64_t d) : dim(wrap_dim_or_scalar(op, d, shape.rank())) {
    for (int64_t k = 0; k < shape.rank(); ++k) (k < dim ? outer : k == dim ? n : inner) *= shape[k];
  }
};

inline constexpr int64_t kColumnsTogether = 256;

/// body(o, first inner index, count): count <= kColumnsTogether neighbouring columns of n values each.
template <class Body>
void over_columns(const Axis& x, const Body& body) {
  int64_t blocks = (x.inner + kColumnsTogether - 1) / kColumnsTogether;
  int64_t work = std::max<int64_t>(1, x.n * std::min(x.inner, kColumnsTogether));
  parallel_ranges(x.outer * blocks, std::max<int64_t>(1, kBlockElements / work),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      int64_t c = i % blocks * kColumnsTogether;
                      body(i / blocks, c, std::min(kColumnsTogether, x.inner - c));
                    }
                  });
}

/// body(at) for the first element of each column of n values, `inner` apart.
template <class Body>
void each_column(const Axis& x, const Body& body) {
  over_columns(x, [&](int64_t o, int64_t first, int64_t count) {
    for (int64_t at = o * x.n * x.inner + first, c = 0; c < count; ++c) body(at + c);
  });
}

/// y[0] = x[0], y[k] = f(y[k - 1], x[k]) along `dim` of x, by ops.
template <class F>
Tensor scan(const Tensor& x, int64_t dim, const F& f) {
  std::vector<Tensor> y{slice(x, dim, 0, 1)};
  for (int64_t k = 1; k < x.size(dim); ++k) y.push_back(f(y.back(), slice(x, dim, k, k + 1)));
  return cat(y, dim);
}

/// dy at its `places` along `dim` of zeros of shape `whole`: the gradient of a choice of entries.
inline Tensor back_to(const Tensor& places, const Tensor& dy, const Shape& whole, int64_t dim) {
  return whole.rank() == 0 ? dy : scatter_add(zeros(whole, dy.dtype()), dim, places, dy);
}

}  // namespace lexigrad::detail
