#include "lexigrad/train/pictures/svg_plot.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/pictures/xml_text.h"

namespace lexigrad::train {
namespace {

using Points = std::vector<std::pair<double, double>>;

constexpr double kWidth = 960, kLeft = 76, kTop = 54, kBottom = 56, kPlotHeight = 270, kLabelGap = 19;
constexpr const char* kColors[] = {"#0b6fb8", "#d1540a", "#0a8a63", "#a8438f",
                                   "#8a6d00", "#5b5bd6", "#b3261e", "#4b6b7a"};
constexpr const char* kReferenceColor = "#6b6b6b";

// ---- text and numbers

std::string fixed(double value, int decimals) {
  char buffer[400];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr;
  std::string out(buffer, end);
  return out.find_first_of("123456789") == std::string::npos && out[0] == '-' ? out.substr(1)
                                                                              : out;  // no -0.0
}

std::string pixels(double value) { return fixed(value, 1); }

std::string three_digits(double value) {
  char buffer[64];
  auto magnitude = std::abs(value);
  if (magnitude == 0) return "0";
  bool plain = magnitude >= 1e-3 && magnitude < 1e6;
  if (plain) return fixed(value, magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.1 ? 2 : 4);
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 3).ptr};
}

// ---- axes

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double size() const { return std::max(std::abs(low), std::abs(high)); }
  // Something that can be divided, also where there is no value or only one.
  Range usable(double padding) const {
    if (low > high) return {0, 1};
    double pad = std::max(0.5, 0.1 * size());
    if (high - low <= 1e-9 * size()) return {low - pad, high + pad};
    return {low - padding * (high - low), high + padding * (high - low)};
  }
};

// The step of 1, 2 or 5 times a power of ten that cuts the range into at most `most` parts.
double tick_step(const Range& range, int most) {
  double raw = (range.high - range.low) / most, power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

// `size` is the largest value on the axis: all its ticks get the same unit.
std::string tick_text(double value, double step, double size) {
  if (size >= 1e9 || step < 1e-3) return std::abs(value) < step / 2 ? "0" : three_digits(value);
  double unit = size >= 1e6 ? 1e6 : size >= 1e4 ? 1e3 : 1;
  const char* sign = unit == 1e6 ? "M" : unit == 1e3 ? "k" : "";
  if (std::abs(value) < step / 2 && unit > 1) return "0";
  return fixed(value / unit, std::max(0, static_cast<int>(std::ceil(-std::log10(step / unit) - 1e-9)))) +
         sign;
}

std::vector<double> ticks(const Range& range, double step) {
  std::vector<double> out;
  for (double k = std::ceil(range.low / step - 1e-9); k <= range.high / step + 1e-9; ++k)
    out.push_back(k * step);
  return out;
}

// ---- one panel

bool drawable(double value) { return std::abs(value) < 1e300; }  // false for NaN

Points drawable_points(const Points& points) {
  Points out;
  for (auto [x, y] : points)
    if (drawable(x) && drawable(y)) out.emplace_back(x, y);
  return out;
}

// A name beside the end of what it names.
struct Label {
  std::string text, color;
  double want, y;
};

// Moves labels apart, so that none covers another and all stay between top and bottom.
void spread(std::vector<Label>& labels, double top, double bottom) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.want < b.want; });
  double next = top;
  for (Label& label : labels) {
    label.y = std::max(label.want, next);
    next = label.y + kLabelGap;
  }
  double last = bottom;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->y = std::min(label->y, last);
    last = label->y - kLabelGap;
  }
}

class PanelDrawer {
 public:
  PanelDrawer(const Panel& panel, double top) : panel_(panel), top_(top + kTop) {
    for (const Series& series : panel.series) curves_.push_back(drawable_points(series.points));
    for (const Points& curve : curves_)
      for (auto [x, y] : curve) x_.add(x), y_.add(y);
    for (const Reference& reference : panel.references)
      if (drawable(reference.y)) y_.add(reference.y);
    empty_ = x_.low > x_.high;
    x_ = x_.usable(0);
    y_ = y_.usable(0.05);
    set_labels();
  }

  // Width that the labels need beside the plot.
  double label_width() const {
    double widest = 0;
    for (const Label& label : labels_) widest = std::max(widest, text_columns(label.text));
    return std::clamp(40 + 7.6 * widest, 120.0, 360.0);
  }
  double bottom() const { return top_ + height_ + kBottom; }

  std::string draw(double gutter) {
    gutter_ = gutter;
    place_labels();
    draw_frame();
    for (const Reference& reference : panel_.references)
      if (drawable(reference.y)) draw_reference(reference.y);
    for (size_t i = 0; i < curves_.size(); ++i) draw_curve(i);
    for (const Label& label : labels_) draw_label(label);
    if (empty_)
      add_text((left() + right()) / 2, top_ + height_ / 2, "middle", "no data yet", "class=\"tick\"");
    return std::move(out_);
  }

 private:
  double left() const { return kLeft; }
  double right() const { return kWidth - gutter_; }
  double x(double value) const { return left() + (value - x_.low) / (x_.high - x_.low) * (right() - left()); }
  double y(double value) const { return top_ + (y_.high - value) / (y_.high - y_.low) * height_; }
  static const char* color(size_t i) { return kColors[i % std::size(kColors)]; }

