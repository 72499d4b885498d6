#include <array>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

constexpr int64_t kColumns = 64;  // that one running sum takes together

// body(first element, number of columns) for each block of columns of each sequence of x (..., T, C).
template <class Body>
void over_columns(const Tensor& x, const Body& body) {
  int64_t time = x.size(-2), channels = x.size(-1), blocks = (channels + kColumns - 1) / kColumns;
  if (x.numel() == 0) return;
  int64_t grain = std::max<int64_t>(1, detail::kBlockElements / (time * std::min(channels, kColumns)));
  parallel_ranges(x.numel() / (time * channels) * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t column = i % blocks * kColumns;
      body(i / blocks * time * channels + column, std::min(kColumns, channels - column));
    }
  });
}

template <class T>
void means(const T* x, T* y, int64_t time, int64_t channels, int64_t width) {
  std::array<double, kColumns> total{};
  for (int64_t t = 0; t < time; ++t, x += channels, y += channels) {
    double share = 1 / static_cast<double>(t + 1);
    for (int64_t c = 0; c < width; ++c) y[c] = static_cast<T>((total[c] += x[c]) * share);
  }
}

// dx[s] is the sum of dy[t] / (t + 1) over t >= s.
template <class T>
void means_gradient(const T* dy, T* dx, int64_t time, int64_t channels, int64_t width) {
  std::array<double, kColumns> total{};
  for (int64_t t = time - 1; t >= 0; --t) {
    double share = 1 / static_cast<double>(t + 1);
    for (int64_t c = 0; c < width; ++c)
      dx[t * channels + c] = static_cast<T>(total[c] += share * dy[t * channels + c]);
  }
}

// A linear op's adjoint: its own adjoint is the op.
Tensor causal_mean_gradient(const Tensor& dy) {
  int64_t time = dy.size(-2), channels = dy.size(-1);
  Tensor from = dy.detach().contiguous(), y = empty(dy.shape(), dy.dtype());
  dispatch_floating("causal_mean", dy.dtype(), [&]<class T>(T) {
    over_columns(y, [&](int64_t at, int64_t width) {
      means_gradient(detail::pointer<T>(from) + at, detail::pointer<T>(y) + at, time, channels, width);
    });
  });
  return record("causal_mean_gradient", std::move(y), {dy},
                [](const Tensor& ddx, Grads& dx) { dx[0] += causal_mean(ddx); });
}

}  // namespace

Tensor causal_mean(const Tensor& x) {
  check(x.rank() >= 2, "causal_mean", "Needs x (..., T, C), got ", x.shape());
  int64_t time = x.size(-2), channels = x.size(-1);
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  dispatch_floating("causal_mean", x.dtype(), [&]<class T>(T) {
    over_columns(y, [&](int64_t at, int64_t width) {
      means(detail::pointer<T>(from) + at, detail::pointer<T>(y) + at, time, channels, width);
    });
  });
  return record("causal_mean", std::move(y), {x},
                [](const Tensor& dy, Grads& dx) { dx[0] += causal_mean_gradient(dy); });
}

EXAMPLE(
    causal_mean, .shapes = {{{2, 3, 4}}, {{5, 70}}, {{1, 1}}, {{2, 0, 3}}, {{40, 300, 65}}},
    .apply = [](const std::vector<Tensor>& in) { return causal_mean(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t time = in[0].size(-2), channels = in[0].size(-1);
          Tensor y = zeros(in[0].shape(), float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            int64_t t = i / channels % time;
            for (int64_t s = 0; s <= t; ++s) y.data<double>()[i] += in[0].data<double>()[i - s * channels];
            y.data<double>()[i] /= static_cast<double>(t + 1);
          }
          return y;
        },
    .bad = [] { causal_mean(ones({3})); }, .error = "[causal_mean] Needs x (..., T, C), got [3]");

}  // namespace lexigrad
