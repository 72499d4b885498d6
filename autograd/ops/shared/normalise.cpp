#include "lexigrad/autograd/ops/shared/normalise.h"

#include <cmath>
#include <limits>

#include "lexigrad/autograd/kernels/normalise.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/reduce.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

constexpr int64_t kMostBlocks = 64;  // of rows, each with sums of weight gradients of its own

template <class T>
kernels::RowMoments<T> moments_of(const T* x, int64_t n, bool centred, double eps) {
  T mean = centred ? kernels::sum<T>(x, n) / static_cast<T>(n) : T{0};
  double variance = static_cast<double>(kernels::squared_deviations<T>(x, mean, n)) / static_cast<double>(n);
  return {mean, static_cast<T>(1 / std::sqrt(variance + eps))};
}

void check_norm(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(x.rank() >= 1, op, "Needs x (..., C), got a scalar");
  Shape row{x.size(-1)};
  for (const Tensor* p : {&weight, &bias}) {
    if (!p->defined()) continue;
    const char* what = p == &weight ? "weight" : "bias";
    check(p->shape() == row, op, "The ", what, " has shape ", p->shape(), ", x ", x.shape(), ": ", what,
          " must have shape ", row);
    check(p->dtype() == x.dtype(), op, "x is ", name(x.dtype()), ", ", what, " ", name(p->dtype()),
          ". Hint: x.to(dtype) converts");
  }
}

}  // namespace

Normalised normalise(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check_norm(op, x, weight, bias);
  NoGrad off;
  bool centred = bias.defined();
  int64_t n = x.size(-1), rows = n > 0 ? x.numel() / n : 0;
  Tensor from = x.contiguous(), w = weight.contiguous(), b = centred ? bias.contiguous() : bias;
  Normalised out{empty(x.shape(), x.dtype()), empty({rows, 2}, x.dtype())};
  dispatch_floating(op, x.dtype(), [&]<class T>(T) {
    auto* moments = reinterpret_cast<kernels::RowMoments<T>*>(pointer<T>(out.moments));
    const T* add = centred ? pointer<T>(b) : nullptr;
    parallel_ranges(rows, std::max<int64_t>(1, kBlockElements / std::max<int64_t>(n, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t r = begin; r < end; ++r) {
                        const T* row = pointer<T>(from) + r * n;
                        moments[r] = moments_of<T>(row, n, centred, eps);
                        kernels::normalise<T>(row, moments[r], pointer<T>(w), add, pointer<T>(out.y) + r * n,
                                              n);
                      }
                    });
  });
  return out;
}

// Rows of n values in blocks, whose sums are added in order.
template <class T>
static void row_squares(const T* x, const T* means, T* y, int64_t rows, int64_t n) {
  int64_t blocks = (n + kBlockElements - 1) / kBlockElements;
  std::vector<double> partial(static_cast<size_t>(rows * blocks));
  parallel_ranges(rows * blocks, std::max<int64_t>(1, kBlockElements / std::max<int64_t>(n, 1)),
                  [&](int64_t first, int64_t last) {
                    for (int64_t i = first; i < last; ++i) {
                      int64_t r = i / blocks, at = i % blocks * kBlockElements;
                      partial[static_cast<size_t>(i)] = static_cast<double>(kernels::squared_deviations<T>(
                          x + r * n + at, means ? means[r] : T{0}, std::min(kBlockElements, n - at)));
                    }
                  });
  for (int64_t r = 0; r < rows; ++r) {
    double total = 0;
    for (int64_t b = 0; b < blocks; ++b) total += partial[static_cast<size_t>(r * blocks + b)];
    y[r] = static_cast<T>(total);
  }
}

