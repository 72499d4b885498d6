#include "lexigrad/autograd/kernels/elementwise.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/elementwise.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"
#include "lexigrad/autograd/kernels/math-inl.h"

#ifndef LEXIGRAD_ELEMENTWISE_TABLE
#define LEXIGRAD_ELEMENTWISE_TABLE
namespace lexigrad::kernels {
// Kernels over contiguous values, one table for each instruction set.
template <class T>
struct ElementwiseTable {
  void (*unary)(Unary, const T*, T*, int64_t);
  void (*unary_gradient)(Unary, const T*, const T*, T*, int64_t);
  void (*binary)(Binary, const T*, const T*, T*, int64_t);
  void (*add_scaled)(T*, const T*, T, int64_t);
  void (*scale)(T*, T, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void unary(Unary f, const T* x, T* y, int64_t n) {
  const auto each = [=](const auto& op) HWY_ATTR { map<4>(n, y, op, x); };
  const auto each_long = [=](const auto& op) HWY_ATTR { map<1>(n, y, op, x); };
  switch (f) {
    case Unary::neg:
      return each([](auto, auto v) HWY_ATTR { return hn::Neg(v); });
    case Unary::abs:
      return each([](auto, auto v) HWY_ATTR { return hn::Abs(v); });
    case Unary::square:
      return each([](auto, auto v) HWY_ATTR { return hn::Mul(v, v); });
    case Unary::relu:  // NaN < 0 is false: it stays
      return each([](auto d, auto v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); });
    case Unary::exp:
      return each_long([](auto d, auto v) HWY_ATTR { return exp(d, v); });
    case Unary::log:
      return each_long([](auto d, auto v) HWY_ATTR { return log(d, v); });
    case Unary::tanh:
      return each_long([](auto d, auto v) HWY_ATTR { return tanh(d, v); });
    case Unary::sigmoid:
      return each_long([](auto d, auto v) HWY_ATTR { return sigmoid(d, v); });
    case Unary::sqrt:
      return each([](auto, auto v) HWY_ATTR { return hn::Sqrt(v); });
    case Unary::rsqrt:
      return each([](auto d, auto v)
                      HWY_ATTR { return hn::Div(hn::Set(d, hn::TFromD<decltype(d)>(1)), hn::Sqrt(v)); });
    case Unary::silu:
      return each_long([](auto d, auto v) HWY_ATTR { return hn::Mul(v, sigmoid(d, v)); });
    case Unary::softplus:
      return each_long([](auto d, auto v) HWY_ATTR { return softplus(d, v); });
    case Unary::gelu:
      return each_long([](auto d, auto v) HWY_ATTR { return gelu(d, v); });
    case Unary::gelu_tanh:
      return each_long([](auto d, auto v) HWY_ATTR { return gelu_tanh(d, v); });
  }
}

/// Slope of |x|: its sign, 0 at 0, NaN at NaN.
template <class D, class V>
HWY_INLINE V abs_slope(D d, V x) {
  const V sign = hn::CopySign(hn::Set(d, hn::TFromD<D>(1)), x);
  return hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Zero(d)), sign, x);
}

