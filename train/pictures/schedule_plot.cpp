#include "lexigrad/train/pictures/schedule_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

struct Rate {
  int64_t step;
  double value;
};

std::vector<Rate> sampled(const optim::Schedule& schedule, double lr, int64_t total) {
  constexpr int64_t kMost = 100'000;
  int64_t count = std::min(total, kMost), gaps = std::max<int64_t>(count - 1, 1);
  int64_t whole = (total - 1) / gaps, rest = (total - 1) % gaps;
  std::vector<Rate> out;
  for (int64_t i = 0; i < count; ++i) {
    int64_t step = whole * i + rest * i / gaps;
    out.push_back({step, lr * (schedule ? schedule(step) : 1)});
  }
  return out;
}

// The first of the largest finite ones; the first of all where none is finite.
Rate largest(const std::vector<Rate>& rates) {
  Rate out = rates.front();
  for (const Rate& each : rates)
    if (std::isfinite(each.value) && !(std::isfinite(out.value) && each.value <= out.value)) out = each;
  return out;
}

// Cells of 2 x 4 dots each, as Unicode's braille patterns.
class Dots {
 public:
  Dots(int64_t columns, int64_t rows)
      : columns_(columns), rows_(rows), bits_(static_cast<size_t>(columns * rows)) {}
  int64_t width() const { return 2 * columns_; }
  int64_t height() const { return 4 * rows_; }
  /// Dots of one column, counted from the bottom.
  void fill(int64_t x, int64_t from, int64_t to) {
    constexpr unsigned char kBits[4][2] = {{0x40, 0x80}, {0x04, 0x20}, {0x02, 0x10}, {0x01, 0x08}};
    for (int64_t y = from; y <= to; ++y)
      bits_[static_cast<size_t>((rows_ - 1 - y / 4) * columns_ + x / 2)] |= kBits[y % 4][x % 2];
  }
  /// A row from the top, without the blanks at its end.
  std::string row(int64_t at) const {
    std::string out;
    size_t blanks = 0;
    for (int64_t x = 0; x < columns_; ++x) {
      unsigned char bits = bits_[static_cast<size_t>(at * columns_ + x)];
      if (bits == 0) {
        ++blanks;
        continue;
      }
      out += std::string(std::exchange(blanks, 0), ' ') + "\xe2";
      out += static_cast<char>(0xa0 + (bits >> 6));
      out += static_cast<char>(0x80 + (bits & 0x3f));
    }
    return out;
  }

 private:
  int64_t columns_, rows_;
  std::vector<unsigned char> bits_;
};

// One column of dots after another; each reaches from where the one before has ended.
void draw_curve(Dots& dots, const std::vector<Rate>& rates, double top) {
  auto count = static_cast<int64_t>(rates.size()), last = int64_t{-1};
  for (int64_t x = 0; x < dots.width(); ++x) {
    int64_t begin = x * count / dots.width(), end = std::max(begin + 1, (x + 1) * count / dots.width());
    for (int64_t i = begin; i < end; ++i) {
      double rate = rates[static_cast<size_t>(i)].value;
      if (!std::isfinite(rate)) continue;
      double height = top > 0 ? std::clamp(rate / top, 0.0, 1.0) : 0;
      int64_t y = std::llround(height * static_cast<double>(dots.height() - 1));
      int64_t from = last < 0 ? y : y > last ? last + 1 : y < last ? last - 1 : y;
      dots.fill(x, std::min(from, y), std::max(from, y));
      last = y;
    }
  }
}

std::string in_step(const char* what, const Rate& rate) {
  return fmt::format("{} {:.4g} in step {}", what, rate.value, rate.step);
}

}  // namespace

std::string draw_schedule(const optim::Schedule& schedule, double lr, int64_t total, int64_t columns,
                          int64_t rows) {
  check(total >= 1 && rows >= 1 && columns >= 40, "schedule", "total, rows and columns are ", total, ", ",
        rows, " and ", columns, " (valid are 1, 1, 40 and more)");
  std::vector<Rate> rates = sampled(schedule, lr, total);
  Rate most = largest(rates);
  std::string top = fmt::format("{:.4g}", most.value), end = fmt::format("{}", total - 1);
  auto label = static_cast<int64_t>(top.size());
  Dots dots(columns - label - 2, rows);
  draw_curve(dots, rates, most.value);
  std::string out;
  for (int64_t row = 0; row < rows; ++row)
    out += fmt::format("{:>{}} {}{}\n",
                       row == 0          ? top
                       : row + 1 == rows ? "0"
                                         : "",
                       label, row == 0 || row + 1 == rows ? "┤" : "│", dots.row(row));
  out += fmt::format("{:{}}0{:>{}}\n", "", label + 2, end, columns - label - 3);
  std::string line = in_step("first", rates.front());
  for (const std::string& more : {in_step("most", most), in_step("last", rates.back())}) {
    bool fits = line.size() + more.size() + 2 <= static_cast<size_t>(columns);
    out += fits ? "" : line + "\n";
    line = fits ? line + ", " + more : more;
  }
  return out + line + "\n";
}

}  // namespace lexigrad::train
