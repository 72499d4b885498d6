#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {
namespace {

struct All {  // of bytes: their combination is one instruction for many
  template <class T>
  static uint8_t start() {
    return 1;
  }
  template <class T>
  static uint8_t value(T x) {
    return x != T{0};
  }
  static uint8_t combine(uint8_t a, uint8_t b) { return a & b; }
};

}  // namespace

Tensor all(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim) {
  check_arithmetic("all", x.dtype());
  std::vector<int64_t> over = detail::checked_dims("all", dims, x.rank());
  return detail::fold<All>(x, over, boolean, detail::reduced_shape(x.shape(), over, keepdim));
}

Tensor all(const Tensor& x) { return all(x, detail::all_dims(x)); }

// Of x > 0: for each column of (outer, rows, cols) whether all of its rows count.
static Tensor all_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor y = ones(shape, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i)
    if (x.data<double>()[i] <= 0) y.data<double>()[i / (rows * cols) * cols + i % cols] = 0;
  return y;
}

static Tensor counts(const Tensor& x) { return gt(x, zeros({}, x.dtype())); }

EXAMPLE(
    all, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{1}}},
    .apply = [](const std::vector<Tensor>& in) { return all(counts(in[0])); },
    .reference = [](const std::vector<Tensor>& in) { return all_reference(in[0], 1, in[0].numel(), 1, {}); },
    .bad =
        [] {
          all(ones({2, 3}), {2});
        },
    .error = "[all] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)", .differentiable = false);
EXAMPLE(
    all, .shapes = {{{30, 2, 5}}, {{3, 0, 2}}, {{0, 2, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return all(counts(in[0]).to(float32), {1}, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return all_reference(in[0], s[0], s[1], s[2], {s[0], 1, s[2]});
        },
    .differentiable = false);
EXAMPLE(
    all, .shapes = {{{50, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return all(counts(in[0]).to(int64), {-1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return all_reference(in[0], in[0].size(0), 3, 1, {in[0].size(0)});
        },
    .differentiable = false);

}  // namespace lexigrad