Tensor sum_of_squares(const Tensor& x, const std::vector<int64_t>& dims, bool centred) {
  NoGrad off;
  Tensor means = centred ? mean(x, dims, true) : Tensor();
  AxesView from = axes_view(x, dims);
  Tensor source = from.source.contiguous();
  if (from.cols != 1) return sum(square(centred ? x - means : x), dims, true);
  Tensor y = empty(reduced_shape(x.shape(), dims, true), x.dtype());
  dispatch_floating("norm", x.dtype(), [&]<class T>(T) {
    row_squares(pointer<T>(source), centred ? pointer<T>(means) : nullptr, pointer<T>(y), from.outer,
                from.rows);
  });
  return y;
}

Tensor root_of_powers(const Tensor& x, const std::vector<int64_t>& dims, double p,
                      const std::function<Tensor(const Tensor&)>& powers) {
  NoGrad off;
  auto root = [p](const Tensor& sums) { return p == 2 ? sqrt(sums) : pow(sums, 1 / p); };
  auto in_range = [](const Tensor& sums, double low, double high) {
    return logical_and(gt(sums, low), le(sums, high));
  };
  return dispatch_floating("norm", x.dtype(), [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    double least = static_cast<double>(Limits::min() / Limits::epsilon()), most = Limits::max();
    Tensor sums = powers(x), exact = in_range(sums, least, most);
    if (x.numel() == 0 || all(exact).item<bool>()) return root(sums);
    Tensor largest = amax(abs(x), dims, true), size = where(in_range(largest, 0, most), largest, 1);
    return where(exact, root(sums), root(powers(x / size)) * size);
  });
}

Tensor root_of_squares(const Tensor& x, const std::vector<int64_t>& dims, bool centred) {
  return root_of_powers(x, dims, 2, [&](const Tensor& y) { return sum_of_squares(y, dims, centred); });
}

Tensor deviations(const Tensor& x, const std::vector<int64_t>& dims) {
  double count = 1;
  for (int64_t d : dims) count *= static_cast<double>(x.shape()[d]);
  return x - sum(x / count, dims, true);
}

NormGradients normalise_gradient(const Tensor& x, const Tensor& weight, const Tensor& moments, bool centred,
                                 const Tensor& dy, const bool (&wanted)[3]) {
  NoGrad off;
  int64_t n = x.size(-1), rows = moments.size(0);
  int64_t grain = std::max(
      {int64_t{1}, kBlockElements / std::max<int64_t>(n, 1), (rows + kMostBlocks - 1) / kMostBlocks});
  int64_t blocks = (rows + grain - 1) / grain;
  bool weights = wanted[1] || wanted[2];
  Tensor from = x.contiguous(), w = weight.contiguous(), g = dy.contiguous();
  Tensor dx = wanted[0] ? empty(x.shape(), x.dtype()) : Tensor();
  Tensor parts = zeros({weights ? blocks : 0, 2, n}, x.dtype()), totals = zeros({2, n}, x.dtype());
  return dispatch_floating("normalise", x.dtype(), [&]<class T>(T) -> NormGradients {
    const auto* moment = reinterpret_cast<const kernels::RowMoments<T>*>(pointer<T>(moments));
    const T *in = pointer<T>(from), *out = pointer<T>(g);
    parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin, next; r < end; r = next) {  // some rows at a time, while they are near
        next = std::min(end, r + 4);
        for (int64_t i = r; i < next && wanted[0]; ++i)
          kernels::normalise_gradient<T>(in + i * n, moment[i], centred, pointer<T>(w), out + i * n,
                                         pointer<T>(dx) + i * n, n);
        T* part = pointer<T>(parts) + begin / grain * 2 * n;
        if (weights)
          kernels::normalise_weight_gradient<T>(in + r * n, moment + r, out + r * n, next - r, part, part + n,
                                                n);
      }
    });
    if (weights) kernels::add_rows<T>(pointer<T>(totals), pointer<T>(parts), blocks, 2 * n, 2 * n);
    return {dx, select(totals, 0, 0), select(totals, 0, 1)};
  });
}

}  // namespace lexigrad::detail
