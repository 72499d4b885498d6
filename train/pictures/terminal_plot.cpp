#include "lexigrad/train/pictures/terminal_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

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
void draw_curve(Dots& dots, const std::vector<double>& values, double low, double high) {
  auto count = static_cast<int64_t>(values.size()), last = int64_t{-1};
  for (int64_t x = 0; x < dots.width(); ++x) {
    int64_t begin = x * count / dots.width(), end = std::max(begin + 1, (x + 1) * count / dots.width());
    for (int64_t i = begin; i < end; ++i) {
      double value = values[static_cast<size_t>(i)];
      if (!std::isfinite(value)) continue;
      double height = high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0;
      int64_t y = std::llround(height * static_cast<double>(dots.height() - 1));
      int64_t from = last < 0 ? y : y > last ? last + 1 : y < last ? last - 1 : y;
      dots.fill(x, std::min(from, y), std::max(from, y));
      last = y;
    }
  }
}

}  // namespace

std::string terminal_plot(const std::vector<double>& values, double low, double high, const TerminalAxis& y,
                          const TerminalAxis& x, int64_t columns, int64_t rows) {
  auto label = static_cast<int64_t>(std::max(y.low.size(), y.high.size()));
  check(rows >= 1 && columns >= label + 12, "plot", "rows and columns are ", rows, " and ", columns,
        " (valid are 1, ", label + 12, " and more)");
  Dots dots(columns - label - 2, rows);
  draw_curve(dots, values, low, high);
  std::string out;
  for (int64_t row = 0; row < rows; ++row)
    out += fmt::format("{:>{}} {}{}\n",
                       row == 0          ? y.high
                       : row + 1 == rows ? y.low
                                         : "",
                       label, row == 0 || row + 1 == rows ? "┤" : "│", dots.row(row));
  return out + fmt::format("{:{}}{}{:>{}}\n", "", label + 2, x.low, x.high,
                           columns - label - 2 - static_cast<int64_t>(x.low.size()));
}

}  // namespace lexigrad::train
