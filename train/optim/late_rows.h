// Rows that are behind: those of a table under Rows::lazy_exact, which take the steps that they missed when they
// are next read.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::optim {

struct LateRow {
  int64_t row, stands_at;  ///< the number of the last step that it took
};

/// Sums that move a row over many steps without gradient at once: for a row that stands at step t,
///   sum_p(t) = sum over later steps j of  c_p(j) ratio_p^(j - t) / keep(t..j),  p = 0..3
/// where keep(t..j) is the product of what the weights keep in each of those steps. Terms too small to count in
/// a double are left out.
class IdleSums {
 public:
  static constexpr int kSums = 4;
  using Each = std::array<double, kSums>;

  IdleSums() = default;
  /// 0 <= ratio < 1; 0 for a sum that is not needed.
  explicit IdleSums(const Each& ratios);
  /// True where the terms shrink fast enough for sums to pay.
  static bool converge(const Each& ratios);

  /// The next step, in which weights keep the share `keep`; sums do not hold from one that is <= 0 on.
  void add(double keep, const Each& c);
  bool hold() const { return hold_; }
  int64_t steps() const { return static_cast<int64_t>(sums_.size()) - 1; }
  const Each& sum(int64_t stands_at) const { return sums_[static_cast<size_t>(stands_at)].sum; }
  /// What weights keep over all steps after that one.
  double keep(int64_t stands_at) const;

 private:
  struct Sum {
    Each sum = {};
    double log_keep = 0;
  };
  bool hold_ = true;
  std::array<std::vector<double>, kSums> powers_;
  std::vector<Sum> sums_{1};  ///< for rows that stand at step 0, 1, ...
};

/// What Rows::lazy_exact keeps of a table, and the rows that are to catch up now.
struct LateRows {
  Tensor seen;                ///< (rows), int64: the last step that each row has taken
  std::vector<double> rates;  ///< the learning rate of each step so far
  IdleSums sums;
  std::vector<LateRow> now;  ///< rows that update() brings up to date, doing nothing else; empty: a step
  Tensor copy;               ///< where they go, slots staying as they are; undefined: in place
  Tensor stale;              ///< the rows as they stand, while CaughtUp shows others
};

}  // namespace lexigrad::optim
