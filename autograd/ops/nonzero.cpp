// nonzero, where with one argument, and masked_select.
#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor nonzero(const Tensor& x) {
  Tensor set = x.detach().to(boolean).contiguous();
  const bool* is = detail::pointer<bool>(set);
  Tensor y = empty({std::count(is, is + set.numel(), true), x.rank()}, int64);
  int64_t* row = detail::pointer<int64_t>(y);
  for (int64_t i = 0; i < set.numel(); ++i) {
    if (!is[i]) continue;
    for (int64_t d = x.rank() - 1, rest = i; d >= 0; rest /= x.shape()[d--]) row[d] = rest % x.shape()[d];
    row += x.rank();
  }
  return y;
}
Tensor Tensor::nonzero() const { return lexigrad::nonzero(*this); }

std::vector<Tensor> where(const Tensor& condition) {
  Tensor places = nonzero(condition.rank() == 0 ? unsqueeze(condition, 0) : condition);
  std::vector<Tensor> columns;
  for (const Tensor& column : unbind(places, 1)) columns.push_back(column.contiguous());
  return columns;
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check(mask.dtype() == boolean, "masked_select", "The mask must be bool, got ", name(mask.dtype()),
        ". Hint: a comparison makes one, such as gt(x, 0); x.to(boolean) converts");
  Shape whole = broadcast("masked_select", x.shape(), mask.shape()), flat{whole.numel()};
  Tensor places = nonzero(expand(mask, whole).reshape(flat)).reshape({-1});
  return index_select(expand(x, whole).reshape(flat), 0, places);
}
Tensor Tensor::masked_select(const Tensor& mask) const { return lexigrad::masked_select(*this, mask); }

EXAMPLE(
    nonzero, .shapes = {{{3, 4}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return nonzero(gt(in[0], 0)); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> places;
          for (int64_t i = 0; i < in[0].numel(); ++i)
            if (in[0].data<double>()[i] > 0)
              for (int64_t d : {i / in[0].size(1), i % in[0].size(1)})
                places.push_back(static_cast<double>(d));
          return from_values<double>(places, {static_cast<int64_t>(places.size()) / 2, 2});
        },
    .bad = [] { nonzero(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of something "
        "without one",
    .differentiable = false);
EXAMPLE(
    where, .shapes = {{{4}}, {{0}}},
    .apply = [](const std::vector<Tensor>& in) { return where(gt(in[0], 0)); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> places;
          for (int64_t i = 0; i < in[0].numel(); ++i)
            if (in[0].data<double>()[i] > 0) places.push_back(static_cast<double>(i));
          return tensor(places);
        },
    .differentiable = false);
EXAMPLE(
    masked_select, .shapes = {{{2, 3}}, {{1, 3}}, {{}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return masked_select(in[0], tensor({{true, false, true}, {false, true, true}}));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          auto at = [&](int64_t i) { return in[0].data<double>()[i % in[0].numel()]; };
          return tensor({at(0), at(2), at(4), at(5)}, float64);
        },
    .bad = [] { masked_select(ones({2}), ones({2})); },
    .error =
        "[masked_select] The mask must be bool, got float32. Hint: a comparison makes one, such as gt(x, 0); "
        "x.to(boolean) converts");

}  // namespace lexigrad
