// Which of several parts the next sample comes from, in shares that hold at every moment.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lexigrad::data {

/// Draws from parts by weights. Among the first n draws a part with the share w of all weights has more than n w - 1 and
/// fewer than n w + 1, whatever n: each draw goes to the part whose next one is due first (Tijdeman 1980, "The chairman
/// assignment problem"). A function of the place alone, in whole numbers, without rounding.
class Mix {
 public:
  /// The whole numbers that the weights are as, together, are at most so many; the draws repeat after them.
  static constexpr int64_t kLongest = 1 << 20;

  /// What is wrong with weights, as the end of an error; empty where nothing is.
  static std::string wrong(const std::vector<double>& weights);
  /// {0.7, 0.3} is {7, 3}. Throws std::invalid_argument where there are none, one is not finite and > 0, or they are to
  /// each other as no whole numbers that are kLongest together, six decimals at most.
  explicit Mix(const std::vector<double>& weights);

  struct Draw {
    int64_t part, before;  ///< the part, and how many draws it had before
  };
  /// Draw `place`, from 0 on.
  Draw operator[](int64_t place) const;
  /// How many of the first `count` draws each part has.
  std::vector<int64_t> counts(int64_t count) const;
  /// The weights in lowest terms.
  const std::vector<int64_t>& ratio() const { return ratio_; }
  /// The part of all draws that it has.
  double share(int64_t part) const;

 private:
  struct Place {
    int32_t part, before;
  };
  int64_t period() const { return static_cast<int64_t>(places_.size()); }

  std::vector<int64_t> ratio_;
  std::vector<Place> places_;  // of a period
};

/// Parts of a dataset, one behind another, that samples are drawn from by weights.
struct MixedParts {
  Mix mix;
  std::vector<int64_t> sizes;
};

}  // namespace lexigrad::data
