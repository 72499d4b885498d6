// Named points as SVG, without any dependency.
#pragma once
#include <string>
#include <vector>

namespace lexigrad::train {

struct ScatterPoint {
  std::string name;  ///< any bytes
  double x, y;
};

struct Scatter {
  std::string title, x_label, y_label;
  std::vector<ScatterPoint> points;
};

/// The picture as SVG text: the same bytes for the same points, x and y on one scale. A name stands beside its point
/// where it covers no other, farther away with a line to it where that is the only place. Points that are not finite
/// are left out.
std::string svg_scatter(const Scatter& scatter);

/// Writes it to a file, atomically.
void save_svg_scatter(const std::string& path, const Scatter& scatter);

}  // namespace lexigrad::train
