#include <cmath>

#include "lexigrad/autograd/ops/shared/normalise.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {
namespace {

// (sum |x|^p)^(1/p) over `over`, which become 1; off the tape.
Tensor power_norm(const Tensor& x, double p, const std::vector<int64_t>& over) {
  NoGrad off;
  if (p == 2) return detail::root_of_squares(x, over, false);
  return detail::root_of_powers(x, over, p, [&](const Tensor& y) { return sum(pow(abs(y), p), over, true); });
}

// Ones where x is 0.
Tensor zeros_of(const Tensor& x) { return eq(x, zeros({}, x.dtype())); }

}  // namespace

Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim) {
  check(is_floating(x.dtype()), "norm", "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
  if (p == 0) return sum(1 - zeros_of(x).to(x.dtype()), dims, keepdim);
  if (p == 1) return sum(abs(x), dims, keepdim);
  if (std::isinf(p)) return p > 0 ? amax(abs(x), dims, keepdim) : amin(abs(x), dims, keepdim);
  std::vector<int64_t> over = detail::reduced_dims("norm", dims, x.rank());
  Tensor y = power_norm(x, p, over);
  Shape kept = y.shape();
  return record("norm", y.reshape(detail::reduced_shape(x.shape(), over, keepdim)), {x},
                [x = Saved(x), kept, p](const Tensor& dy, const Tensor& y, Grads& dx) {
                  Tensor none = zeros_of(y), size = (y + none).reshape(kept);
                  Tensor slope = (dy * (1 - none)).reshape(kept);
                  if (p == 2) {
                    dx[0] += slope * (x / size);
                    return;
                  }
                  Tensor share = (abs(x) + zeros_of(x)) / size;  // sign(x) is 0 where x is
                  dx[0] += slope * sign(x) * pow(share, p - 1);
                });
}

Tensor norm(const Tensor& x, double p) { return norm(x, p, {}); }
Tensor Tensor::norm(double p) const { return lexigrad::norm(*this, p); }
Tensor Tensor::norm(double p, const Dims& dims, bool keepdim) const {
  return lexigrad::norm(*this, p, dims, keepdim);
}

static Tensor norm_reference(const Tensor& x, double p, int64_t outer, int64_t rows, int64_t cols,
                             const Shape& shape) {
  Tensor y = zeros(shape, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i)
    y.data<double>()[i / (rows * cols) * cols + i % cols] += std::pow(std::abs(x.data<double>()[i]), p);
  for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] = std::pow(y.data<double>()[i], 1 / p);
  return y;
}

EXAMPLE(
    norm, .shapes = {{{3, 4}}, {{}}, {{200, 300}}},
    .apply = [](const std::vector<Tensor>& in) { return norm(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) { return norm_reference(in[0], 2, 1, in[0].numel(), 1, {}); },
    .domain = away_from_zero, .bad = [] { norm(arange(3)); },
    .error = "[norm] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    norm, .shapes = {{{3, 4, 5}}, {{2, 0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return norm(in[0], 3, {1}, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return norm_reference(in[0], 3, s[0], s[1], s[2], {s[0], 1, s[2]});
        },
    .domain = away_from_zero,
    .bad =
        [] {
          norm(ones({2, 3}), 2, {2});
        },
    .error = "[norm] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    norm, .shapes = {{{3, 40}}},
    .apply = [](const std::vector<Tensor>& in) { return norm(in[0], 1, {1}) + norm(in[0], 1.5, {1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = norm_reference(in[0], 1, 3, 40, 1, {3}),
                 other = norm_reference(in[0], 1.5, 3, 40, 1, {3});
          for (int64_t i = 0; i < 3; ++i) y.data<double>()[i] += other.data<double>()[i];
          return y;
        },
    .domain = away_from_zero);
EXAMPLE(
    norm, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return norm(in[0], INFINITY, {1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({3}, float64);
          for (int64_t i = 0; i < 12; ++i)
            y.data<double>()[i / 4] = std::max(y.data<double>()[i / 4], std::abs(in[0].data<double>()[i]));
          return y;
        },
    .domain = away_from_zero);

}  // namespace lexigrad