template <class T>
void unary_gradient(Unary f, const T* saved, const T* dy, T* dx, int64_t n) {
  const auto each = [=](const auto& op) HWY_ATTR { map<4>(n, dx, op, saved, dy); };
  const auto each_long = [=](const auto& op) HWY_ATTR { map<1>(n, dx, op, saved, dy); };
  const auto one = hn::Set(hn::ScalableTag<T>(), T{1}), minus_half = hn::Set(hn::ScalableTag<T>(), T{-0.5});
  switch (f) {
    case Unary::neg:
      return unary(Unary::neg, dy, dx, n);
    case Unary::abs:
      return each([](auto d, auto x, auto g) HWY_ATTR { return hn::Mul(g, abs_slope(d, x)); });
    case Unary::square:
      return each([](auto, auto x, auto g) HWY_ATTR { return hn::Mul(hn::Add(x, x), g); });
    case Unary::exp:
      return each([](auto, auto y, auto g) HWY_ATTR { return hn::Mul(y, g); });
    case Unary::log:
      return each([](auto, auto x, auto g) HWY_ATTR { return hn::Div(g, x); });
    case Unary::tanh:
      return each([=](auto, auto y, auto g)
                      HWY_ATTR { return hn::Mul(g, hn::Mul(hn::Sub(one, y), hn::Add(one, y))); });
    case Unary::relu:
      return each([](auto d, auto x, auto g)
                      HWY_ATTR { return hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), g); });
    case Unary::sigmoid:
      return each([=](auto, auto y, auto g) HWY_ATTR { return hn::Mul(g, hn::Mul(hn::Sub(one, y), y)); });
    case Unary::sqrt:
      return each([](auto, auto y, auto g) HWY_ATTR { return hn::Div(g, hn::Add(y, y)); });
    case Unary::rsqrt:
      return each([=](auto, auto y, auto g)
                      HWY_ATTR { return hn::Mul(hn::Mul(g, minus_half), hn::Mul(hn::Mul(y, y), y)); });
    case Unary::silu:
      return each_long([](auto d, auto x, auto g) HWY_ATTR { return hn::Mul(g, silu_slope(d, x)); });
    case Unary::softplus:
      return each_long([](auto d, auto x, auto g) HWY_ATTR { return hn::Mul(g, sigmoid(d, x)); });
    case Unary::gelu:
      return each_long([](auto d, auto x, auto g) HWY_ATTR { return hn::Mul(g, gelu_slope(d, x)); });
    case Unary::gelu_tanh:
      return each_long([](auto d, auto x, auto g) HWY_ATTR { return hn::Mul(g, gelu_tanh_slope(d, x)); });
  }
}

template <class T>
void binary(Binary f, const T* a, const T* b, T* y, int64_t n) {
  const auto each = [=](const auto& op) HWY_ATTR { map<4>(n, y, op, a, b); };
  switch (f) {
    case Binary::add:
      return each([](auto, auto u, auto v) HWY_ATTR { return hn::Add(u, v); });
    case Binary::sub:
      return each([](auto, auto u, auto v) HWY_ATTR { return hn::Sub(u, v); });
    case Binary::mul:
      return each([](auto, auto u, auto v) HWY_ATTR { return hn::Mul(u, v); });
    case Binary::div:
      return each([](auto, auto u, auto v) HWY_ATTR { return hn::Div(u, v); });
  }
}

template <class T>
void add_scaled(T* y, const T* x, T scale, int64_t n) {
  const auto s = hn::Set(hn::ScalableTag<T>(), scale);
  const auto op = [=](auto, auto u, auto v) HWY_ATTR { return hn::MulAdd(v, s, u); };
  map<4>(n, y, op, y, x);
}

template <class T>
void scale(T* y, T scale, int64_t n) {
  const auto s = hn::Set(hn::ScalableTag<T>(), scale);
  const auto op = [=](auto, auto u) HWY_ATTR { return hn::Mul(u, s); };
  map<4>(n, y, op, y);
}

LEXIGRAD_KERNELS(ElementwiseTable, unary<T>, unary_gradient<T>, binary<T>, add_scaled<T>, scale<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(ElementwiseTable)

namespace {

constexpr int64_t kBlock = 512;

template <class T>
void gather(const T* x, int64_t stride, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i * stride];
}

// Strided values, a contiguous block at a time: in place where it lies contiguous, copied otherwise.
template <class T>
class Strided {
 public:
  Strided(const T* x, int64_t stride, int64_t n) : x_(x), stride_(stride) {
    if (stride == 0 && n > 0) std::fill_n(copy_, std::min(n, kBlock), x[0]);
  }
  const T* block(int64_t begin, int64_t count) {
    if (stride_ == 1) return x_ + begin;
    if (stride_ != 0) gather(x_ + begin * stride_, stride_, copy_, count);
    return copy_;
  }

 private:
  const T* x_;
  int64_t stride_;
  T copy_[kBlock];
};

// run(begin, count) over 0..n-1, at once or in blocks.
template <class Run>
void for_blocks(int64_t n, bool at_once, const Run& run) {
  const int64_t size = at_once ? n : kBlock;
  for (int64_t begin = 0; begin < n; begin += size) run(begin, std::min(size, n - begin));
}

// Division of integers that never traps: 0 for a zero divisor, wrapping for the lowest value by -1.
int64_t divide(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return static_cast<int64_t>(0 - static_cast<uint64_t>(a));
  return a / b;
}

void integer_binary(Binary f, const int64_t* a, const int64_t* b, int64_t* y, int64_t n) {
  const auto each = [=](auto op) {
    for (int64_t i = 0; i < n; ++i)
      y[i] = static_cast<int64_t>(op(static_cast<uint64_t>(a[i]), static_cast<uint64_t>(b[i])));
  };
  switch (f) {  // unsigned: overflow wraps
    case Binary::add:
      return each([](uint64_t u, uint64_t v) { return u + v; });
    case Binary::sub:
      return each([](uint64_t u, uint64_t v) { return u - v; });
    case Binary::mul:
      return each([](uint64_t u, uint64_t v) { return u * v; });
    case Binary::div:
      return each(
          [](uint64_t u, uint64_t v) { return divide(static_cast<int64_t>(u), static_cast<int64_t>(v)); });
  }
}

template <class T>
void compare_block(Compare f, const T* a, const T* b, bool* y, int64_t n) {
  const auto each = [=](auto op) {
    for (int64_t i = 0; i < n; ++i) y[i] = op(a[i], b[i]);
  };
  switch (f) {
    case Compare::eq:
      return each([](T u, T v) { return u == v; });
    case Compare::ne:
      return each([](T u, T v) { return u != v; });
    case Compare::lt:
      return each([](T u, T v) { return u < v; });
    case Compare::le:
      return each([](T u, T v) { return u <= v; });
    case Compare::gt:
      return each([](T u, T v) { return u > v; });
    case Compare::ge:
      return each([](T u, T v) { return u >= v; });
  }
}
}  // namespace

