#include "lexigrad/data/mix.h"

#include <cmath>
#include <numeric>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {

constexpr int kDecimals = 6;

// The weights times `scale`; empty where they are no whole numbers then.
std::vector<int64_t> scaled(const std::vector<double>& weights, double scale) {
  std::vector<int64_t> out;
  for (double weight : weights) {
    const double exact = weight * scale, whole = std::round(exact);
    if (!(whole >= 1 && whole <= Mix::kLongest * 1e6) || std::abs(exact - whole) > 1e-12 * whole) return {};
    out.push_back(static_cast<int64_t>(whole));
  }
  return out;
}

// In lowest terms; empty where there is no such ratio.
std::vector<int64_t> ratio_of(const std::vector<double>& weights) {
  double scale = 1;
  for (int decimals = 0; decimals <= kDecimals; ++decimals, scale *= 10) {
    std::vector<int64_t> out = scaled(weights, scale);
    if (out.empty()) continue;
    int64_t divisor = 0, sum = 0;
    for (int64_t each : out) divisor = std::gcd(divisor, each);
    for (int64_t& each : out) sum += each /= divisor;
    return sum <= Mix::kLongest ? out : std::vector<int64_t>();
  }
  return {};
}

}  // namespace

std::string Mix::wrong(const std::vector<double>& weights) {
  if (weights.empty()) return "there are no weights";
  for (double weight : weights)
    if (!std::isfinite(weight) || weight <= 0)
      return text("a weight is ", weight, "; it must be finite and > 0");
  if (!ratio_of(weights).empty()) return {};
  return text("the weights are to each other as no whole numbers that are at most ", kLongest,
              " together. Hint: fewer digits, six decimals at most, or whole numbers, as 1,2");
}

Mix::Mix(const std::vector<double>& weights) {
  const std::string why = wrong(weights);
  check(why.empty(), "mix", "Cannot mix: ", why);
  ratio_ = ratio_of(weights);
  const int64_t period = std::accumulate(ratio_.begin(), ratio_.end(), int64_t{0});
  std::vector<int64_t> drawn(ratio_.size(), 0);
  for (int64_t place = 0; place < period; ++place) {
    size_t first = ratio_.size();
    int64_t earliest = 0;
    for (size_t part = 0; part < ratio_.size(); ++part) {
      if (drawn[part] * period >= (place + 1) * ratio_[part])
        continue;  // one more would be ahead by a whole one
      const int64_t due = ((drawn[part] + 1) * period + ratio_[part] - 1) / ratio_[part];
      if (first == ratio_.size() || due < earliest) first = part, earliest = due;
    }
    places_.push_back({static_cast<int32_t>(first), static_cast<int32_t>(drawn[first]++)});
  }
}

Mix::Draw Mix::operator[](int64_t place) const {
  check(place >= 0, "mix", "Place ", place, " is negative");
  const Place& at = places_[static_cast<size_t>(place % period())];
  return {at.part, place / period() * ratio_[static_cast<size_t>(at.part)] + at.before};
}

std::vector<int64_t> Mix::counts(int64_t count) const {
  check(count >= 0, "mix", "count is ", count, "; it must be >= 0");
  std::vector<int64_t> out;
  for (int64_t each : ratio_) out.push_back(count / period() * each);
  for (int64_t place = 0; place < count % period(); ++place)
    ++out[static_cast<size_t>(places_[static_cast<size_t>(place)].part)];
  return out;
}

double Mix::share(int64_t part) const {
  return static_cast<double>(ratio_.at(static_cast<size_t>(part))) / static_cast<double>(period());
}

}  // namespace lexigrad::data
