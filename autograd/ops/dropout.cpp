#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tensor/draws.h"

namespace lexigrad {
namespace {

constexpr int64_t kPerBlock = detail::kDropsPerBlock;

template <class T>
void drop(const T* x, T* y, int64_t n, double p, const Draw& draw) {
  T scale = static_cast<T>(p < 1 ? 1 / (1 - p) : 0);
  parallel_ranges((n + kPerBlock - 1) / kPerBlock, detail::kBlockElements / kPerBlock,
                  [&](int64_t begin, int64_t end) {
                    for (int64_t b = begin; b < end; ++b) {
                      CounterRng::Block bits = draw.block(static_cast<uint64_t>(b));
                      for (int64_t i = b * kPerBlock, k = 0; k < kPerBlock && i + k < n; ++k)
                        y[i + k] = detail::dropped(bits, k, p) ? T{0} : x[i + k] * scale;
                    }
                  });
}

// The mask is a constant of the draw: the op is linear, and its gradient is itself.
Tensor masked(const Tensor& x, double p, const Draw& draw) {
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  dispatch_floating("dropout", x.dtype(), [&]<class T>(T) {
    drop<T>(detail::pointer<T>(from), detail::pointer<T>(y), y.numel(), p, draw);
  });
  return record("dropout", std::move(y), {x},
                [p, draw](const Tensor& dy, Grads& dx) { dx[0] += masked(dy, p, draw); });
}

}  // namespace

Tensor dropout(const Tensor& x, double p) {
  check(p >= 0 && p <= 1, "dropout", "The probability is ", p, " (valid are 0..1)");
  return masked(x, p, next_draw());
}

EXAMPLE(
    dropout, .shapes = {{{3, 7}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          DrawStep step(5);
          return dropout(in[0], 0.3);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Draw draw(default_generator().seed(), 5, 0);
          Tensor x = in[0].contiguous(), y = zeros(x.shape(), float64);
          for (int64_t i = 0; i < x.numel(); ++i) {
            uint64_t word = draw(static_cast<uint64_t>(i / 2)), bits = i % 2 ? word >> 32 : word & 0xFFFFFFFF;
            if (static_cast<double>(bits) / 4294967296.0 >= 0.3)
              y.data<double>()[i] = x.data<double>()[i] / 0.7;
          }
          return y;
        },
    .bad = [] { dropout(ones({2}), 1.5); }, .error = "[dropout] The probability is 1.5 (valid are 0..1)");

}  // namespace lexigrad
