#include "lexigrad/autograd/ops/shared/elementwise.h"

#include <cmath>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/elementwise_lambda.h"
#include "lexigrad/autograd/tensor/convert.h"
#include "lexigrad/autograd/tensor/reader.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

Shape strides_in(const Tensor& x, const Shape& target) {
  return x.shape() == target ? x.strides() : broadcast_strides(x.shape(), x.strides(), target);
}

// kernel(a, a_stride, b, b_stride, y, n) over two broadcast operands of one dtype.
template <class T, class U, class Kernel>
void over_pairs(const Tensor& a, const Tensor& b, const Tensor& y, const Kernel& kernel) {
  const T *pa = pointer<T>(a), *pb = pointer<T>(b);
  U* py = pointer<U>(y);
  if (a.is_contiguous() && b.is_contiguous() && a.shape() == b.shape()) {
    parallel_ranges(y.numel(), kBlockElements, [&](int64_t begin, int64_t end) {
      kernel(pa + begin, int64_t{1}, pb + begin, int64_t{1}, py + begin, end - begin);
    });
    return;
  }
  StridedLoop<2> loop(y.shape(), {strides_in(a, y.shape()), strides_in(b, y.shape())});
  loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
    kernel(pa + at[0], loop.inner(0), pb + at[1], loop.inner(1), py + out, n);
  });
}

// PyTorch's: a sum is "or", a product "and".
Tensor map_bools(const char* op, kernels::Binary f, const Tensor& a, const Tensor& b) {
  check(
      f == kernels::Binary::add || f == kernels::Binary::mul, op,
      "Two bool tensors have a sum (or) and a product (and). Hint: logical_xor(a, b); x.to(int64) converts");
  if (f == kernels::Binary::add)
    return map_pairs<bool, bool>(op, a, b, [](bool u, bool v) { return u || v; });
  return map_pairs<bool, bool>(op, a, b, [](bool u, bool v) { return u && v; });
}

// Functions that map whole numbers to whole numbers; wraps.
Tensor map_whole(const char* op, kernels::Unary f, const Tensor& x) {
  const auto each = [&](auto g) { return map_values<int64_t, int64_t>(x, g); };
  const auto negated = [](int64_t v) { return static_cast<int64_t>(0 - static_cast<uint64_t>(v)); };
  switch (f) {
    case kernels::Unary::neg:
      return each(negated);
    case kernels::Unary::abs:
      return each([=](int64_t v) { return v < 0 ? negated(v) : v; });
    case kernels::Unary::square:
      return map(op, kernels::Binary::mul, x, x);
    case kernels::Unary::relu:
      return each([](int64_t v) { return v < 0 ? 0 : v; });
    default:
      fail(op, "Needs float32 or float64, got int64. Hint: x.to(float32) converts");
  }
}

}  // namespace

Tensor promote(Tensor (*op)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b) {
  Dtype dtype = result_type(a, b);
  if (a.dtype() == bfloat16 || b.dtype() == bfloat16) dtype = bfloat16;  // `op` itself says why not
  return op(a.to(dtype), b.to(dtype));
}

Tensor as_floating(const Tensor& x) {
  Dtype dtype = get(x).dtype;
  return dtype == boolean || dtype == int64 ? cast(x, float32) : x;
}

Tensor scalar_like(const Tensor& x, Scalar value) {
  double real = value.to<double>();
  bool whole = value.dtype() != float32 || (std::abs(real) < 0x1p63 && real == std::trunc(real));
  return full({}, value, is_floating(get(x).dtype) ? x.dtype() : whole ? int64 : float32);
}

Tensor map(const char* op, kernels::Unary f, const Tensor& x) {
  if (get(x).dtype == int64) return map_whole(op, f, x);
  return dispatch_floating(op, x.dtype(), [&]<class T>(T) {
    Tensor y = new_tensor(x.shape(), x.dtype());
    StridedLoop<1> loop(x.shape(), {x.strides()});
    loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
      kernels::unary<T>(f, pointer<T>(x) + at[0], loop.inner(0), pointer<T>(y) + out, n);
    });
    return y;
  });
}

