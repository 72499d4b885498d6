#include "lexigrad/autograd/kernels/normalise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/normalise.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_NORM_TABLE
#define LEXIGRAD_NORM_TABLE
namespace lexigrad::kernels {
template <class T>
struct NormTable {
  T (*squared_deviations)(const T*, T, int64_t);
  void (*normalise)(const T*, RowMoments<T>, const T*, const T*, T*, int64_t);
  void (*normalise_gradient)(const T*, RowMoments<T>, bool, const T*, const T*, T*, int64_t);
  void (*normalise_weight_gradient)(const T*, const RowMoments<T>*, const T*, int64_t, T*, T*, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
T squared_deviations(const T* x, T mean, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto m = hn::Set(tag, mean);
  return sum_of<T>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto d = hn::Sub(access.load(tag, x + i), m);
    return hn::Mul(d, d);
  });
}

template <class T>
void normalise(const T* x, RowMoments<T> row, const T* weight, const T* bias, T* y, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto m = hn::Set(tag, row.mean), s = hn::Set(tag, row.scale);
  if (bias) {
    const auto op = [=](auto, auto v, auto w, auto b)
                        HWY_ATTR { return hn::Add(hn::Mul(hn::Mul(hn::Sub(v, m), s), w), b); };
    map<4>(n, y, op, x, weight, bias);
  } else {
    const auto op = [=](auto, auto v, auto w) HWY_ATTR { return hn::Mul(hn::Mul(hn::Sub(v, m), s), w); };
    map<4>(n, y, op, x, weight);
  }
}

template <class T>
void normalise_gradient(const T* x, RowMoments<T> row, bool centred, const T* weight, const T* dy, T* dx,
                        int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto m = hn::Set(tag, row.mean), s = hn::Set(tag, row.scale);
  const auto weighted = [=](auto access, int64_t i) HWY_ATTR {
    return hn::Mul(access.load(tag, dy + i), access.load(tag, weight + i));
  };
  const T mean_g = centred ? sum_of<T>(n, weighted) / static_cast<T>(n) : T{0};
  const T mean_gh = sum_of<T>(n,
                              [=](auto access, int64_t i) HWY_ATTR {
                                const auto h = hn::Mul(hn::Sub(access.load(tag, x + i), m), s);
                                return hn::Mul(weighted(access, i), h);
                              }) /
                    static_cast<T>(n);
  const auto a = hn::Set(tag, mean_g), b = hn::Set(tag, mean_gh);
  const auto op = [=](auto, auto v, auto w, auto g) HWY_ATTR {
    const auto h = hn::Mul(hn::Sub(v, m), s);
    return hn::Mul(s, hn::Sub(hn::Sub(hn::Mul(g, w), a), hn::Mul(h, b)));
  };
  map<4>(n, dx, op, x, weight, dy);
}

template <class T>
void normalise_weight_gradient(const T* x, const RowMoments<T>* moments, const T* dy, int64_t rows,
                               T* dweight, T* dbias, int64_t n) {
  const hn::ScalableTag<T> tag;
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    auto w = access.load(tag, dweight + i), b = access.load(tag, dbias + i);
    for (int64_t r = 0; r < rows; ++r) {
      const auto m = hn::Set(tag, moments[r].mean), s = hn::Set(tag, moments[r].scale);
      const auto g = access.load(tag, dy + r * n + i);
      w = hn::Add(w, hn::Mul(g, hn::Mul(hn::Sub(access.load(tag, x + r * n + i), m), s)));
      b = hn::Add(b, g);
    }
    access.store(tag, w, dweight + i);
    access.store(tag, b, dbias + i);
  });
}

LEXIGRAD_KERNELS(NormTable, squared_deviations<T>, normalise<T>, normalise_gradient<T>,
                 normalise_weight_gradient<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(NormTable)

template <class T>
T squared_deviations(const T* x, T mean, int64_t n) {
  return table(T{}).squared_deviations(x, mean, n);
}

template <class T>
void normalise(const T* x, RowMoments<T> row, const T* weight, const T* bias, T* y, int64_t n) {
  table(T{}).normalise(x, row, weight, bias, y, n);
}

template <class T>
void normalise_gradient(const T* x, RowMoments<T> row, bool centred, const T* weight, const T* dy, T* dx,
                        int64_t n) {
  table(T{}).normalise_gradient(x, row, centred, weight, dy, dx, n);
}

template <class T>
void normalise_weight_gradient(const T* x, const RowMoments<T>* moments, const T* dy, int64_t rows,
                               T* dweight, T* dbias, int64_t n) {
  table(T{}).normalise_weight_gradient(x, moments, dy, rows, dweight, dbias, n);
}

template float squared_deviations(const float*, float, int64_t);
template double squared_deviations(const double*, double, int64_t);
template void normalise(const float*, RowMoments<float>, const float*, const float*, float*, int64_t);
template void normalise(const double*, RowMoments<double>, const double*, const double*, double*, int64_t);
template void normalise_gradient(const float*, RowMoments<float>, bool, const float*, const float*, float*,
                                 int64_t);
template void normalise_gradient(const double*, RowMoments<double>, bool, const double*, const double*,
                                 double*, int64_t);
template void normalise_weight_gradient(const float*, const RowMoments<float>*, const float*, int64_t, float*,
                                        float*, int64_t);
template void normalise_weight_gradient(const double*, const RowMoments<double>*, const double*, int64_t,
                                        double*, double*, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
