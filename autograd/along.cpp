#include "lexigrad/autograd/along.h"

#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/tape.h"

namespace lexigrad::detail {

Tensor pick(const Tensor& x, const Tensor& index, int64_t dim) {
  Along from("pick", x.shape(), dim), to("pick", index.shape(), dim);
  Tensor source = x.detach().contiguous(), y = empty(index.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    over_columns(to, [&](int64_t o, int64_t first, int64_t count) {
      for (int64_t k = 0; k < to.n; ++k)
        for (int64_t c = first, i = (o * to.n + k) * to.inner; c < first + count; ++c)
          pointer<T>(y)[i + c] =
              pointer<T>(source)[(o * from.n + pointer<int64_t>(index)[i + c]) * from.inner + c];
    });
  });
  return record("pick", std::move(y), {x},
                [index = Saved(index), whole = x.shape(), dim](const Tensor& dy, Grads& dx) {
                  dx[0] += unpick(dy, index, whole, dim);
                });
}

Tensor unpick(const Tensor& x, const Tensor& index, const Shape& whole, int64_t dim) {
  Along from("unpick", index.shape(), dim), to("unpick", whole, dim);
  Tensor source = x.detach().contiguous(), y = zeros(whole, x.dtype());
  dispatch(x.dtype(), [&]<class T>(T) {
    over_columns(from, [&](int64_t o, int64_t first, int64_t count) {
      for (int64_t k = 0; k < from.n; ++k)
        for (int64_t c = first, i = (o * from.n + k) * from.inner; c < first + count; ++c)
          pointer<T>(y)[(o * to.n + pointer<int64_t>(index)[i + c]) * to.inner + c] =
              pointer<T>(source)[i + c];
    });
  });
  return record("unpick", std::move(y), {x},
                [index = Saved(index), dim](const Tensor& dy, Grads& dx) { dx[0] += pick(dy, index, dim); });
}

}  // namespace lexigrad::detail
