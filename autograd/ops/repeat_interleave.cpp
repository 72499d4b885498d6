#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<int64_t> dim) {
  if (x.rank() == 0) wrap_dim("repeat_interleave", dim.value_or(0), 1);
  if (!dim || x.rank() == 0) return repeat_interleave(x.reshape({x.numel()}), repeats, 0);
  int64_t along = wrap_dim("repeat_interleave", *dim, x.rank()), n = x.shape()[along];
  bool fits = repeats.dtype() == int64 && (repeats.numel() == 1 || repeats.shape() == Shape{n});
  check(fits, "repeat_interleave", "Repeats of ", name(repeats.dtype()), " and shape ", repeats.shape(),
        " for ", n, " entries. Hint: int64, one for all or one for each");
  std::vector<int64_t> ids, counts = repeats.to_vector<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    int64_t count = counts[counts.size() == 1 ? 0 : static_cast<size_t>(i)];
    check(count >= 0, "repeat_interleave", "Cannot repeat an entry ", count, " times");
    ids.insert(ids.end(), static_cast<size_t>(count), i);
  }
  return index_select(x, along, tensor(ids));
}

Tensor repeat_interleave(const Tensor& x, int64_t repeats, std::optional<int64_t> dim) {
  return repeat_interleave(x, tensor({repeats}), dim);
}
Tensor Tensor::repeat_interleave(int64_t repeats, std::optional<int64_t> dim) const {
  return lexigrad::repeat_interleave(*this, repeats, dim);
}
Tensor Tensor::repeat_interleave(const Tensor& repeats, std::optional<int64_t> dim) const {
  return lexigrad::repeat_interleave(*this, repeats, dim);
}

EXAMPLE(
    repeat_interleave, .shapes = {{{2, 3}}, {{}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return repeat_interleave(in[0], 2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({in[0].numel() * 2}, float64);
          for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] = in[0].data<double>()[i / 2];
          return y;
        },
    .bad = [] { repeat_interleave(ones({2}), -1); },
    .error = "[repeat_interleave] Cannot repeat an entry -1 times");
EXAMPLE(
    repeat_interleave, .shapes = {{{2, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return repeat_interleave(in[0], tensor({2, 0, 1}), 1);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* x = in[0].data<double>();
          return tensor({{x[0], x[0], x[2]}, {x[3], x[3], x[5]}}, float64);
        },
    .bad =
        [] {
          repeat_interleave(ones({2, 3}), tensor({1, 2}), 1);
        },
    .error =
        "[repeat_interleave] Repeats of int64 and shape [2] for 3 entries. Hint: int64, one for all or one for "
        "each");

}  // namespace lexigrad