  void set_labels() {
    for (size_t i = 0; i < curves_.size(); ++i)
      if (!curves_[i].empty()) add_label(panel_.series[i].name, curves_[i].back().second, color(i));
    for (const Reference& reference : panel_.references)
      if (drawable(reference.y)) add_label(reference.name, reference.y, kReferenceColor);
    height_ = std::max(kPlotHeight, kLabelGap * static_cast<double>(labels_.size()));
  }
  void add_label(const std::string& name, double value, const char* color) {
    std::string shown = three_digits(value);
    std::string label = name == shown ? name : xml_text(name, 32) + "\u00a0\u00a0" + shown;
    labels_.push_back({label, color, value, 0});
  }
  void place_labels() {
    for (Label& label : labels_) label.want = y(label.want);
    spread(labels_, top_, top_ + height_);
  }
  void draw_frame() {
    out_ += text("<text class=\"title\" x=\"", pixels(left()), "\" y=\"", pixels(top_ - 22), "\">",
                 xml_text(panel_.title), "</text>\n");
    double y_step = tick_step(y_, 6), x_step = tick_step(x_, 8);
    for (double value : ticks(y_, y_step)) {
      add_line(left(), y(value), right(), y(value), "class=\"grid\"");
      add_text(left() - 8, y(value) + 4, "end", tick_text(value, y_step, y_.size()), "class=\"tick\"");
    }
    for (double value : ticks(x_, x_step)) {
      add_line(x(value), top_ + height_, x(value), top_ + height_ + 5, "class=\"axis\"");
      add_text(x(value), top_ + height_ + 20, "middle", tick_text(value, x_step, x_.size()),
               "class=\"tick\"");
    }
    add_line(left(), top_ + height_, right(), top_ + height_, "class=\"axis\"");
    add_text((left() + right()) / 2, top_ + height_ + 40, "middle", xml_text(panel_.x_label),
             "class=\"label\"");
    std::string turn = text("class=\"label\" transform=\"rotate(-90 20 ", pixels(top_ + height_ / 2), ")\"");
    add_text(20, top_ + height_ / 2, "middle", xml_text(panel_.y_label), turn);
  }
  void draw_reference(double value) {
    add_line(left(), y(value), right(), y(value),
             text("class=\"reference\" stroke=\"", kReferenceColor, "\""));
  }
  void draw_curve(size_t i) {
    const Points& curve = curves_[i];
    std::string title = text("<title>", xml_text(panel_.series[i].name), "</title>");
    if (curve.size() == 1)
      out_ += text("<circle cx=\"", pixels(x(curve[0].first)), "\" cy=\"", pixels(y(curve[0].second)),
                   "\" r=\"4\" fill=\"", color(i), "\">", title, "</circle>\n");
    if (curve.size() < 2) return;
    out_ += text("<polyline stroke=\"", color(i), "\"",
                 panel_.series[i].dashed ? " stroke-dasharray=\"7 4\"" : "", " points=\"");
    for (size_t k = 0; k < curve.size(); ++k)
      out_ += text(k ? " " : "", pixels(x(curve[k].first)), ",", pixels(y(curve[k].second)));
    out_ += text("\">", title, "</polyline>\n");
  }
  void draw_label(const Label& label) {
    out_ += text("<path class=\"leader\" stroke=\"", label.color, "\" d=\"M", pixels(right() + 3), " ",
                 pixels(label.want), "L", pixels(right() + 15), " ", pixels(label.y), "H",
                 pixels(right() + 22), "\"/>\n");
    add_text(right() + 27, label.y + 4.5, "start", label.text,
             text("class=\"name\" fill=\"", label.color, "\""));
  }
  void add_line(double x1, double y1, double x2, double y2, std::string_view attributes) {
    out_ += text("<line ", attributes, " x1=\"", pixels(x1), "\" y1=\"", pixels(y1), "\" x2=\"", pixels(x2),
                 "\" y2=\"", pixels(y2), "\"/>\n");
  }
  void add_text(double x, double y, const char* anchor, std::string_view words, std::string_view attributes) {
    out_ += text("<text ", attributes, " x=\"", pixels(x), "\" y=\"", pixels(y), "\" text-anchor=\"", anchor,
                 "\">", words, "</text>\n");
  }

  const Panel& panel_;
  double top_, height_ = kPlotHeight, gutter_ = 0;
  Range x_, y_;
  bool empty_ = false;
  std::vector<Points> curves_;
  std::vector<Label> labels_;
  std::string out_;
};

constexpr const char* kStyle =
    "<style>text{font-family:'DejaVu Sans',Verdana,Helvetica,Arial,sans-serif}"
    ".title{font-size:16px;font-weight:bold;fill:#222}.label{font-size:13px;fill:#333}.tick{font-size:12px;"
    "fill:#555}"
    ".name{font-size:13px}.grid{stroke:#e7e7e4}.axis{stroke:#888}"
    ".reference{stroke-dasharray:2 4;stroke-width:1.4}.leader{fill:none;stroke-width:1}"
    "polyline{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}</style>\n";

}  // namespace

std::string svg_plot(const std::vector<Panel>& panels) {
  std::vector<PanelDrawer> drawers;
  drawers.reserve(panels.size());
  double bottom = 0, gutter = 0;
  for (const Panel& panel : panels) {
    drawers.emplace_back(panel, bottom);
    bottom = drawers.back().bottom();
    gutter = std::max(gutter, drawers.back().label_width());
  }
  std::string body;
  for (PanelDrawer& drawer : drawers) body += drawer.draw(gutter);
  std::string size = text(pixels(kWidth), " ", pixels(bottom));
  return text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", pixels(kWidth), "\" height=\"",
              pixels(bottom), "\" viewBox=\"0 0 ", size, "\" role=\"img\">\n", kStyle,
              "<rect width=\"100%\" height=\"100%\" fill=\"#fdfdfb\"/>\n", body, "</svg>\n");
}

void save_svg_plot(const std::string& path, const std::vector<Panel>& panels) {
  write_file_atomically(path, svg_plot(panels));
}

}  // namespace lexigrad::train
