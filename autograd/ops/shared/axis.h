// Work along one dimension: a tensor as (outer, n, inner).
#pragma once
#include <algorithm>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/strided.h"

namespace lexigrad::detail {

/// The sizes before, along and after a dimension. A scalar has one dimension of size 1.
struct Along {
  int64_t dim, outer = 1, n = 1, inner = 1;
  Along(const char* op, const Shape& shape, int64_t d)
      : dim(wrap_dim(op, d, std::max<int64_t>(1, shape.rank()))) {
    for (int64_t k = 0; k < shape.rank(); ++k) (k < dim ? outer : k == dim ? n : inner) *= shape[k];
  }
};

inline constexpr int64_t columns_together = 256;

/// body(o, first inner index, count): count <= columns_together neighbouring columns of n values each.
template <class Body>
void over_columns(const Along& x, const Body& body) {
  int64_t blocks = (x.inner + columns_together - 1) / columns_together;
  int64_t work = std::max<int64_t>(1, x.n * std::min(x.inner, columns_together));
  parallel_ranges(x.outer * blocks, std::max<int64_t>(1, block_elements / work),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      int64_t c = i % blocks * columns_together;
                      body(i / blocks, c, std::min(columns_together, x.inner - c));
                    }
                  });
}

/// dy at its `places` along `dim` of zeros of shape `whole`: the gradient of a choice of entries.
inline Tensor back_to(const Tensor& places, const Tensor& dy, const Shape& whole, int64_t dim) {
  return whole.rank() == 0 ? dy : scatter_add(zeros(whole, dy.dtype()), dim, places, dy);
}

}  // namespace lexigrad::detail
