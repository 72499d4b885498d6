#include "lexigrad/train/optim/late_rows.h"

#include <algorithm>
#include <cmath>

namespace lexigrad::optim {
namespace {

constexpr double kLeast = 1e-19, kMostTerms = 1 << 14;

double terms_of(double ratio) { return ratio <= 0 ? 0 : std::ceil(std::log(kLeast) / std::log(ratio)); }

std::vector<double> powers(double ratio) {
  std::vector<double> out{1};
  for (auto k = static_cast<int64_t>(terms_of(ratio)); k > 0; --k) out.push_back(out.back() * ratio);
  return out;
}

}  // namespace

IdleSums::IdleSums(const Each& ratios) {
  for (size_t p = 0; p < kSums; ++p) powers_[p] = powers(ratios[p]);
}

bool IdleSums::converge(const Each& ratios) {
  double most = *std::max_element(ratios.begin(), ratios.end());
  return most < 1 && terms_of(most) <= kMostTerms;
}

void IdleSums::add(double keep, const Each& c) {
  hold_ = hold_ && keep > 0;
  Sum next{.log_keep = sums_.back().log_keep + std::log(keep)};
  auto j = static_cast<int64_t>(sums_.size());
  for (size_t p = 0; p < kSums; ++p) {
    const std::vector<double>& power = powers_[p];
    for (int64_t k = 1; k < std::min<int64_t>(j + 1, static_cast<int64_t>(power.size())); ++k) {
      Sum& at = sums_[static_cast<size_t>(j - k)];
      double decayed = at.log_keep == next.log_keep ? 1 : std::exp(at.log_keep - next.log_keep);
      at.sum[p] += c[p] * power[static_cast<size_t>(k)] * decayed;
    }
  }
  sums_.push_back(next);
}

double IdleSums::keep(int64_t stands_at) const {
  return std::exp(sums_.back().log_keep - sums_[static_cast<size_t>(stands_at)].log_keep);
}

}  // namespace lexigrad::optim
