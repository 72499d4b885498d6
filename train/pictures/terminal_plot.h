// A curve in a terminal.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lexigrad::train {

/// The ends of an axis: numbers, and what stands there.
struct TerminalAxis {
  std::string low, high;
};

/// `values`, one after another from left to right, as a curve of `rows` lines in dots of braille, `low` at the bottom
/// and `high` at the top, with a line for the axis below it. Values outside are drawn at the edge; one that is not
/// finite has no dot. No line has more than `columns` characters. Throws where rows < 1, or columns leave less than
/// 10 characters beside the labels.
std::string terminal_plot(const std::vector<double>& values, double low, double high, const TerminalAxis& y,
                          const TerminalAxis& x, int64_t columns, int64_t rows);

}  // namespace lexigrad::train
