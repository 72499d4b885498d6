#include <cmath>
#include <utility>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// cos and sin of each (position, pair): (T, D / 2) each.
struct Angles {
  std::vector<double> cos, sin;
};

Angles angles(int64_t length, int64_t dim, const RopeOptions& o) {
  Angles out;
  for (int64_t t = 0; t < length; ++t)
    for (int64_t i = 0; i < dim / 2; ++i) {
      double frequency = std::pow(o.base, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
      double angle = static_cast<double>(o.start + t) / o.position_scale * frequency;
      out.cos.push_back(std::cos(angle));
      out.sin.push_back(std::sin(angle));
    }
  return out;
}

template <class T>
void rotate(const T* x, T* y, int64_t batch, int64_t length, int64_t heads, int64_t dim, const RopeOptions& o,
            bool back) {
  Angles table = angles(length, dim, o);
  std::vector<T> cos(table.cos.begin(), table.cos.end()), sin(table.sin.begin(), table.sin.end());
  if (back)
    for (T& s : sin) s = -s;
  int64_t half = dim / 2;
  parallel_ranges(batch * length, std::max<int64_t>(1, detail::kBlockElements / (heads * dim)),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t row = begin; row < end; ++row) {
                      const T *c = cos.data() + row % length * half, *s = sin.data() + row % length * half;
                      for (int64_t at = row * heads * dim; at < (row + 1) * heads * dim; at += dim)
                        for (int64_t i = 0; i < half; ++i) {
                          int64_t a = o.layout == RopeLayout::half_split ? i : 2 * i;
                          int64_t b = o.layout == RopeLayout::half_split ? i + half : 2 * i + 1;
                          y[at + a] = x[at + a] * c[i] - x[at + b] * s[i];
                          y[at + b] = x[at + b] * c[i] + x[at + a] * s[i];
                        }
                    }
                  });
}

// A rotation is linear: its gradient is the rotation back.
Tensor rotated(const Tensor& x, const RopeOptions& o, bool back) {
  Tensor from = x.detach().contiguous(), y = empty(x.shape(), x.dtype());
  int64_t length = x.size(-3), heads = x.size(-2), dim = x.size(-1);
  if (y.numel() > 0)
    dispatch_floating("rope", x.dtype(), [&]<class T>(T) {
      rotate<T>(detail::pointer<T>(from), detail::pointer<T>(y), y.numel() / (length * heads * dim), length,
                heads, dim, o, back);
    });
  return record("rope", std::move(y), {x},
                [o, back](const Tensor& dy, Grads& dx) { dx[0] += rotated(dy, o, !back); });
}

}  // namespace

Tensor rope(const Tensor& x, const RopeOptions& options) {
  check(x.rank() >= 3 && x.size(-1) % 2 == 0, "rope", "Needs x (..., T, H, D) with an even D, got ",
        x.shape());
  check(options.base > 0 && options.position_scale > 0 && options.start >= 0, "rope",
        "Needs base and position_scale above 0 and start >= 0, got ", options.base, ", ",
        options.position_scale, " and ", options.start);
  return rotated(x, options, false);
}

// Pairs as complex numbers times e^(i angle).
static Tensor rope_reference(const Tensor& in, bool half_split, int64_t start, double base, double scale) {
  Tensor x = in.contiguous(), y = zeros(x.shape(), float64);
  int64_t T = x.size(-3), H = x.size(-2), D = x.size(-1);
  for (int64_t at = 0; at < x.numel(); ++at) {
    int64_t d = at % D, t = at / (D * H) % T, i = half_split ? d % (D / 2) : d / 2;
    bool second = half_split ? d >= D / 2 : d % 2 == 1;
    int64_t other = at + (half_split ? D / 2 : 1) * (second ? -1 : 1);
    double angle = static_cast<double>(start + t) / scale *
                   std::exp(-2.0 * static_cast<double>(i) / static_cast<double>(D) * std::log(base));
    y.data<double>()[at] = std::cos(angle) * x.data<double>()[at] +
                           (second ? 1 : -1) * std::sin(angle) * x.data<double>()[other];
  }
  return y;
}

EXAMPLE(
    rope, .shapes = {{{2, 3, 2, 4}}, {{5, 1, 2}}, {{2, 0, 1, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return rope(in[0], {.layout = RopeLayout::interleaved}); },
    .reference = [](const std::vector<Tensor>& in) { return rope_reference(in[0], false, 0, 10000, 1); },
    .bad =
        [] {
          rope(ones({2, 3, 5}), {.layout = RopeLayout::half_split});
        },
    .error = "[rope] Needs x (..., T, H, D) with an even D, got [2, 3, 5]");
EXAMPLE(
    rope, .shapes = {{{2, 3, 2, 6}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return rope(in[0],
                      {.layout = RopeLayout::half_split, .start = 7, .base = 500, .position_scale = 4});
        },
    .reference = [](const std::vector<Tensor>& in) { return rope_reference(in[0], true, 7, 500, 4); });

}  // namespace lexigrad
