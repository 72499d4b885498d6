#include "lexigrad/autograd/tensor/dtype.h"

#include <ostream>

namespace lexigrad {

const char* name(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean:
      return "bool";
    case Dtype::int64:
      return "int64";
    case Dtype::bfloat16:
      return "bfloat16";
    case Dtype::float32:
      return "float32";
    default:
      return "float64";
  }
}

std::ostream& operator<<(std::ostream& out, Dtype dtype) { return out << name(dtype); }

}  // namespace lexigrad
