#include "lexigrad/autograd/norm.h"

#include <cmath>

#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/kernels/norm.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/strided.h"
#include "lexigrad/autograd/tape.h"

namespace lexigrad::detail {
namespace {

constexpr int64_t most_blocks = 64;  // of rows, each with a sum of weight gradients of its own

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
    parallel_ranges(rows, std::max<int64_t>(1, block_elements / std::max<int64_t>(n, 1)),
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

NormGradients normalise_gradient(const Tensor& x, const Tensor& weight, const Tensor& moments, bool centred,
                                 const Tensor& dy, const bool (&wanted)[3]) {
  NoGrad off;
  int64_t n = x.size(-1), rows = moments.size(0);
  int64_t grain = std::max(
      {int64_t{1}, block_elements / std::max<int64_t>(n, 1), (rows + most_blocks - 1) / most_blocks});
  int64_t blocks = (rows + grain - 1) / grain;
  Tensor from = x.contiguous(), w = weight.contiguous(), g = dy.contiguous();
  Tensor dx = wanted[0] ? empty(x.shape(), x.dtype()) : Tensor();
  Tensor parts[2];
  for (int k : {0, 1})
    if (wanted[k + 1]) parts[k] = empty({blocks, n}, x.dtype());
  return dispatch_floating("normalise", x.dtype(), [&]<class T>(T) -> NormGradients {
    auto at = [](const Tensor& t, int64_t i) { return t.defined() ? pointer<T>(t) + i : nullptr; };
    const auto* moment = reinterpret_cast<const kernels::RowMoments<T>*>(pointer<T>(moments));
    parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
      T *dweight = at(parts[0], begin / grain * n), *dbias = at(parts[1], begin / grain * n);
      for (T* part : {dweight, dbias})
        if (part) std::fill(part, part + n, T{0});
      for (int64_t r = begin; r < end; ++r)
        kernels::normalise_gradient<T>(pointer<T>(from) + r * n, moment[r], centred, pointer<T>(w),
                                       pointer<T>(g) + r * n, at(dx, r * n), dweight, dbias, n);
    });
    Tensor totals[2];
    for (int k : {0, 1}) {
      if (!parts[k].defined()) continue;
      totals[k] = zeros({n}, x.dtype());
      kernels::add_rows<T>(pointer<T>(totals[k]), pointer<T>(parts[k]), blocks, n, n);
    }
    return {dx, totals[0], totals[1]};
  });
}

}  // namespace lexigrad::detail
