#include "lexigrad/autograd/tensor/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lexigrad/autograd/kernels/random.h"
#include "lexigrad/autograd/ops/shared/inplace.h"
#include "lexigrad/autograd/tensor/convert.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {

using detail::pointer;

template <class T>
void draw_uniform(T* y, int64_t n, T low, T high, Generator& from) {
  constexpr int64_t words_each = sizeof(T) / sizeof(uint32_t), most = 2 * Mt19937::size;
  uint32_t words[most];
  for (int64_t begin = 0; begin < n; begin += most / words_each) {
    int64_t count = std::min(n - begin, most / words_each);
    from.fill(words, count * words_each);
    kernels::uniform(words, y + begin, count, low, high);
  }
}

// All uniform values first, in order; the blocks of 16 are then independent. Where some are
// left over, the last 16 elements are drawn again.
template <class T>
void draw_normal_blocks(T* y, int64_t n, T mean, T std, Generator& from) {
  constexpr int64_t grain = detail::kBlockElements / 16;
  draw_uniform(y, n, T{0}, T{1}, from);
  parallel_ranges(n / 16, grain, [&](int64_t begin, int64_t end) {
    kernels::box_muller(y + begin * 16, end - begin, mean, std);
  });
  if (n % 16 == 0) return;
  draw_uniform(y + n - 16, 16, T{0}, T{1}, from);
  kernels::box_muller(y + n - 16, 1, mean, std);
}

// x with its dimensions in the order of memory, slowest first.
Tensor in_memory_order(const Tensor& x) {
  std::vector<int64_t> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return x.strides()[a] > x.strides()[b]; });
  Shape sizes(x.rank(), 0), strides(x.rank(), 0);
  for (int64_t d = 0; d < x.rank(); ++d) {
    sizes[d] = x.shape()[order[static_cast<size_t>(d)]];
    strides[d] = x.strides()[order[static_cast<size_t>(d)]];
  }
  return detail::new_view(x, sizes, strides, 0);
}

// fill(y, n) over x's elements in the order of memory.
template <class T, class Fill>
void fill_in_memory_order(const Tensor& x, const Fill& fill) {
  Tensor ordered = in_memory_order(x);
  if (ordered.is_contiguous()) return fill(pointer<T>(ordered), ordered.numel());
  Tensor dense = empty(ordered.shape(), x.dtype());
  fill(pointer<T>(dense), dense.numel());
  detail::scatter_into(ordered, dense);
}

}  // namespace

const Tensor& uniform_(const Tensor& x, double low, double high, Generator& from) {
  check(low <= high && std::isfinite(high - low), "uniform_", "No values lie in [", low, ", ", high, ")");
  detail::overwrite("uniform_", x);
  dispatch_floating("uniform_", x.dtype(), [&]<class T>(T) {
    fill_in_memory_order<T>(
        x, [&](T* y, int64_t n) { draw_uniform(y, n, static_cast<T>(low), static_cast<T>(high), from); });
  });
  return x;
}

const Tensor& normal_(const Tensor& x, double mean, double std, Generator& from) {
  check(std >= 0, "normal_", "The standard deviation is ", std, "; it must be >= 0");
  detail::overwrite("normal_", x);
  dispatch_floating("normal_", x.dtype(), [&]<class T>(T) {
    if (x.is_contiguous() && x.numel() >= 16)
      return draw_normal_blocks(pointer<T>(x), x.numel(), static_cast<T>(mean), static_cast<T>(std), from);
    fill_in_memory_order<T>(x, [&](T* y, int64_t n) {
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(std::fma(from.normal(), std, mean));
    });
  });
  return x;
}

Tensor rand(const Shape& shape, Dtype dtype) { return uniform_(empty(shape, dtype)); }
Tensor randn(const Shape& shape, Dtype dtype) { return normal_(empty(shape, dtype)); }

Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& from) {
  check(low < high, "randint", "No whole numbers lie in [", low, ", ", high, ")");
  Tensor out = empty(shape, int64);
  uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  bool wide = range >= uint64_t{1} << 28;  // where one word would prefer some values by 1/16
  for (int64_t i = 0; i < out.numel(); ++i) {
    uint64_t bits = wide ? from.random64() : from.random();
    pointer<int64_t>(out)[i] = static_cast<int64_t>(bits % range + static_cast<uint64_t>(low));
  }
  return out;
}

Tensor randperm(int64_t n, Generator& from) {
  check(n >= 0, "randperm", "Cannot order ", n, " numbers; n must be >= 0");
  Tensor out = arange(n);
  int64_t* order = pointer<int64_t>(out);
  bool wide = n >= (int64_t{1} << 32) / 20;  // where one word would prefer some places by 1/20
  for (int64_t i = 0; i + 1 < n; ++i) {
    uint64_t left = static_cast<uint64_t>(n - i), bits = wide ? from.random64() : from.random();
    std::swap(order[i], order[i + static_cast<int64_t>(bits % left)]);
  }
  return out;
}

}  // namespace lexigrad
