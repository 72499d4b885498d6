#include "lexigrad/autograd/ops/shared/matrix.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Whole numbers, which wrap.
void whole_product(const Tensor& a, const Tensor& b, const Shape& batch, const Tensor& y) {
  int64_t rank = batch.rank(), n = a.size(-2), k = a.size(-1), m = b.size(-1);
  Tensor left = expand(a.detach(), batch.with(rank, n).with(rank + 1, k)).contiguous(),
         right = expand(b.detach(), batch.with(rank, k).with(rank + 1, m)).contiguous();
  using Bits = uint64_t;
  const Bits *x = detail::pointer<Bits>(left), *z = detail::pointer<Bits>(right);
  Bits* to = detail::pointer<Bits>(y);
  std::fill(to, to + y.numel(), 0);
  int64_t work = std::max<int64_t>(1, k * m);
  parallel_ranges(batch.numel() * n, std::max<int64_t>(1, detail::kBlockElements / work),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin * k; i < end * k; ++i)
                      for (int64_t c = 0; c < m; ++c)
                        to[i / k * m + c] += x[i] * z[(i / k / n * k + i % k) * m + c];
                  });
}

// (..., n, k) x (..., k, m) with ranks >= 2, off the tape.
Tensor product(const Tensor& a, const Tensor& b) {
  int64_t n = a.size(-2), m = b.size(-1);
  check(a.dtype() == b.dtype(), "matmul", "Dtypes ", name(a.dtype()), " and ", name(b.dtype()),
        " differ. Hint: x.to(dtype) converts");
  auto batch = [](const Tensor& x) {
    return Shape(std::span<const int64_t>(x.shape().data(), static_cast<size_t>(x.rank() - 2)));
  };
  Shape outer = broadcast("matmul", batch(a), batch(b));
  Tensor y = empty(outer.with(outer.rank(), n).with(outer.rank() + 1, m), a.dtype());
  if (a.dtype() == int64)
    whole_product(a, b, outer, y);
  else
    detail::multiply_into(a, b, false, y);
  return y;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check(a.rank() > 0 && b.rank() > 0, "matmul", "Needs at least vectors, got shapes ", a.shape(), " and ",
        b.shape(), ". Hint: a * b multiplies by a number");
  int64_t rows = b.size(b.rank() == 1 ? 0 : -2);
  check(a.size(-1) == rows, "matmul", "Shapes ", a.shape(), " and ", b.shape(),
        " do not multiply: ", a.size(-1), " columns meet ", rows,
        " rows. Hint: transpose(-1, -2) turns a matrix");
  if (a.rank() == 1) return select(matmul(unsqueeze(a, 0), b), b.rank() == 1 ? 0 : -2, 0);
  if (b.rank() == 1) return select(matmul(a, unsqueeze(b, 1)), -1, 0);
  return record("matmul", product(a, b), {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
    if (dx.needs(0)) dx[0] += matmul(dy, transpose(b, -1, -2));
    if (!dx.needs(1)) return;
    if (b->rank() == 2)  // one product for the whole batch
      dx[1] += matmul(flatten(a, 0, -2).t(), flatten(dy, 0, -2));
    else
      dx[1] += matmul(transpose(a, -1, -2), dy);
  });
}
Tensor Tensor::matmul(const Tensor& other) const { return lexigrad::matmul(*this, other); }

static Tensor matmul_reference(const Tensor& a, const Tensor& b) {
  int64_t n = a.size(-2), k = a.size(-1), m = b.size(-1);
  int64_t batch_a = a.numel() / std::max<int64_t>(n * k, 1),
          batch_b = b.numel() / std::max<int64_t>(k * m, 1);
  int64_t batch = std::max(batch_a, batch_b);
  Tensor y = zeros(a.rank() == 2 && b.rank() == 2 ? Shape{n, m} : Shape{batch, n, m}, float64);
  for (int64_t i = 0; i < batch * n * m; ++i) {
    int64_t r = i / m % n, c = i % m, z = i / (n * m);
    for (int64_t j = 0; j < k; ++j)
      y.data<double>()[i] += a.data<double>()[((batch_a == 1 ? 0 : z) * n + r) * k + j] *
                             b.data<double>()[((batch_b == 1 ? 0 : z) * k + j) * m + c];
  }
  return y;
}

EXAMPLE(
    matmul,
    .shapes = {{{3, 4}, {4, 2}},
               {{2, 3, 4}, {2, 4, 5}},
               {{2, 3, 4}, {4, 5}},
               {{3, 4}, {2, 4, 5}},
               {{3, 0}, {0, 2}},
               {{0, 3}, {3, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return matmul(in[0], in[1]); },
    .reference = [](const std::vector<Tensor>& in) { return matmul_reference(in[0], in[1]); },
    .bad =
        [] {
          matmul(ones({2, 3}), ones({2, 3}));
        },
    .error =
        "[matmul] Shapes [2, 3] and [2, 3] do not multiply: 3 columns meet 2 rows. Hint: transpose(-1, -2) "
        "turns a matrix");
EXAMPLE(
    matmul, .shapes = {{{4, 3}, {5, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return matmul(in[0].t(), in[1].t()); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return matmul_reference(in[0].t().contiguous(), in[1].t().contiguous());
        });
EXAMPLE(
    matmul, .shapes = {{{4}, {4, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return matmul(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return matmul_reference(in[0].reshape({1, 4}), in[1]).reshape({3});
        });

}  // namespace lexigrad
