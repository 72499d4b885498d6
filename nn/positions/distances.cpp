#include "lexigrad/nn/positions/distances.h"

#include <algorithm>

#include "lexigrad/nn/parameter.h"

namespace lexigrad::nn::detail {

Tensor distance_rows(int64_t length, int64_t keys, int64_t limit) {
  Tensor out = empty({length, keys}, int64);
  int64_t* to = out.data<int64_t>();
  for (int64_t t = 0; t < length; ++t)
    for (int64_t s = 0; s < keys; ++s)
      *to++ = std::clamp<int64_t>(t + keys - length - s, -limit, limit) + limit;
  return out;
}

Tensor scores_by_distance(const Tensor& x, const Tensor& table, const Tensor& index) {
  Tensor all = transpose(matmul(x, transpose(widened(table), 0, 1)), 1, 2);  // (B, H, T, rows)
  return gather(all, 3, expand(index, {all.size(0), all.size(1), index.size(0), index.size(1)}));
}

}  // namespace lexigrad::nn::detail
