// Tensor's members that are ops.
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/copies.h"

namespace lexigrad {

Tensor Tensor::reshape(const Shape& shape) const { return lexigrad::reshape(*this, shape); }
Tensor Tensor::view(const Shape& shape) const { return lexigrad::view(*this, shape); }
Tensor Tensor::transpose(int64_t a, int64_t b) const { return lexigrad::transpose(*this, a, b); }
Tensor Tensor::t() const {
  check(rank() == 2, "t", "Needs a matrix, got shape ", shape(),
        ". Hint: transpose(a, b) names the dimensions");
  return lexigrad::transpose(*this, 0, 1);
}
Tensor Tensor::to(Dtype dtype) const { return lexigrad::to(*this, dtype); }
Tensor Tensor::contiguous() const {
  if (is_contiguous()) return *this;
  detail::count_copy(bytes());
  return lexigrad::clone(*this);
}
Tensor Tensor::clone() const { return lexigrad::clone(*this); }

}  // namespace lexigrad