template <class T>
void unary(Unary f, const T* x, int64_t x_stride, T* y, int64_t n) {
  Strided<T> in(x, x_stride, n);
  for_blocks(n, x_stride == 1, [&](int64_t begin, int64_t count) {
    table(T{}).unary(f, in.block(begin, count), y + begin, count);
  });
}

template <class T>
void unary_gradient(Unary f, const T* saved, const T* dy, T* dx, int64_t n) {
  table(T{}).unary_gradient(f, saved, dy, dx, n);
}

template <class T>
void binary(Binary f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, T* y, int64_t n) {
  Strided<T> first(a, a_stride, n), second(b, b_stride, n);
  for_blocks(n, a_stride == 1 && b_stride == 1, [&](int64_t begin, int64_t count) {
    const T *u = first.block(begin, count), *v = second.block(begin, count);
    if constexpr (std::is_same_v<T, int64_t>)
      integer_binary(f, u, v, y + begin, count);
    else
      table(T{}).binary(f, u, v, y + begin, count);
  });
}

template <class T>
void compare(Compare f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, bool* y, int64_t n) {
  Strided<T> first(a, a_stride, n), second(b, b_stride, n);
  for_blocks(n, a_stride == 1 && b_stride == 1, [&](int64_t begin, int64_t count) {
    compare_block(f, first.block(begin, count), second.block(begin, count), y + begin, count);
  });
}

template <class T>
void add_scaled(T* y, const T* x, T scale, int64_t n) {
  table(T{}).add_scaled(y, x, scale, n);
}

template <class T>
void scale(T* y, T scale, int64_t n) {
  table(T{}).scale(y, scale, n);
}

template void unary(Unary, const float*, int64_t, float*, int64_t);
template void unary(Unary, const double*, int64_t, double*, int64_t);
template void unary_gradient(Unary, const float*, const float*, float*, int64_t);
template void unary_gradient(Unary, const double*, const double*, double*, int64_t);
template void binary(Binary, const float*, int64_t, const float*, int64_t, float*, int64_t);
template void binary(Binary, const double*, int64_t, const double*, int64_t, double*, int64_t);
template void binary(Binary, const int64_t*, int64_t, const int64_t*, int64_t, int64_t*, int64_t);
template void compare(Compare, const float*, int64_t, const float*, int64_t, bool*, int64_t);
template void compare(Compare, const double*, int64_t, const double*, int64_t, bool*, int64_t);
template void compare(Compare, const int64_t*, int64_t, const int64_t*, int64_t, bool*, int64_t);
template void compare(Compare, const bool*, int64_t, const bool*, int64_t, bool*, int64_t);
template void add_scaled(float*, const float*, float, int64_t);
template void add_scaled(double*, const double*, double, int64_t);
template void scale(float*, float, int64_t);
template void scale(double*, double, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
