#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// NaN is above everything.
template <class T>
int64_t place_of(const T* row, int64_t n, T value, bool right) {
  auto is_below = [&](T entry) { return right ? !(entry > value) : !(entry >= value); };
  return std::partition_point(row, row + n, is_below) - row;
}

Shape rows_of(const Tensor& x) { return x.shape().without(x.rank() - 1); }

}  // namespace

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  check_arithmetic("searchsorted", result_type(sorted, values));
  bool fits = sorted.rank() == 1 ||
              (sorted.rank() > 0 && sorted.rank() == values.rank() && rows_of(sorted) == rows_of(values));
  check(fits, "searchsorted", "Values of shape ", values.shape(), " do not fit sorted rows of shape ",
        sorted.shape(), ". Hint: these are one list, or all sizes but the last agree");
  Dtype dtype = result_type(sorted, values);
  Tensor rows = sorted.detach().to(dtype).contiguous(), each = values.detach().to(dtype).contiguous();
  int64_t n = rows.size(-1), m = rows.rank() == 1 ? each.numel() : each.size(-1);
  Tensor y = empty(values.shape(), int64);
  dispatch(dtype, [&]<class T>(T) {
    parallel_ranges(y.numel(), 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        detail::pointer<int64_t>(y)[i] =
            place_of(detail::pointer<T>(rows) + i / m * n, n, detail::pointer<T>(each)[i], right);
    });
  });
  return y;
}

// The number of entries below each value, or not above it.
static Tensor place_reference(const Tensor& sorted, const Tensor& values, bool right) {
  int64_t n = sorted.size(-1), m = values.size(-1);
  Tensor y = zeros(values.shape(), float64);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double* row = sorted.data<double>() + (sorted.rank() == 1 ? 0 : i / m * n);
    double value = values.data<double>()[i];
    y.data<double>()[i] = static_cast<double>(
        std::count_if(row, row + n, [&](double v) { return v < value || (right && v == value); }));
  }
  return y;
}

EXAMPLE(
    searchsorted, .shapes = {{{3, 5}, {3, 4}}, {{5}, {2, 3}}, {{0}, {3}}},
    .apply =
        [](const std::vector<Tensor>& in) { return searchsorted(sort(round(in[0])).values, round(in[1])); },
    .reference =
        [](const std::vector<Tensor>& in) { return place_reference(round(in[0]), round(in[1]), false); },
    .bad =
        [] {
          searchsorted(ones({2, 3}), ones({3, 3}));
        },
    .error =
        "[searchsorted] Values of shape [3, 3] do not fit sorted rows of shape [2, 3]. Hint: these are one "
        "list, or all sizes but the last agree",
    .differentiable = false);
EXAMPLE(
    searchsorted, .shapes = {{{3, 5}, {3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return searchsorted(sort(round(in[0])).values, round(in[1]), true);
        },
    .reference =
        [](const std::vector<Tensor>& in) { return place_reference(round(in[0]), round(in[1]), true); },
    .differentiable = false);

}  // namespace lexigrad
