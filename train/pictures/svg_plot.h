// Line charts as SVG, without any dependency: panels under each other, labels beside the curves.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace lexigrad::train {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< (x, y); where one is not finite the point is left out
  bool dashed = false;
};

/// A horizontal line to compare curves with.
struct Reference {
  std::string name;
  double y;
};

struct Panel {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  std::vector<Reference> references;
};

/// The picture as SVG text: the same bytes for the same panels. Names may hold any bytes.
std::string svg_plot(const std::vector<Panel>& panels);

/// Writes it to a file, atomically.
void save_svg_plot(const std::string& path, const std::vector<Panel>& panels);

}  // namespace lexigrad::train
