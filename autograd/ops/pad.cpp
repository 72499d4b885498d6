#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Entries added in front of dimension `dim` and behind it.
struct Margins {
  int64_t dim, before, after;
};

// The part of y that is not padding.
Tensor inner(const Tensor& y, const std::vector<Margins>& margins) {
  Tensor out = y;
  for (const Margins& m : margins) out = slice(out, m.dim, m.before, y.shape()[m.dim] - m.after);
  return out;
}

Tensor widened(const Tensor& x, const std::vector<Margins>& margins, Scalar value) {
  Shape shape = x.shape();
  for (const Margins& m : margins)
    shape[m.dim] = add_sizes("pad", shape[m.dim], add_sizes("pad", m.before, m.after));
  Tensor y = full(shape, value, x.dtype());
  inner(y, margins).copy_(x.detach());
  return record("pad", std::move(y), {x},
                [margins](const Tensor& dy, Grads& dx) { dx[0] += inner(dy, margins); });
}

}  // namespace

Tensor pad(const Tensor& x, const std::vector<int64_t>& pads, Scalar value) {
  check(pads.size() % 2 == 0 && static_cast<int64_t>(pads.size()) / 2 <= x.rank(), "pad", "Pads ",
        Shape(pads), " do not fit a tensor of shape ", x.shape(),
        ". Hint: (before, after) for the last dimension, then the one before it, and so on");
  Tensor kept = x;
  std::vector<Margins> margins;
  for (size_t i = 0; i < pads.size(); i += 2) {
    int64_t dim = x.rank() - 1 - static_cast<int64_t>(i / 2), size = x.shape()[dim];
    int64_t cut = std::max<int64_t>(-pads[i], 0), end = size - std::max<int64_t>(-pads[i + 1], 0);
    check(cut <= end, "pad", "Pads ", Shape(pads), " cut more than dimension ", dim, " of a tensor of shape ",
          x.shape(), " holds");
    if (end - cut < size) kept = slice(kept, dim, cut, end);
    margins.push_back({dim, std::max<int64_t>(pads[i], 0), std::max<int64_t>(pads[i + 1], 0)});
  }
  return widened(kept, margins, value);
}

EXAMPLE(
    pad, .shapes = {{{2, 3, 4}}, {{0, 3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return pad(in[0], {1, 2, -1, 3}, 0.5);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = full({in[0].size(0), 5, 7}, 0.5, float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            int64_t row = i / 7 % 5 + 1, column = i % 7 - 1;
            if (row < 3 && column >= 0 && column < 4)
              y.data<double>()[i] = in[0].data<double>()[(i / 35 * 3 + row) * 4 + column];
          }
          return y;
        },
    .bad =
        [] {
          pad(ones({2, 3}), {1, 1, 2});
        },
    .error =
        "[pad] Pads [1, 1, 2] do not fit a tensor of shape [2, 3]. Hint: (before, after) for the last "
        "dimension, then the one before it, and so on");
EXAMPLE(
    pad, .shapes = {{{3}}, {{}}}, .apply = [](const std::vector<Tensor>& in) { return pad(in[0], {}); },
    .reference = elementwise([](double x) { return x; }),
    .bad =
        [] {
          pad(ones({2, 3}), {-2, -2});
        },
    .error = "[pad] Pads [-2, -2] cut more than dimension 1 of a tensor of shape [2, 3] holds");

}  // namespace lexigrad
