// How well two lists of numbers agree.
#pragma once
#include <cstdint>
#include <vector>

namespace lexigrad::train {

/// Ranks 1..n of the values; equals share the mean of theirs. Values are finite.
std::vector<double> mean_ranks(const std::vector<double>& values);
/// Pearson's r of two lists of one length; NaN where one is constant or they have fewer than two values.
double pearson(const std::vector<double>& a, const std::vector<double>& b);
/// Spearman's rho: pearson() of mean_ranks().
double spearman(const std::vector<double>& a, const std::vector<double>& b);

struct Interval {
  double low, high;
};

/// The bootstrap's 95 % interval of spearman(): quantiles 2.5 % and 97.5 % (linear between values) over as many
/// resamples of pairs, drawn by position from the seed: the same bits for any number of threads. Resamples without a
/// rho are left out; NaN where none has one.
Interval spearman_interval(const std::vector<double>& a, const std::vector<double>& b, uint64_t seed = 0,
                           int64_t resamples = 1000);

}  // namespace lexigrad::train
