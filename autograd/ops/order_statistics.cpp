// median, kthvalue and quantile: entries of the sorted x.
#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/ops/shared/axis.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

void check_floating(const char* op, const Tensor& x) {
  check(is_floating(x.dtype()), op, "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
}

void check_entries(const char* op, const Tensor& x, int64_t n) {
  check(n > 0, op, "There is nothing to choose from in a tensor of shape ", x.shape());
}

// Entries `places` (of size 1 along `dim`) of both.
ValuesIndices entries(const ValuesIndices& sorted, int64_t dim, const Tensor& places, bool keepdim) {
  Tensor values = gather(sorted.values, dim, places), indices = gather(sorted.indices, dim, places);
  if (keepdim || values.rank() == 0) return {values, indices};
  return {squeeze(values, dim), squeeze(indices, dim)};
}

// The places between which quantile q of n sorted values lies, n - 1 where a row of `rows` holds a NaN:
// (..., count of q).
Tensor quantile_places(const Tensor& rows, const Tensor& q) {
  double last = static_cast<double>(rows.size(-1) - 1);
  return where(any(isnan(rows), {-1}, true), last, q * last);
}

}  // namespace

ValuesIndices kthvalue(const Tensor& x, int64_t k, int64_t dim, bool keepdim) {
  detail::Axis of("kthvalue", x.shape(), dim);
  check(k >= 1 && k <= of.n, "kthvalue", "k is ", k, ", dimension ", of.dim, " of a tensor of shape ",
        x.shape(), " has ", of.n, " entries (valid are 1..", of.n, ")");
  Shape one = x.shape();
  if (x.rank() > 0) one[of.dim] = 1;
  return entries(sort(x, dim), of.dim, full(one, static_cast<double>(k - 1), int64), keepdim);
}
ValuesIndices Tensor::kthvalue(int64_t k, int64_t dim, bool keepdim) const {
  return lexigrad::kthvalue(*this, k, dim, keepdim);
}

ValuesIndices median(const Tensor& x, int64_t dim, bool keepdim) {
  detail::Axis of("median", x.shape(), dim);
  check_entries("median", x, of.n);
  if (x.rank() == 0) return sort(x);
  Tensor nans = sum(isnan(x).to(int64), {of.dim}, true);  // which are last when sorted
  Tensor places = where(gt(nans, 0), static_cast<double>(of.n) - nans, static_cast<double>((of.n - 1) / 2));
  return entries(sort(x, of.dim), of.dim, places, keepdim);
}

Tensor median(const Tensor& x) {
  check_entries("median", x, x.numel());
  Tensor y = median(x.detach().reshape({x.numel()}), 0).values;
  return record("median", std::move(y), {x}, [x = Saved(x)](const Tensor& dy, const Tensor& y, Grads& dx) {
    Tensor chosen = logical_or(eq(x, y), logical_and(isnan(x), isnan(y))).to(dy.dtype());
    dx[0] += dy * (chosen / sum(chosen));
  });
}
Tensor Tensor::median() const { return lexigrad::median(*this); }
ValuesIndices Tensor::median(int64_t dim, bool keepdim) const {
  return lexigrad::median(*this, dim, keepdim);
}

Tensor quantile(const Tensor& x, const Tensor& q, std::optional<int64_t> dim, bool keepdim) {
  check_floating("quantile", x);
  check(q.dtype() == x.dtype() && q.rank() <= 1, "quantile", "q must be a number or a list of x's dtype, ",
        name(x.dtype()), "; got ", name(q.dtype()), " of shape ", q.shape());
  for (double each : q.to_vector<double>())
    check(each >= 0 && each <= 1, "quantile", "q is ", each, "; it must lie in 0..1");
  if (!dim) {
    Tensor y = quantile(x.reshape({x.numel()}), q, 0);
    Shape ones(x.rank(), 1);
    return keepdim ? y.reshape(q.rank() == 0 ? ones : ones.with(0, q.numel())) : y;
  }
  detail::Axis of("quantile", x.shape(), *dim);
  check_entries("quantile", x, of.n);
  Tensor rows = x.rank() == 0 ? x.reshape({1}) : movedim(x, of.dim, -1);
  Tensor places = quantile_places(rows, q.detach().reshape({q.numel()})), sorted = sort(rows).values;
  Tensor below = gather(sorted, -1, floor(places).to(int64)),
         above = gather(sorted, -1, ceil(places).to(int64));
  Tensor y = movedim(lerp(below, above, places - floor(places)), -1, 0);  // q first
  if (keepdim && x.rank() > 0) y = unsqueeze(y, of.dim + 1);
  return q.rank() == 0 ? select(y, 0, 0) : y;
}

