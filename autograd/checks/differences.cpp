#include "lexigrad/autograd/checks/differences.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/steady.h"

namespace lexigrad::detail {
namespace {

constexpr size_t kListLength = 200;  // of what was left out, in characters

// Puts another value in the place of x, while it lives.
class Nudge {
 public:
  Nudge(double& x, double value) : x_(x), kept_(std::exchange(x, value)) {}
  ~Nudge() { x_ = kept_; }
  Nudge(const Nudge&) = delete;
  Nudge& operator=(const Nudge&) = delete;

 private:
  double& x_;
  double kept_;
};

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

void add_left_out(std::string& list, const std::string& what) {
  if (list.ends_with(" ...") || what.empty()) return;
  list += (list.empty() ? "" : ", ") + (list.size() < kListLength ? what : "...");
}

std::string not_finite(const Outputs& y) {
  for (size_t k = 0; k < y.size(); ++k) {
    if (!is_floating(y[k].dtype())) continue;
    std::vector<double> values = y[k].to_vector<double>();
    auto found = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
    if (found != values.end())
      return text("the function is ", std::isnan(*found) ? "nan" : "inf", " at ",
                  y.size() == 1 ? "" : text("output ", k, ", "), "index ",
                  index_text(unravel(found - values.begin(), y[k].shape())));
  }
  return "";
}

void Precision::see(double x) {
  if (x == 0 || !(std::abs(x) < 1e38)) return;
  any_ = true;
  wide_ = wide_ || static_cast<double>(static_cast<float>(x)) != x;
}

Comparison::Comparison(const std::function<Outputs()>& f, const Outputs& y, const GradcheckOptions& options)
    : f_(f), options_(options), cotangents_(random_cotangents(y, options.seed)), middle_y_(y) {
  result_.worst.op = path_of(y);
  middle_ = product_sum(y, [] { return ""; });
  for (size_t k = 0; k < y.size(); ++k) {
    if (is_floating(y[k].dtype()))
      has_entries_ = has_entries_ || y[k].numel() > 0;
    else
      leave_out(text("output ", k, " (", name(y[k].dtype()), ")"), 0);
  }
}

void Comparison::refuse(const std::string& why) {
  if (result_.why.empty()) result_.why = why;
}

GradcheckResult Comparison::result() const {
  GradcheckResult out = result_;
  if (out.checked == 0 && out.why.empty())
    out.why = text("nothing was compared: ", !has_entries_            ? "the result has no entries"
                                             : out.left_out_count > 0 ? "all entries are left out"
                                                                      : "no floating input has entries");
  if (out.why.empty() && ((has_slope_ && changed_.is_float32()) || gradient_.is_float32()))
    out.why = text("all ", gradient_.is_float32() ? "gradients" : "results",
                   " are float32 numbers; differences need float64. Hint: compute in double");
  out.ok = out.why.empty() && out.wrong_count == 0;
  return out;
}

// The function's value, and which entry of it is not finite, if one is.
double Comparison::product_sum(const Outputs& y, const std::function<std::string()>& where) {
  double total = 0;
  for (size_t k = 0; k < y.size(); ++k) {
    if (!is_floating(y[k].dtype())) continue;
    if (y[k].shape() != cotangents_[k].shape())
      fail("gradcheck",
           text("The function gives shape ", cotangents_[k].shape(), ", and", where(), " ", y[k].shape()));
    std::vector<double> a = y[k].to_vector<double>(), b = cotangents_[k].to_vector<double>();
    for (size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
  }
  if (!std::isfinite(total) && result_.why.empty())
    if (std::string why = not_finite(y); !why.empty()) refuse(why + where());
  return total;
}

void Comparison::see_precision(const Outputs& y) {
  for (size_t k = 0; k < y.size() && !changed_.is_settled(); ++k) {
    if (!is_floating(y[k].dtype())) continue;
    std::vector<double> now = y[k].to_vector<double>(), before = middle_y_[k].to_vector<double>();
    for (size_t i = 0; i < now.size(); ++i)
      if (now[i] != before[i]) changed_.see(now[i]);
  }
}

void Comparison::leave_out(const std::string& what, int64_t entries) {
  add_left_out(result_.left_out, what);
  result_.left_out_count += entries;
}

void Comparison::weigh(const GradEntry& entry) {
  bool first = result_.checked++ == 0;
  bool good = entry.error() <= entry.allowed;  // false for NaN
  if (!good && result_.wrong_count++ < options_.max_wrong) result_.wrong.push_back(entry);
  double now = entry.error() / entry.allowed, worst = result_.worst.error() / result_.worst.allowed;
  if (first || std::isnan(now) || now > worst) result_.worst = entry;
}

void Comparison::input(const GradcheckInput& input, const Tensor& analytic) {
  if (!is_checked(input)) return leave_out(text(input.name, " (", name(input.tensor.dtype()), ")"), 0);
  if (!has_entries_) return;
  int64_t numel = input.tensor.numel();
  if (input.constant_row >= 0)
    leave_out(text("row ", input.constant_row, " of ", input.name), numel / input.tensor.size(0));
  for (int64_t i = 0; i < numel; ++i) {
    Shape index = unravel(i, input.tensor.shape());
    gradient_.see(analytic.data<double>()[i]);
    GradEntry entry{result_.worst.op, input.name, index, analytic.data<double>()[i]};
    if (input.constant_row < 0 || index[0] != input.constant_row)
      differences(entry, element<double>(input.tensor, index));
    else if (entry.analytic != 0)
      weigh(entry);
  }
}

double Comparison::at(double& x, double value, const GradEntry& entry) {
  Nudge nudge(x, value);
  Outputs y = f_();
  see_precision(y);
  return product_sum(y, [&] { return text(" where ", place_of(entry), " is ", value); });
}

void Comparison::differences(GradEntry entry, double& x) {
  double h = 1e-5 * std::max(1.0, std::abs(x));
  entry.numeric = (at(x, x + h, entry) - at(x, x - h, entry)) / (2 * h);
  entry.allowed = options_.atol + options_.rtol * std::abs(entry.numeric);
  if (!(entry.error() <= entry.allowed)) {
    if (is_kink(entry, x, h)) return leave_out("kink at " + place_of(entry), 1);
    if (is_jump(entry, x, h)) return leave_out("jump at " + place_of(entry), 1);
  }
  has_slope_ = has_slope_ || entry.numeric != 0;
  weigh(entry);
}

// Where the slopes to the left and to the right differ by far more than curvature explains is a
// kink; a gradient between the two is right, if they stay so at smaller steps: or is itself the
// slope there, where the kink is beside x.
bool Comparison::is_kink(const GradEntry& entry, double& x, double h) {
  auto left = [&](double step) { return (middle_ - at(x, x - step, entry)) / step; };
  auto right = [&](double step) { return (at(x, x + step, entry) - middle_) / step; };
  double below = left(h), above = right(h), size = std::max({std::abs(below), std::abs(above), 1e-3});
  double gap = std::abs(above - below), found = entry.analytic;
  if (!(gap > 1e-2 * size && found >= std::min(below, above) - 1e-4 * size &&
        found <= std::max(below, above) + 1e-4 * size))
    return false;
  auto agree = [&](double step, double low, double high, double most) {
    return std::abs(left(step) - low) < most && std::abs(right(step) - high) < most;
  };
  auto beside = [&](double step) { return agree(step, found, found, 1e-3 * size); };
  return (agree(h / 10, below, above, 1e-2 * gap) && agree(h / 100, below, above, 1e-2 * gap)) ||
         beside(h / 100) || beside(h / 1e3) || beside(h / 1e4);
}

// A function whose change over a thousandth of the step is still that over the whole jumps.
bool Comparison::is_jump(const GradEntry& entry, double& x, double h) {
  auto change = [&](double step) { return at(x, x + step, entry) - at(x, x - step, entry); };
  double whole = change(h), tenth = change(h / 10), hundredth = change(h / 100),
         thousandth = change(h / 1000);
  return std::abs(whole) > 1e-6 * std::max(1.0, std::abs(middle_)) &&
         std::abs(tenth) > 0.5 * std::abs(whole) && std::abs(hundredth - tenth) < 0.1 * std::abs(tenth) &&
         std::abs(thousandth - hundredth) < 0.01 * std::abs(hundredth);
}

}  // namespace lexigrad::detail
