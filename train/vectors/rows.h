// A table of vectors as plain memory: lengths, directions and cosines of its rows in double.
#pragma once
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

inline constexpr std::string_view kRowsWhere = "neighbors";
inline constexpr int64_t kRowsGrain = 64;  // rows that one block of work reads at least
inline constexpr int kLanes = 8;  // partial sums, so that the processor need not wait for each addition

// sum of term(d) for d in 0..dim-1, always in the same order.
template <class Term>
double sum_of(int64_t dim, const Term& term) {
  double lanes[kLanes] = {};
  int64_t d = 0;
  for (; d + kLanes <= dim; d += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += term(d + lane);
  for (; d < dim; ++d) lanes[d % kLanes] += term(d);
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

/// A table of vectors as plain memory.
template <class T>
class Rows {
 public:
  explicit Rows(const Tensor& weight)
      : held_(weight.detach().contiguous()), data_(held_.data<T>()), dim_(weight.size(1)) {}

  double length(int64_t row) const {
    const T* x = data_ + row * dim_;
    double squares = sum_of(dim_, [x](int64_t d) { return static_cast<double>(x[d]) * x[d]; });
    double length = squares >= 1e-250 && squares <= 1e250 ? std::sqrt(squares) : scaled_length(x);
    check(
        std::isfinite(length), kRowsWhere, "Row ", row,
        " holds a value that is not finite. Hint: its training diverged; train with a smaller learning rate");
    return length;
  }
  std::vector<double> direction(int64_t row) const {
    double size = length(row);
    std::vector<double> out(data_ + row * dim_, data_ + (row + 1) * dim_);
    for (double& value : out) value = size > 0 ? value / size : 0;
    return out;
  }
  double cosine(const std::vector<double>& direction, int64_t row) const {
    double size = length(row);
    if (size == 0) return 0;
    const T* x = data_ + row * dim_;
    return std::clamp(sum_of(dim_, [&](int64_t d) { return direction[d] * x[d]; }) / size, -1.0, 1.0);
  }
  /// Adds `times` the unit vector of a row to `sum`.
  void add_direction(std::vector<double>& sum, int64_t row, double times) const {
    std::vector<double> unit = direction(row);
    check(length(row) > 0, kRowsWhere, "Row ", row,
          " is all zeros: it points nowhere. Hint: ask for another word");
    for (size_t d = 0; d < unit.size(); ++d) sum[d] += times * unit[d];
  }
  /// Rows id_of(0) .. id_of(count - 1) as (count, dim) of float32, each scaled to length 1; one of zeros stays.
  template <class IdOf>
  Tensor units(int64_t count, const IdOf& id_of) const {
    Tensor out = empty({count, dim_}, float32);
    float* y = out.data<float>();
    parallel_ranges(count, kRowsGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* x = data_ + id_of(i) * dim_;
        const double size = length(id_of(i));
        for (int64_t d = 0; d < dim_; ++d)
          y[i * dim_ + d] = size > 0 ? static_cast<float>(x[d] / size) : 0.0f;
      }
    });
    return out;
  }
  int64_t size() const { return held_.size(0); }
  int64_t dim() const { return dim_; }

 private:
  // For values whose squares leave the range of double.
  double scaled_length(const T* x) const {
    double largest = 0;
    for (int64_t d = 0; d < dim_; ++d) {
      if (!std::isfinite(x[d])) return x[d];
      largest = std::max(largest, std::abs(static_cast<double>(x[d])));
    }
    if (largest == 0) return 0;
    return largest * std::sqrt(sum_of(dim_, [&](int64_t d) { return (x[d] / largest) * (x[d] / largest); }));
  }

  Tensor held_;
  const T* data_;
  int64_t dim_;
};

/// Calls use(rows) with the Rows of a matrix; throws for what is none and for ids outside.
template <class Use>
auto with_rows(const Tensor& weight, const std::vector<int64_t>& ids, const Use& use) {
  check(weight.defined() && weight.rank() == 2 && is_floating(arithmetic_dtype(weight.dtype())), kRowsWhere,
        "The table of vectors must be a matrix of float32, float64 or bfloat16, it is ",
        weight.defined() ? text(to_string(weight.shape()), " of ", name(weight.dtype())) : "undefined");
  for (int64_t id : ids)
    check(id >= 0 && id < weight.size(0), kRowsWhere, "Id ", id, " is outside the table (valid ids are 0..",
          weight.size(0) - 1, ")");
  Tensor rows = weight.detach().to(arithmetic_dtype(weight.dtype()));
  return rows.dtype() == float32 ? use(Rows<float>(rows)) : use(Rows<double>(rows));
}

}  // namespace lexigrad::detail
