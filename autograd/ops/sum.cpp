#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {

// Sums of whole numbers and bools, in int64; they wrap.
struct WholeSum {
  template <class T>
  using Out = int64_t;
  template <class T>
  static uint64_t identity() {
    return 0;
  }
  template <class T>
  static uint64_t value(T x) {
    return static_cast<uint64_t>(static_cast<int64_t>(x));
  }
  static uint64_t combine(uint64_t a, uint64_t b) { return a + b; }
};

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim) {
  check_arithmetic("sum", x.dtype());
  std::vector<int64_t> over = detail::reduced_dims("sum", dims, x.rank());
  if (!is_floating(x.dtype()))
    return detail::reduce_by<WholeSum>(x, over, detail::reduced_shape(x.shape(), over, keepdim));
  Shape kept = detail::reduced_shape(x.shape(), over, true);
  Tensor y;
  {
    NoGrad off;
    y = detail::sum_keeping(x, over).reshape(detail::reduced_shape(x.shape(), over, keepdim));
  }
  return record("sum", std::move(y), {x}, [kept, whole = x.shape()](const Tensor& dy, Grads& dx) {
    dx[0] += expand(dy.reshape(kept), whole);
  });
}

Tensor sum(const Tensor& x) { return sum(x, {}); }

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype) {
  return sum(x.to(dtype), dims, keepdim);
}
Tensor Tensor::sum() const { return lexigrad::sum(*this); }
Tensor Tensor::sum(const Dims& dims, bool keepdim, std::optional<Dtype> dtype) const {
  return dtype ? lexigrad::sum(*this, dims, keepdim, *dtype) : lexigrad::sum(*this, dims, keepdim);
}

static Tensor sum_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor out = zeros(shape, float64);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c)
        out.data<double>()[o * cols + c] += x.data<double>()[(o * rows + r) * cols + c];
  return out;
}

EXAMPLE(
    sum, .shapes = {{{3, 4}}, {{}}, {{0, 3}}, {{70, 1000}}},
    .apply = [](const std::vector<Tensor>& in) { return sum(in[0]); },
    .reference = [](const std::vector<Tensor>& in) { return sum_reference(in[0], 1, in[0].numel(), 1, {}); },
    .bad =
        [] {
          sum(ones({2, 3}), {2});
        },
    .error = "[sum] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    sum, .shapes = {{{3, 4, 5}}, {{2, 300, 130}}},
    .apply = [](const std::vector<Tensor>& in) { return sum(in[0], {1}, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return sum_reference(in[0], s[0], s[1], s[2], {s[0], 1, s[2]});
        },
    .bad =
        [] {
          sum(ones({2, 3}), {1, -1});
        },
    .error = "[sum] Dimension 1 is named twice");
EXAMPLE(
    sum, .shapes = {{{3, 4, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return sum(in[0], {0, 2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return sum_reference(sum_reference(in[0], 1, 3, 20, {4, 5}), 4, 5, 1, {4});
        });

}  // namespace lexigrad
