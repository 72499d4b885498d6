// cummax and cummin.
#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// The last of ties; once there is a NaN, the last NaN.
template <class T, class Beats>
void running_best(const T* x, T* values, int64_t* places, int64_t n, int64_t step, const Beats& beats) {
  for (int64_t i = 0, place = 0; i < n; ++i) {
    T value = x[i * step], best = x[place * step];
    if (value != value || (best == best && beats(value, best))) place = i;
    values[i * step] = x[place * step];
    places[i * step] = place;
  }
}

template <class Beats>
ValuesIndices running_extremes(const char* op, const Tensor& x, int64_t dim, const Beats& beats) {
  detail::Axis of(op, x.shape(), dim);
  Tensor from = x.detach().contiguous(), values = empty(x.shape(), x.dtype()),
         places = empty(x.shape(), int64);
  dispatch(x.dtype(), [&]<class T>(T) {
    detail::each_column(of, [&](int64_t at) {
      running_best(detail::pointer<T>(from) + at, detail::pointer<T>(values) + at,
                   detail::pointer<int64_t>(places) + at, of.n, of.inner, beats);
    });
  });
  Tensor y = record(op, std::move(values), {x},
                    [places = Saved(places), whole = x.shape(), dim = of.dim](const Tensor& dy, Grads& dx) {
                      dx[0] += detail::back_to(places, dy, whole, dim);
                    });
  return {std::move(y), std::move(places)};
}

}  // namespace

ValuesIndices cummax(const Tensor& x, int64_t dim) {
  return running_extremes("cummax", x, dim, [](auto a, auto b) { return a >= b; });
}
ValuesIndices Tensor::cummax(int64_t dim) const { return lexigrad::cummax(*this, dim); }
ValuesIndices cummin(const Tensor& x, int64_t dim) {
  return running_extremes("cummin", x, dim, [](auto a, auto b) { return a <= b; });
}
ValuesIndices Tensor::cummin(int64_t dim) const { return lexigrad::cummin(*this, dim); }

static Example running(const char* name, ValuesIndices (*op)(const Tensor&, int64_t), double sign) {
  return {.shapes = {{{3, 5, 2}}, {{2, 0, 3}}, {{2, 6, 1}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], 1).values; },
          .reference =
              [sign](const std::vector<Tensor>& in) {
                int64_t n = in[0].size(1), inner = in[0].size(2);
                Tensor y = in[0].clone();
                for (int64_t i = 0; i < y.numel(); ++i) {
                  double* at = y.data<double>() + i;
                  if (i / inner % n > 0 && sign * at[-inner] > sign * *at) *at = at[-inner];
                }
                return y;
              },
          .bad =
              [op] {
                op(ones({2, 3}), -3);
              },
          .error = text("[", name, "] Dimension -3 is outside a tensor of rank 2 (valid are -2..1)")};
}

EXAMPLE(cummax, running("cummax", cummax, 1));
EXAMPLE(cummin, running("cummin", cummin, -1));
EXAMPLE(
    cummax, .shapes = {{{}}}, .apply = [](const std::vector<Tensor>& in) { return cummax(in[0], 0).values; },
    .reference = [](const std::vector<Tensor>& in) { return in[0]; });

}  // namespace lexigrad
