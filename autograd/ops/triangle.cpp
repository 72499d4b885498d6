// tril and triu.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// x (..., n, m) with zeros where not keep(column - row); off the tape.
template <class Keep>
Tensor triangle(const char* op, const Tensor& x, const Keep& keep) {
  int64_t rank = x.rank();
  check(rank >= 2, op, "Needs matrices (..., n, m), got shape ", x.shape());
  Tensor y = empty(x.shape(), x.dtype());
  Shape diagonal(rank, 0);  // walked as an operand, its offset is column - row
  diagonal[rank - 2] = -1;
  diagonal[rank - 1] = 1;
  detail::StridedLoop<2> loop(x.shape(), {x.strides(), diagonal});
  dispatch(x.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
      const T* from = detail::pointer<T>(x) + at[0];
      for (int64_t i = 0; i < n; ++i)
        detail::pointer<T>(y)[out + i] = keep(at[1] + i * loop.inner(1)) ? from[i * loop.inner(0)] : T{};
    });
  });
  return y;
}

}  // namespace

Tensor tril(const Tensor& x, int64_t diagonal) {
  Tensor y = triangle("tril", x, [diagonal](int64_t above) { return above <= diagonal; });
  return record("tril", std::move(y), {x},
                [diagonal](const Tensor& dy, Grads& dx) { dx[0] += tril(dy, diagonal); });
}
Tensor Tensor::tril(int64_t diagonal) const { return lexigrad::tril(*this, diagonal); }

Tensor triu(const Tensor& x, int64_t diagonal) {
  Tensor y = triangle("triu", x, [diagonal](int64_t above) { return above >= diagonal; });
  return record("triu", std::move(y), {x},
                [diagonal](const Tensor& dy, Grads& dx) { dx[0] += triu(dy, diagonal); });
}
Tensor Tensor::triu(int64_t diagonal) const { return lexigrad::triu(*this, diagonal); }

namespace {

// An example of `op`, which keeps columns from `low` to `high` beyond the row.
Example kept(Tensor (*op)(const Tensor&, int64_t), int64_t diagonal, int64_t low, int64_t high) {
  return {.shapes = {{{4, 3}}},
          .apply = [=](const std::vector<Tensor>& in) { return op(in[0], diagonal); },
          .reference =
              [=](const std::vector<Tensor>& in) {
                Tensor y = in[0].clone();
                int64_t n = y.size(-2), m = y.size(-1);
                for (int64_t i = 0; i < y.numel(); ++i)
                  if (int64_t above = i % m - i / m % n; above < low || above > high) y.data<double>()[i] = 0;
                return y;
              }};
}

Example of_shapes(const char* name, Tensor (*op)(const Tensor&, int64_t), int64_t low, int64_t high) {
  Example example = kept(op, 0, low, high);
  example.shapes = {{{3, 4}}, {{2, 4, 3}}, {{2, 0, 3}}, {{1, 3}}, {{3, 1}}};
  example.bad = [op] { op(ones({3}), 0); };
  example.error = text("[", name, "] Needs matrices (..., n, m), got shape [3]");
  return example;
}

constexpr int64_t kFar = 100;

}  // namespace

EXAMPLE(tril, of_shapes("tril", tril, -kFar, 0));
EXAMPLE(tril, kept(tril, -1, -kFar, -1));
EXAMPLE(triu, of_shapes("triu", triu, 0, kFar));
EXAMPLE(triu, kept(triu, -1, -1, kFar));

}  // namespace lexigrad
