#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

namespace {

template <class T>
T unless_nan(const T* x, int64_t n, T otherwise) {
  const T* found = std::find_if(x, x + n, [](T v) { return std::isnan(v); });
  return found == x + n ? otherwise : *found;
}

// y[r] = log sum e^x of row r of n values.
template <class T>
void log_sum_exp(const T* x, T* y, int64_t rows, int64_t n) {
  parallel_ranges(rows, std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(n, 1)),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t r = begin; r < end; ++r) {
                      const T* row = x + r * n;
                      T largest = kernels::row_max<T>(row, n);
                      y[r] = std::isinf(largest)
                                 ? unless_nan(row, n, largest)
                                 : largest + std::log1p(kernels::sum_exp_beside_max<T>(row, largest, n));
                    }
                  });
}

// By ops, for what is not rows: the largest along `over` is taken off where it is finite.
Tensor by_ops(const Tensor& x, const std::vector<int64_t>& over) {
  NoGrad off;
  Tensor shift = detail::map_floating("logsumexp", amax(x, over, true),
                                      [](auto v) { return std::isinf(v) ? decltype(v){0} : v; });
  return log(sum(exp(x - shift), over, true)) + shift;
}

}  // namespace

Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim) {
  std::vector<int64_t> over = detail::reduced_dims("logsumexp", dims, x.rank());
  Shape kept = detail::reduced_shape(x.shape(), over, true);
  Tensor y = dispatch_floating("logsumexp", x.dtype(), [&]<class T>(T) {
    detail::AxesView from = detail::axes_view(x, over);
    if (from.rows > 0 && (from.cols != 1 || from.rows > detail::kBlockElements))
      return by_ops(x.detach(), over);
    Tensor source = from.source.contiguous(), out = empty(kept, x.dtype());
    log_sum_exp(detail::pointer<T>(source), detail::pointer<T>(out), out.numel(), from.rows);
    return out;
  });
  {
    NoGrad off;
    y = y.reshape(detail::reduced_shape(x.shape(), over, keepdim));
  }
  return record("logsumexp", std::move(y), {x},
                [x = Saved(x), kept](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += dy.reshape(kept) * exp(x - y.reshape(kept));
                });
}
Tensor Tensor::logsumexp(const Dims& dims, bool keepdim) const {
  return lexigrad::logsumexp(*this, dims, keepdim);
}

static Tensor logsumexp_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols,
                                  const Shape& shape) {
  Tensor y = zeros(shape, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i)
    y.data<double>()[i / (rows * cols) * cols + i % cols] += std::exp(x.data<double>()[i]);
  for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] = std::log(y.data<double>()[i]);
  return y;
}

EXAMPLE(
    logsumexp, .shapes = {{{3, 4, 5}}, {{2, 70, 30}}, {{0, 2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return logsumexp(in[0], {1}, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return logsumexp_reference(in[0], s[0], s[1], s[2], {s[0], 1, s[2]});
        },
    .bad = [] { logsumexp(arange(3), {0}); },
    .error = "[logsumexp] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    logsumexp, .shapes = {{{3, 40}}, {{}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return in[0].rank() == 0 ? logsumexp(in[0], {}) : logsumexp(in[0], {0, -1});
        },
    .reference =
        [](const std::vector<Tensor>& in) { return logsumexp_reference(in[0], 1, in[0].numel(), 1, {}); });
EXAMPLE(
    logsumexp, .shapes = {{{3, 4, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return logsumexp(in[0], {0, 2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor first = logsumexp_reference(in[0], 1, 3, 20, {4, 5});
          return logsumexp_reference(first, 4, 5, 1, {4});
        });

}  // namespace lexigrad
