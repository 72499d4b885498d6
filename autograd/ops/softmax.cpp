// softmax and log_softmax.
#include "lexigrad/autograd/kernels/softmax.h"

#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tensor/reader.h"

namespace lexigrad {
namespace {

// y of x's shape: kernel(a row of each input, the row of y, n) for each row, in parallel blocks; the inputs
// have x's shape, too, and any strides. Rank 0 is one row.
template <class Kernel, class... More>
Tensor by_rows(const char* op, const Kernel& kernel, const Tensor& x, const More&... more) {
  Tensor y = empty(x.shape(), x.dtype());
  dispatch_floating(op, x.dtype(), [&]<class T>(T) {
    if (y.numel() == 0) return;
    int64_t n = y.rank() > 0 ? y.shape().back() : 1;
    const detail::Reader<T> readers[] = {detail::Reader<T>(x), detail::Reader<T>(more)...};
    parallel_ranges(
        y.numel() / n, std::max<int64_t>(1, detail::kBlockElements / n), [&](int64_t begin, int64_t end) {
          std::vector<T> buffers[1 + sizeof...(more)];
          for (int64_t row = begin; row < end; ++row) {
            auto from = [&](size_t input) { return readers[input].read(row * n, n, buffers[input]); };
            T* to = detail::pointer<T>(y) + row * n;
            if constexpr (sizeof...(more) == 0)
              kernel(from(0), to, n);
            else
              kernel(from(0), from(1), to, n);
          }
        });
  });
  return y;
}

// softmax and log_softmax are over the last dimension; `op` along another is op of the transposed x.
using Op = Tensor (*)(const Tensor&, int64_t);
Tensor turned(Op op, const Tensor& x, int64_t dim) {
  return transpose(op(transpose(x, dim, -1), -1), dim, -1);
}

// dy - e^y sum(dy) by ops; where y is near 0 the sum may be near dy, and e^y is 1 + expm1(y).
Tensor log_softmax_slopes(const Tensor& y, const Tensor& dy) {
  Tensor total = sum(dy, {-1}, true);
  return where(gt(y, -0.5), (dy - total) - expm1(y) * total, dy - exp(y) * total);
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t dim) {
  dim = wrap_dim_or_scalar("softmax", dim, x.rank());  // a scalar is a row of one
  if (x.rank() > 0 && dim != x.rank() - 1) return turned(softmax, x, dim);
  const auto forward = [](const auto* from, auto* to, int64_t n) { kernels::softmax(from, to, n); };
  return record(
      "softmax", by_rows("softmax", forward, x), {x}, [](const Tensor& dy, const Tensor& y, Grads& dx) {
        const auto gradient = [](const auto* p, const auto* dp, auto* to, int64_t n) {
          kernels::softmax_gradient(p, dp, to, n);
        };
        dx[0] += grad_enabled() ? y * (dy - sum(dy * y, {-1}, true)) : by_rows("softmax", gradient, y, dy);
      });
}
Tensor Tensor::softmax(int64_t dim) const { return lexigrad::softmax(*this, dim); }

Tensor log_softmax(const Tensor& x, int64_t dim) {
  dim = wrap_dim_or_scalar("log_softmax", dim, x.rank());
  if (x.rank() > 0 && dim != x.rank() - 1) return turned(log_softmax, x, dim);
  const auto forward = [](const auto* from, auto* to, int64_t n) { kernels::log_softmax(from, to, n); };
  return record("log_softmax", by_rows("log_softmax", forward, x), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  const auto gradient = [](const auto* p, const auto* dp, auto* to, int64_t n) {
                    kernels::log_softmax_gradient(p, dp, to, n);
                  };
                  dx[0] +=
                      grad_enabled() ? log_softmax_slopes(y, dy) : by_rows("log_softmax", gradient, y, dy);
                });
}
Tensor Tensor::log_softmax(int64_t dim) const { return lexigrad::log_softmax(*this, dim); }

// softmax of x (outer, n, inner) along n, or its logarithm.
static Tensor softmax_reference(bool logarithm, const Tensor& x, int64_t outer, int64_t n, int64_t inner) {
  Tensor y = zeros(x.shape(), float64);
  const double* from = x.data<double>();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      double total = 0;
      for (int64_t k = 0; k < n; ++k) total += std::exp(from[(o * n + k) * inner + i]);
      for (int64_t k = 0; k < n; ++k) {
        double v = from[(o * n + k) * inner + i];
        y.data<double>()[(o * n + k) * inner + i] = logarithm ? v - std::log(total) : std::exp(v) / total;
      }
    }
  return y;
}

static Example of_rows(const char* name, Op op, bool logarithm) {
  return {.shapes = {{{3, 4}}, {{2, 70}}, {{0, 3}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], -1); },
          .reference =
              [logarithm](const std::vector<Tensor>& in) {
                return softmax_reference(logarithm, in[0], in[0].size(0), in[0].size(1), 1);
              },
          .bad =
              [op] {
                op(ones({2, 3}), 2);
              },
          .error = text("[", name, "] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)")};
}

static Example of_the_middle(Op op, bool logarithm) {
  return {.shapes = {{{3, 4, 2}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], 1); },
          .reference =
              [logarithm](const std::vector<Tensor>& in) {
                return softmax_reference(logarithm, in[0], 3, 4, 2);
              }};
}

EXAMPLE(softmax, of_rows("softmax", softmax, false));
EXAMPLE(softmax, of_the_middle(softmax, false));
EXAMPLE(log_softmax, of_rows("log_softmax", log_softmax, true));
EXAMPLE(log_softmax, of_the_middle(log_softmax, true));

}  // namespace lexigrad
