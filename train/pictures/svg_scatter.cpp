#include "lexigrad/train/pictures/svg_scatter.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/pictures/xml_text.h"

namespace lexigrad::train {
namespace {

constexpr double kWidth = 960, kLeft = 70, kTop = 60, kBottom = 60, kLeast = 300, kMost = 800;  // pixels
constexpr double kDot = 4, kLine = 15, kColumn = 7.6;  // a point's radius, the height and a column of a name
constexpr double kReach[] = {8, 24, 44, 70};           // from a point to its name, the nearest that is free

double rounded(double value) { return std::round(value * 10) / 10; }

struct Box {
  double left, top, width, height;
  double overlap(const Box& other) const {
    const double w = std::min(left + width, other.left + other.width) - std::max(left, other.left);
    const double h = std::min(top + height, other.top + other.height) - std::max(top, other.top);
    return w > 0 && h > 0 ? w * h : 0;
  }
};

struct Mark {
  std::string label, name;
  double x, y;
  Box box;
  bool far = false;
};

class Drawer {
 public:
  explicit Drawer(const Scatter& scatter) {
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    auto drawable = [](const ScatterPoint& p) { return std::abs(p.x) < 1e300 && std::abs(p.y) < 1e300; };
    for (const ScatterPoint& p : scatter.points)
      if (drawable(p)) {
        low_x = std::min(low_x, p.x), high_x = std::max(high_x, p.x);
        low_y = std::min(low_y, p.y), high_y = std::max(high_y, p.y);
      }
    const double across = kWidth - 2 * kLeft, span_x = high_x - low_x, span_y = high_y - low_y;
    height_ = span_x > 0 ? std::clamp(across * span_y / span_x, kLeast, kMost) : kLeast;
    double scale = std::min(across / span_x, height_ / span_y);  // of a span of 0: infinity
    if (!std::isfinite(scale)) scale = 0;
    for (const ScatterPoint& p : scatter.points)
      if (drawable(p))
        marks_.push_back({.label = xml_text(p.name, 32),
                          .name = xml_text(p.name),
                          .x = kWidth / 2 + scale * (p.x - low_x - span_x / 2),
                          .y = kTop + height_ / 2 - scale * (p.y - low_y - span_y / 2),
                          .box = {}});
    for (int round = 0; round < 4; ++round)  // each name among those of the round before
      for (Mark& mark : marks_) place(mark);
  }

  double bottom() const { return kTop + height_ + kBottom; }
  std::string draw(const Scatter& scatter) const {
    std::string out = text("<text class=\"title\" x=\"", kLeft, "\" y=\"28\">", xml_text(scatter.title),
                           "</text>\n<text class=\"label\" x=\"", kWidth / 2, "\" y=\"",
                           rounded(bottom() - 14), "\" text-anchor=\"middle\">", xml_text(scatter.x_label),
                           "</text>\n<text class=\"label\" transform=\"rotate(-90 20 ",
                           rounded(kTop + height_ / 2), ")\" x=\"20\" y=\"", rounded(kTop + height_ / 2),
                           "\" text-anchor=\"middle\">", xml_text(scatter.y_label), "</text>\n");
    for (const Mark& mark : marks_)
      if (mark.far)
        out += text("<path d=\"M", rounded(mark.x), ' ', rounded(mark.y), 'L',
                    rounded(std::clamp(mark.x, mark.box.left, mark.box.left + mark.box.width)), ' ',
                    rounded(std::clamp(mark.y, mark.box.top, mark.box.top + mark.box.height)), "\"/>\n");
    for (const Mark& mark : marks_) out += point_text(mark);
    return out;
  }

 private:
  // A point and its name, which begins, ends or has its middle at the side of its box that is next to the point.
  static std::string point_text(const Mark& mark) {
    constexpr const char* anchors[] = {"start", "middle", "end"};
    const int side = mark.box.left > mark.x ? 0 : mark.box.left + mark.box.width < mark.x ? 2 : 1;
    return text("<circle cx=\"", rounded(mark.x), "\" cy=\"", rounded(mark.y), "\" r=\"", kDot, "\"><title>",
                mark.name, "</title></circle>\n<text class=\"name\" x=\"",
                rounded(mark.box.left + mark.box.width * side / 2), "\" y=\"",
                rounded(mark.box.top + kLine - 4), "\" text-anchor=\"", anchors[side], "\">", mark.label,
                "</text>\n");
  }
  // What a name at `box` would cover of other names and of points, or of the outside.
  double covered(const Mark& mark, const Box& box) const {
    const double inside = box.overlap({32, kTop - 24, kWidth - 36, height_ + 48});
    double sum = 4 * (box.width * box.height - inside);
    for (const Mark& other : marks_) {
      if (&other != &mark) sum += box.overlap(other.box);
      sum += box.overlap({other.x - kDot, other.y - kDot, 2 * kDot, 2 * kDot});
    }
    return sum;
  }
  // The place that covers least, of equals the nearest; right of the point is tried first.
  void place(Mark& mark) {
    constexpr double sides[][2] = {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, -1}, {1, 1}, {-1, -1}, {-1, 1}};
    const double width = kColumn * text_columns(mark.label);
    double least = INFINITY;
    Box best{};
    bool far = false;
    for (double reach : kReach)
      for (auto [right, down] : sides) {
        const double step = right != 0 && down != 0 ? 0.7 * reach : reach;
        const Box box{mark.x + right * (step + width / 2) - width / 2,
                      mark.y + down * (step + kLine / 2) - kLine / 2, width, kLine};
        if (const double cost = covered(mark, box); cost < least - 1e-9)
          least = cost, best = box, far = reach > kReach[0];
      }
    mark.box = best, mark.far = far;
  }

  double height_ = 0;
  std::vector<Mark> marks_;
};

constexpr const char* kStyle =
    "<style>text{font-family:'DejaVu Sans',Verdana,Helvetica,Arial,sans-serif}.title{font-size:16px;"
    "font-weight:bold;fill:#222}.label{font-size:13px;fill:#333}.name{font-size:13px;fill:#222}"
    "circle{fill:#0b6fb8}path{stroke:#888;fill:none}</style>\n";

}  // namespace

std::string svg_scatter(const Scatter& scatter) {
  const Drawer drawer(scatter);
  const double bottom = rounded(drawer.bottom());
  return text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", kWidth, "\" height=\"", bottom,
              "\" viewBox=\"0 0 ", kWidth, ' ', bottom, "\" role=\"img\">\n", kStyle,
              "<rect width=\"100%\" height=\"100%\" fill=\"#fdfdfb\"/>\n", drawer.draw(scatter), "</svg>\n");
}

void save_svg_scatter(const std::string& path, const Scatter& scatter) {
  write_file_atomically(path, svg_scatter(scatter));
}

}  // namespace lexigrad::train
