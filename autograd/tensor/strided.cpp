#include "lexigrad/autograd/tensor/strided.h"

namespace lexigrad::detail {

Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& target) {
  Shape out(target.rank(), 0);
  int64_t lead = target.rank() - shape.rank();
  for (int64_t i = 0; i < shape.rank(); ++i) out[lead + i] = shape[i] == 1 ? 0 : strides[i];
  return out;
}

}  // namespace lexigrad::detail
