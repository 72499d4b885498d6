#include <array>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Running sums of one row.
template <class Sum, class T>
void running_sums(const T* x, T* y, int64_t n, int64_t step) {
  Sum total{};
  for (int64_t i = 0, at = step > 0 ? 0 : n - 1; i < n; ++i, at += step)
    y[at] = static_cast<T>(total += x[at]);
}

// Running sums along one dimension, from its start or (step = -1) from its end; of floats in double.
template <class T>
void running_sums(const T* x, T* y, const detail::Axis& of, int64_t step) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, double, T>;
  detail::over_columns(of, [&](int64_t o, int64_t first, int64_t count) {
    if (of.inner == 1) return running_sums<Sum>(x + o * of.n, y + o * of.n, of.n, step);
    std::array<Sum, detail::kColumnsTogether> total{};
    for (int64_t k = 0; k < of.n; ++k) {
      int64_t at = (o * of.n + (step > 0 ? k : of.n - 1 - k)) * of.inner + first;
      for (int64_t c = 0; c < count; ++c)
        y[at + c] = static_cast<T>(total[static_cast<size_t>(c)] += x[at + c]);
    }
  });
}

Tensor running_sums(const Tensor& x, const detail::Axis& of, int64_t step) {
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  auto run = [&]<class T>(T) { running_sums(detail::pointer<T>(from), detail::pointer<T>(y), of, step); };
  x.dtype() == int64 ? run(int64_t{}) : x.dtype() == float32 ? run(float{}) : run(double{});
  return record(step > 0 ? "cumsum" : "cumsum_gradient", std::move(y), {x},
                [of, step](const Tensor& dy, Grads& dx) { dx[0] += running_sums(dy, of, -step); });
}

}  // namespace

Tensor cumsum(const Tensor& x, int64_t dim) {
  check_arithmetic("cumsum", x.dtype());
  detail::Axis of("cumsum", x.shape(), dim);
  return running_sums(x.dtype() == boolean ? x.to(int64) : x, of, 1);
}
Tensor Tensor::cumsum(int64_t dim) const { return lexigrad::cumsum(*this, dim); }

EXAMPLE(
    cumsum, .shapes = {{{3, 4, 2}}, {{2, 0, 3}}, {{3, 400, 70}}, {{2, 300, 1}}},
    .apply = [](const std::vector<Tensor>& in) { return cumsum(in[0], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1), inner = in[0].size(2);
          Tensor y = in[0].clone();
          for (int64_t i = 0; i < y.numel(); ++i)
            if (i / inner % n > 0) y.data<double>()[i] += y.data<double>()[i - inner];
          return y;
        },
    .bad =
        [] {
          cumsum(ones({2, 3}), 2);
        },
    .error = "[cumsum] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    cumsum, .shapes = {{{}}}, .apply = [](const std::vector<Tensor>& in) { return cumsum(in[0], 0); },
    .reference = [](const std::vector<Tensor>& in) { return in[0]; });

}  // namespace lexigrad
