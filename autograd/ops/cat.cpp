#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

static std::vector<Tensor> converted(std::vector<Tensor> parts, Dtype dtype) {
  for (Tensor& part : parts) part = part.to(dtype);
  return parts;
}

Tensor cat(const std::vector<Tensor>& parts, int64_t dim) {
  check(!parts.empty(), "cat", "The list is empty. Hint: give at least one tensor");
  dim = wrap_dim("cat", dim, parts[0].rank());
  Shape shape = parts[0].shape();
  shape[dim] = 0;
  Dtype dtype = boolean;
  for (const Tensor& part : parts) {
    check(part.rank() == shape.rank() && part.shape().without(dim) == shape.without(dim), "cat", "Shapes ",
          parts[0].shape(), " and ", part.shape(), " differ in more than dimension ", dim,
          ". Hint: all other sizes must agree");
    dtype = std::max(dtype, part.dtype());
    shape[dim] = add_sizes("cat", shape[dim], part.shape()[dim]);
  }
  for (const Tensor& part : parts)
    if (part.dtype() != dtype) return cat(converted(parts, dtype), dim);
  Tensor y = empty(shape, dtype);
  int64_t at = 0;
  std::vector<int64_t> ends;
  for (const Tensor& part : parts) {
    slice(y, dim, at, at + part.shape()[dim]).copy_(part.detach());
    ends.push_back(at += part.shape()[dim]);
  }
  return record("cat", std::move(y), parts, [ends, dim](const Tensor& dy, Grads& dx) {
    for (size_t i = 0; i < ends.size(); ++i)
      if (int input = static_cast<int>(i); dx.needs(input))
        dx[input] += slice(dy, dim, i == 0 ? 0 : ends[i - 1], ends[i]);
  });
}

EXAMPLE(
    cat, .shapes = {{{2, 3}, {2, 1}}, {{2, 0}, {2, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return cat(in, 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({2, 4}, float64);
          int64_t n = in[0].size(1), m = in[1].size(1);
          for (int64_t i = 0; i < 8; ++i) {
            int64_t r = i / 4, c = i % 4;
            y.data<double>()[i] =
                c < n ? in[0].data<double>()[r * n + c] : in[1].data<double>()[r * m + c - n];
          }
          return y;
        },
    .bad =
        [] {
          cat({ones({2, 3}), ones({3, 3})}, 1);
        },
    .error =
        "[cat] Shapes [2, 3] and [3, 3] differ in more than dimension 1. Hint: all other sizes must agree");

}  // namespace lexigrad
