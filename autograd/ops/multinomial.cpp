#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

double uniform(Generator& from) {  // in [0, 1)
  return static_cast<double>(from.random64() >> 11) * 0x1p-53;
}

// Draws by where uniform numbers fall among the running sums.
void with_replacement(const double* weights, int64_t n, int64_t* out, int64_t draws, Generator& from) {
  std::vector<double> sums(static_cast<size_t>(n));
  double total = 0;
  for (int64_t i = 0; i < n; ++i) sums[static_cast<size_t>(i)] = total += weights[i];
  for (int64_t i = 0; i < draws; ++i) {  // upper_bound passes by columns of weight 0
    double at = std::min(uniform(from) * total, std::nextafter(total, 0.0));
    out[i] = std::upper_bound(sums.begin(), sums.end(), at) - sums.begin();
  }
}

// Takes the smallest of exponential waiting times of rates `weights` (Efraimidis and Spirakis 2006).
void without_replacement(const double* weights, int64_t n, int64_t* out, int64_t draws, Generator& from) {
  std::vector<std::pair<double, int64_t>> times(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i)
    times[static_cast<size_t>(i)] = {-std::log1p(-uniform(from)) / weights[i], i};  // inf or NaN for weight 0
  for (auto& time : times)
    if (weights[time.second] == 0) time.first = INFINITY;
  std::partial_sort(times.begin(), times.begin() + draws, times.end());
  for (int64_t i = 0; i < draws; ++i) out[i] = times[static_cast<size_t>(i)].second;
}

void check_weights(const double* row, int64_t n, int64_t draws, bool replacement) {
  int64_t possible = 0;
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    check(row[i] >= 0 && std::isfinite(row[i]), "multinomial", "Weight ", row[i], " at column ", i,
          " is not a number >= 0");
    possible += row[i] > 0;
    total += row[i];
  }
  check(std::isfinite(total), "multinomial", "The weights' sum is not finite");
  check(possible > 0 || draws == 0, "multinomial", "All weights are 0");
  check(replacement || draws <= possible, "multinomial", "Cannot draw ", draws, " of ", possible,
        " columns of weight > 0 without replacement. Hint: replacement = true may draw one again");
}

}  // namespace

Tensor multinomial(const Tensor& weights, int64_t num_samples, bool replacement, Generator& from) {
  check(weights.rank() == 1 || weights.rank() == 2, "multinomial",
        "Weights must have shape (n) or (m, n), got ", weights.shape());
  check(num_samples >= 0, "multinomial", "Cannot draw ", num_samples, " samples");
  Tensor rows = weights.detach().to(float64).contiguous();
  int64_t n = weights.size(-1), last = weights.rank() - 1;
  Tensor y = empty(weights.shape().without(last).with(last, num_samples), int64);
  int64_t count = last == 0 ? 1 : weights.size(0);
  for (int64_t r = 0; r < count; ++r)
    check_weights(detail::pointer<double>(rows) + r * n, n, num_samples, replacement);
  auto draw = replacement ? with_replacement : without_replacement;
  for (int64_t r = 0; r < count; ++r)
    draw(detail::pointer<double>(rows) + r * n, n, detail::pointer<int64_t>(y) + r * num_samples, num_samples,
         from);
  return y;
}

EXAMPLE(  // where one column has all the weight; the test of frequencies is in sorting_test.cpp
    multinomial, .shapes = {{{3, 4}}, {{5}}, {{0, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return multinomial(one_hot(argmax(in[0], -1), in[0].size(-1)), 1);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(-1), rows = in[0].numel() / n;
          Tensor y = zeros(in[0].rank() == 1 ? Shape{1} : Shape{rows, 1}, float64);
          for (int64_t r = 0; r < rows; ++r) {
            const double* row = in[0].data<double>() + r * n;
            y.data<double>()[r] = static_cast<double>(std::max_element(row, row + n) - row);
          }
          return y;
        },
    .bad =
        [] {
          multinomial(tensor({0.5, 0.0}), 2);
        },
    .error =
        "[multinomial] Cannot draw 2 of 1 columns of weight > 0 without replacement. Hint: replacement = "
        "true may "
        "draw one again",
    .differentiable = false);

}  // namespace lexigrad
