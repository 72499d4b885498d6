#include "lexigrad/train/formats/bytes.h"

#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::train {

char* element_bytes(const Tensor& x) {
  return dispatch_stored(x.dtype(), [&]<class T>(T) { return reinterpret_cast<char*>(x.data<T>()); });
}

}  // namespace lexigrad::train