Tensor map_gradient(kernels::Unary f, const Tensor& saved, const Tensor& dy) {
  return dispatch_floating("backward", dy.dtype(), [&]<class T>(T) {
    Tensor dx = new_tensor(dy.shape(), dy.dtype());
    Reader<T> s(saved), g(dy);
    parallel_ranges(dx.numel(), kBlockElements, [&](int64_t begin, int64_t end) {
      std::vector<T> s_buffer, g_buffer;
      kernels::unary_gradient<T>(f, s.read(begin, end - begin, s_buffer),
                                 g.read(begin, end - begin, g_buffer), pointer<T>(dx) + begin, end - begin);
    });
    return dx;
  });
}

Tensor map(const char* op, kernels::Binary f, const Tensor& a, const Tensor& b) {
  Dtype dtype = get(a).dtype;
  check_arithmetic(op, dtype);
  if (dtype == boolean) return map_bools(op, f, a, b);
  Tensor y = new_tensor(a.shape() == b.shape() ? a.shape() : broadcast(op, a.shape(), b.shape()), dtype);
  map_into(f, a, b, y);
  return y;
}

void map_into(kernels::Binary f, const Tensor& a, const Tensor& b, const Tensor& y) {
  auto over = [&]<class T>(T) {
    over_pairs<T, T>(a, b, y,
                     [f](const T* x, int64_t x_stride, const T* z, int64_t z_stride, T* out, int64_t n) {
                       kernels::binary<T>(f, x, x_stride, z, z_stride, out, n);
                     });
  };
  if (y.dtype() == int64)
    over(int64_t{});
  else if (y.dtype() == float32)
    over(float{});
  else
    over(double{});
}

Tensor map(const char* op, kernels::Compare f, const Tensor& a, const Tensor& b) {
  Dtype dtype = std::max(result_type(a, b), int64);
  check_arithmetic(op, a.dtype());
  check_arithmetic(op, b.dtype());
  if (a.dtype() != dtype || b.dtype() != dtype) return map(op, f, cast(a, dtype), cast(b, dtype));
  Tensor y = new_tensor(broadcast(op, a.shape(), b.shape()), boolean);
  auto over = [&]<class T>(T) {
    over_pairs<T, bool>(
        a, b, y, [f](const T* x, int64_t x_stride, const T* z, int64_t z_stride, bool* out, int64_t n) {
          kernels::compare<T>(f, x, x_stride, z, z_stride, out, n);
        });
  };
  if (dtype == int64)
    over(int64_t{});
  else if (dtype == float32)
    over(float{});
  else
    over(double{});
  return y;
}

void add_into(const Tensor& y, const Tensor& x) {
  StridedLoop<1> loop(x.shape(), {x.strides()});
  dispatch_floating("add", y.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
      T* to = pointer<T>(y) + out;
      kernels::binary<T>(kernels::Binary::add, to, 1, pointer<T>(x) + at[0], loop.inner(0), to, n);
    });
  });
}

Tensor sum_to(const char* from, int input, const Tensor& g, const Shape& shape) {
  int64_t lead = g.rank() - shape.rank();
  bool fits = lead >= 0;
  std::vector<int64_t> summed;
  for (int64_t d = 0; fits && d < g.rank(); ++d) {
    int64_t want = d < lead ? 1 : shape[d - lead];
    fits = want == g.shape()[d] || want == 1;
    if (want != g.shape()[d] || d < lead) summed.push_back(d);
  }
  check(fits, from, "The gradient of input ", input, " has shape ", g.shape(), ", the input ", shape,
        ". Hint: dx[", input, "] must get a tensor of the input's shape");
  if (summed.empty()) return g.reshape(shape);
  return sum(g, summed, true).reshape(shape);
}

}  // namespace lexigrad::detail

namespace lexigrad {

Dtype result_type(const Tensor& a, const Tensor& b) {
  const detail::Body &x = detail::get(a), &y = detail::get(b);
  if ((x.shape.rank() == 0) == (y.shape.rank() == 0)) return std::max(x.dtype, y.dtype);
  Dtype dims = x.shape.rank() > 0 ? x.dtype : y.dtype, scalar = x.shape.rank() > 0 ? y.dtype : x.dtype;
  return dims >= bfloat16 ? dims : std::max(dims, scalar);
}

}  // namespace lexigrad
