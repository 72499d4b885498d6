#include "lexigrad/autograd/checks/differences.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::detail {
namespace {

// The element at a flat row-major position, whatever the strides.
double& element(const Tensor& x, const Shape& index) {
  int64_t at = 0;
  for (int64_t d = 0; d < x.rank(); ++d) at += index[d] * x.strides()[d];
  return x.data<double>()[at];
}

double product_sum(const Outputs& a, const Outputs& b) {
  double total = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    std::vector<double> x = a[k].to_vector<double>(), y = b[k].to_vector<double>();
    for (size_t i = 0; i < x.size(); ++i) total += x[i] * y[i];
  }
  return total;
}

Tensor random_cotangent(const Shape& shape, uint64_t seed, uint64_t output) {
  std::vector<double> values;
  CounterRng random(seed, output);
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(2 * random.uniform(0, static_cast<uint64_t>(i)) - 1);
  return from_values<double>(values, shape);
}

void weigh(GradcheckResult& result, const GradEntry& entry, const GradcheckOptions& options) {
  bool first = result.checked++ == 0;
  bool good = entry.error() <= entry.allowed;  // false for NaN
  if (!good) {
    result.ok = false;
    if (result.wrong_count++ < options.max_wrong) result.wrong.push_back(entry);
  }
  double now = entry.error() / entry.allowed, worst = result.worst.error() / result.worst.allowed;
  if (first || std::isnan(now) || now > worst) result.worst = entry;
}

// A function whose slopes to the left and to the right differ by far more than its curvature
// explains has a kink here; a gradient between the two is right.
bool is_kink(double below, double middle, double above, double h, double found) {
  double left = (middle - below) / h, right = (above - middle) / h;
  double size = std::max({std::abs(left), std::abs(right), 1e-3});
  return std::abs(right - left) > 1e-2 * size && found >= std::min(left, right) - 1e-4 * size &&
         found <= std::max(left, right) + 1e-4 * size;
}

// A function whose change over a tenth of the step is still that over the
// whole step jumps here.
bool is_jump(double change, double change_near, double value) {
  return std::abs(change) > 1e-6 * std::max(1.0, std::abs(value)) &&
         std::abs(change_near) > 0.5 * std::abs(change);
}

}  // namespace

std::string index_text(const Shape& index) {
  std::string out = "[";
  for (int64_t i = 0; i < index.rank(); ++i) out += text(i ? "," : "", index[i]);
  return out + "]";
}

Shape unravel(int64_t flat, const Shape& shape) {
  Shape index(shape.rank(), 0);
  for (int64_t d = shape.rank() - 1; d >= 0; flat /= shape[d--]) index[d] = flat % shape[d];
  return index;
}

std::string place_of(const GradEntry& e) { return text(e.input, ", index ", index_text(e.index)); }

bool is_checked(const GradcheckInput& input) { return is_floating(input.tensor.dtype()); }

Outputs random_cotangents(const Outputs& y, uint64_t seed) {
  Outputs out;
  for (size_t k = 0; k < y.size(); ++k) out.push_back(random_cotangent(y[k].shape(), seed, k));
  return out;
}

Comparison::Comparison(const std::function<Outputs()>& f, const Outputs& y, std::string op,
                       const GradcheckOptions& options)
    : f_(f), options_(options), cotangents_(random_cotangents(y, options.seed)) {
  result_.worst.op = std::move(op);
  middle_ = product_sum(y, cotangents_);
}

void Comparison::left_out(const std::string& what) {
  result_.left_out += (result_.left_out.empty() ? "" : ", ") + what;
}

void Comparison::input(const GradcheckInput& input, const Tensor& analytic) {
  if (!is_checked(input)) return left_out(text(input.name, " (", name(input.tensor.dtype()), ")"));
  if (input.constant_row >= 0) left_out(text("row ", input.constant_row, " of ", input.name));
  for (int64_t i = 0; i < input.tensor.numel(); ++i) {
    Shape index = unravel(i, input.tensor.shape());
    GradEntry entry{result_.worst.op, input.name, index, analytic.data<double>()[i]};
    if (input.constant_row < 0 || index[0] != input.constant_row)
      differences(entry, element(input.tensor, index));
    else if (entry.analytic != 0)
      weigh(result_, entry, options_);
  }
}

double Comparison::at(double& x, double value) const {
  double kept = std::exchange(x, value), y = product_sum(f_(), cotangents_);
  x = kept;
  return y;
}

void Comparison::differences(GradEntry entry, double& x) {
  double h = 1e-5 * std::max(1.0, std::abs(x)), above = at(x, x + h), below = at(x, x - h);
  entry.numeric = (above - below) / (2 * h);
  entry.allowed = options_.atol + options_.rtol * std::abs(entry.numeric);
  if (!(entry.error() <= entry.allowed)) {
    if (is_kink(below, middle_, above, h, entry.analytic)) return left_out("kink at " + place_of(entry));
    if (is_jump(above - below, at(x, x + h / 10) - at(x, x - h / 10), middle_))
      return left_out("jump at " + place_of(entry));
  }
  weigh(result_, entry, options_);
}

}  // namespace lexigrad::detail
