#include "lexigrad/train/vectors/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kBlock = 1 << 16;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Part {
  int64_t count = 0;
  double sum = 0, min = kInfinity, max = -kInfinity;
};

// Folds the finite values of each block with fold(part, value), and the blocks in their order.
template <class T, class Fold>
Part fold_blocks(const T* x, int64_t size, const Fold& fold) {
  std::vector<Part> parts((size + kBlock - 1) / kBlock);
  parallel_ranges(size, kBlock, [&](int64_t begin, int64_t end) {
    Part part;
    for (int64_t i = begin; i < end; ++i)
      if (auto value = static_cast<double>(x[i]); std::isfinite(value)) fold(part, value);
    parts[begin / kBlock] = part;
  });
  Part all;
  for (const Part& part : parts) {
    all.count += part.count;
    all.sum += part.sum;
    all.min = std::min(all.min, part.min);
    all.max = std::max(all.max, part.max);
  }
  return all;
}

template <class T>
Statistics of(const T* x, int64_t size) {
  Part plain = fold_blocks(x, size, [](Part& part, double value) {
    ++part.count;
    part.sum += value;
    part.min = std::min(part.min, value);
    part.max = std::max(part.max, value);
  });
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  Statistics out{plain.count, size - plain.count, none, none, none, none};
  if (plain.count == 0) return out;
  out.min = plain.min, out.max = plain.max;
  out.mean = plain.sum / static_cast<double>(plain.count);
  double squares = fold_blocks(x, size, [&](Part& part, double value) {
                     part.sum += (value - out.mean) * (value - out.mean);
                   }).sum;
  if (plain.count > 1) out.deviation = std::sqrt(squares / static_cast<double>(plain.count - 1));
  return out;
}

}  // namespace

Statistics statistics(const Tensor& x) {
  Tensor held = x.detach().to(x.dtype() == bfloat16 ? float32 : x.dtype()).contiguous();
  return dispatch(held.dtype(), [&]<class T>(T) { return of(held.data<T>(), held.numel()); });
}

}  // namespace lexigrad::train
