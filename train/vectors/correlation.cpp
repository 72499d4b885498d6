#include "lexigrad/train/vectors/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad::train {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return kNone;
  const double at = share * static_cast<double>(sorted.size() - 1), whole = std::floor(at);
  const auto low = static_cast<size_t>(whole), high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - whole) * (sorted[high] - sorted[low]);
}

}  // namespace

std::vector<double> mean_ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + end + 1) / 2;
  }
  return ranks;
}

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
  check(a.size() == b.size(), "correlation", "The lists have ", a.size(), " and ", b.size(),
        " values (valid: as many)");
  if (a.size() < 2) return kNone;
  const double mean_a = mean(a), mean_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    ab += x * y, aa += x * x, bb += y * y;
  }
  return aa > 0 && bb > 0 ? std::clamp(ab / (std::sqrt(aa) * std::sqrt(bb)), -1.0, 1.0) : kNone;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  return pearson(mean_ranks(a), mean_ranks(b));
}

Interval spearman_interval(const std::vector<double>& a, const std::vector<double>& b, uint64_t seed,
                           int64_t resamples) {
  check(a.size() == b.size() && resamples >= 1, "correlation", "There are ", resamples, " resamples of ",
        a.size(), " and ", b.size(), " values (valid: 1 or more of as many)");
  const CounterRng random(seed);
  std::vector<double> found(static_cast<size_t>(resamples), kNone);
  parallel_ranges(a.empty() ? 0 : resamples, 8, [&](int64_t begin, int64_t end) {
    std::vector<double> x(a.size()), y(a.size());
    for (int64_t resample = begin; resample < end; ++resample) {
      for (size_t i = 0; i < a.size(); ++i) {
        const uint64_t drawn = random.below(a.size(), static_cast<uint64_t>(resample), i);
        x[i] = a[drawn], y[i] = b[drawn];
      }
      found[static_cast<size_t>(resample)] = spearman(x, y);
    }
  });
  std::erase_if(found, [](double rho) { return std::isnan(rho); });
  std::sort(found.begin(), found.end());
  return {quantile(found, 0.025), quantile(found, 0.975)};
}

}  // namespace lexigrad::train
