#include "lexigrad/autograd/ops/shared/op.h"

#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad {

// Elements are moved as Bits of their size, without a branch for what no one can predict.
template <class Bits>
static void pick_bits(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& y) {
  auto strides = [&](const Tensor& x) {
    return detail::broadcast_strides(x.shape(), x.strides(), y.shape());
  };
  detail::StridedLoop<3> loop(y.shape(), {strides(condition), strides(a), strides(b)});
  loop.run([&](const std::array<int64_t, 3>& at, int64_t out, int64_t n) {
    const bool* c = detail::pointer<bool>(condition) + at[0];
    const Bits *u = detail::pointer<Bits>(a) + at[1], *v = detail::pointer<Bits>(b) + at[2];
    Bits* into = detail::pointer<Bits>(y) + out;
    auto each = [&](int64_t step, int64_t step_u, int64_t step_v) {
      for (int64_t i = 0; i < n; ++i) {
        Bits mask = static_cast<Bits>(-static_cast<Bits>(c[i * step]));
        into[i] = static_cast<Bits>((u[i * step_u] & mask) | (v[i * step_v] & ~mask));
      }
    };
    if (loop.inner(0) == 1 && loop.inner(1) == 1 && loop.inner(2) == 1)
      each(1, 1, 1);  // for the compiler's vectors
    else
      each(loop.inner(0), loop.inner(1), loop.inner(2));
  });
}

Tensor detail::pick(const char* op, const Tensor& condition, const Tensor& a, const Tensor& b) {
  check(get(condition).dtype == boolean, op, "The condition must be bool, got ", name(condition.dtype()),
        ". Hint: a comparison makes one, such as gt(x, 0); x.to(boolean) converts");
  Tensor y = new_tensor(broadcast(op, broadcast(op, condition.shape(), a.shape()), b.shape()), a.dtype());
  switch (item_size(y.dtype())) {
    case 1:
      pick_bits<uint8_t>(condition, a, b, y);
      break;
    case 2:
      pick_bits<uint16_t>(condition, a, b, y);
      break;
    case 4:
      pick_bits<uint32_t>(condition, a, b, y);
      break;
    default:
      pick_bits<uint64_t>(condition, a, b, y);
  }
  return y;
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) {
    Dtype dtype = result_type(a, b);
    return where(condition, a.to(dtype), b.to(dtype));
  }
  return record("where", detail::pick("where", condition, a, b), {a, b},
                [condition = Saved(condition)](const Tensor& dy, Grads& dx) {
                  if (dx.needs(0)) dx[0] += where(condition, dy, 0);
                  if (dx.needs(1)) dx[1] += where(condition, 0, dy);
                });
}
Tensor where(const Tensor& condition, const Tensor& a, Scalar b) {
  return where(condition, a, detail::scalar_like(a, b));
}
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) {
  return where(condition, detail::scalar_like(b, a), b);
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return lexigrad::where(condition, *this, other);
}

static const Tensor& example_condition() {
  return detail::made_once([] { return tensor({{true}, {false}, {true}}); });
}

EXAMPLE(
    where, .shapes = {{{3, 4}, {3, 4}}, {{3, 1}, {4}}, {{}, {2, 1, 1}}, {{3, 0}, {}}},
    .apply = [](const std::vector<Tensor>& in) { return where(example_condition(), in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor row = tensor({{0.0}, {1.0}, {2.0}}, float64);
          Tensor first = elementwise([](double x, double r) { return r != 1 ? x : 0; })({in[0], row})[0];
          Tensor second = elementwise([](double x, double r) { return r != 1 ? 0 : x; })({in[1], row})[0];
          return elementwise([](double x, double y) { return x + y; })({first, second});
        },
    .bad = [] { where(ones({2}), ones({2}), ones({2})); },
    .error =
        "[where] The condition must be bool, got float32. Hint: a comparison makes one, such as gt(x, 0); "
        "x.to(boolean) converts");
EXAMPLE(
    where, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return where(gt(in[0], 0), in[0], -1.5); },
    .reference = elementwise([](double x) { return x > 0 ? x : -1.5; }), .domain = away_from_zero,
    .bad = [] { where(ones({3}, boolean), ones({2}), 0); },
    .error =
        "[where] Shapes [3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
