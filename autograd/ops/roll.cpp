#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims) {
  if (dims.empty() && shifts.size() == 1) return reshape(roll(flatten(x), shifts, {0}), x.shape());
  check(shifts.size() == dims.size(), "roll", "Got ", shifts.size(), " shifts for ", dims.size(),
        " dimensions");
  Tensor y = x;
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t dim = wrap_dim("roll", dims[i], x.rank()), size = x.shape()[dim];
    if (size == 0 || shifts[i] % size == 0) continue;
    int64_t cut = size - (shifts[i] % size + size) % size;
    y = cat({slice(y, dim, cut), slice(y, dim, 0, cut)}, dim);
  }
  return y.shares_storage(x) ? clone(x) : y;
}
Tensor Tensor::roll(const Dims& shifts, const Dims& dims) const {
  return lexigrad::roll(*this, shifts, dims);
}

EXAMPLE(
    roll, .shapes = {{{3, 4}}, {{0, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return roll(in[0], {-7, 1}, {1, 0});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros(in[0].shape(), float64);
          int64_t n = in[0].size(0);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[(i / 4 + n - 1) % n * 4 + (i + 3) % 4];
          return y;
        },
    .bad =
        [] {
          roll(ones({2, 3}), {1, 2}, {0});
        },
    .error = "[roll] Got 2 shifts for 1 dimensions");
EXAMPLE(
    roll, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return roll(in[0], {5}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({3, 4}, float64);
          for (int64_t i = 0; i < 12; ++i) y.data<double>()[(i + 5) % 12] = in[0].data<double>()[i];
          return y;
        });
EXAMPLE(
    roll, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return roll(in[0], {6}, {0}); },
    .reference = elementwise([](double x) { return x; }));

}  // namespace lexigrad