Tensor quantile(const Tensor& x, double q, std::optional<int64_t> dim, bool keepdim) {
  check_floating("quantile", x);
  return quantile(x, full({}, q, x.dtype()), dim, keepdim);
}
Tensor Tensor::quantile(const Tensor& q, std::optional<int64_t> dim, bool keepdim) const {
  return lexigrad::quantile(*this, q, dim, keepdim);
}
Tensor Tensor::quantile(double q, std::optional<int64_t> dim, bool keepdim) const {
  return lexigrad::quantile(*this, q, dim, keepdim);
}

namespace {

// The value at place at(n) of each sorted row of x (rows, n), between neighbours where it is no whole number.
Tensor sorted_reference(const Tensor& x, double (*at)(int64_t)) {
  int64_t rows = x.rank() == 2 ? x.size(0) : 1, n = x.numel() / std::max<int64_t>(rows, 1);
  Tensor y = zeros(x.rank() == 2 ? Shape{rows} : Shape{}, float64);
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<double> row(x.data<double>() + r * n, x.data<double>() + (r + 1) * n);
    std::sort(row.begin(), row.end());
    double place = at(n), share = place - std::floor(place);
    size_t below = static_cast<size_t>(place);
    y.data<double>()[r] = (1 - share) * row[below] + (share > 0 ? share * row[below + 1] : 0);
  }
  return y;
}
double middle(int64_t n) { return static_cast<double>((n - 1) / 2); }

}  // namespace

EXAMPLE(
    median, .shapes = {{{4}}, {{5}}, {{}}},
    .apply = [](const std::vector<Tensor>& in) { return median(in[0]); },
    .reference = [](const std::vector<Tensor>& in) { return sorted_reference(in[0], middle); },
    .bad =
        [] {
          median(ones({2, 0}));
        },
    .error = "[median] There is nothing to choose from in a tensor of shape [2, 0]");
EXAMPLE(
    median, .shapes = {{{3, 4}}, {{2, 5}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return median(in[0], -1).values; },
    .reference = [](const std::vector<Tensor>& in) { return sorted_reference(in[0], middle); });
EXAMPLE(
    kthvalue, .shapes = {{{3, 4}}, {{2, 5}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return kthvalue(in[0], 2).values; },
    .reference =
        [](const std::vector<Tensor>& in) { return sorted_reference(in[0], [](int64_t) { return 1.0; }); },
    .bad =
        [] {
          kthvalue(ones({2, 3}), 4);
        },
    .error = "[kthvalue] k is 4, dimension 1 of a tensor of shape [2, 3] has 3 entries (valid are 1..3)");
EXAMPLE(
    quantile, .shapes = {{{4}}, {{5}}, {{}}},
    .apply = [](const std::vector<Tensor>& in) { return quantile(in[0], 0.3); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return sorted_reference(in[0], [](int64_t n) { return 0.3 * static_cast<double>(n - 1); });
        },
    .bad = [] { quantile(ones({3}), 1.5); }, .error = "[quantile] q is 1.5; it must lie in 0..1");
EXAMPLE(
    quantile, .shapes = {{{3, 4}}, {{2, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return select(quantile(in[0], tensor({0.5, 0.9}).to(in[0].dtype()), 1), 0, 1);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return sorted_reference(in[0], [](int64_t n) { return 0.9f * static_cast<double>(n - 1); });
        });

}  // namespace lexigrad
