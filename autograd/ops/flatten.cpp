#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  int64_t start = wrap_dim_or_scalar("flatten", start_dim, x.rank()),
          end = wrap_dim_or_scalar("flatten", end_dim, x.rank());
  if (x.rank() == 0) return reshape(x, {1});
  check(start <= end, "flatten", "Dimension ", start, " comes after ", end);
  Shape shape;
  int64_t size = 1;
  for (int64_t d = 0; d < x.rank(); ++d) {
    if (d >= start && d <= end) size *= x.shape()[d];
    if (d < start || d > end) shape = shape.with(shape.rank(), x.shape()[d]);
    if (d == end) shape = shape.with(shape.rank(), size);
  }
  return reshape(x, shape);
}
Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return lexigrad::flatten(*this, start_dim, end_dim);
}

EXAMPLE(
    flatten, .shapes = {{{2, 3, 4}}, {{5}}, {{}}, {{0, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return flatten(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return from_values<double>(in[0].to_vector<double>(), {in[0].numel()});
        },
    .bad =
        [] {
          flatten(ones({2, 3}), 1, 0);
        },
    .error = "[flatten] Dimension 1 comes after 0");
EXAMPLE(
    flatten, .shapes = {{{2, 3, 2, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return flatten(in[0], 1, -2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return from_values<double>(in[0].to_vector<double>(), {2, 6, 2});
        });

}  // namespace lexigrad
