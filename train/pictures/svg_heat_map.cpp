#include "lexigrad/train/pictures/svg_heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/pictures/xml_text.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kShades = 16, kSide = 180, kGap = 20, kCaption = 34;

struct Range {
  double least, most;
};

Range range_of(const std::vector<double>& values, const std::string& title) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  check(!finite.empty(), "svg_heat_maps", "\"", title, "\" holds no finite number");
  auto [least, most] = std::minmax_element(finite.begin(), finite.end());
  return {*least, *most};
}

// From near white to dark blue.
std::string colour(int64_t shade) {
  double t = static_cast<double>(shade) / (kShades - 1);
  auto mix = [t](int from, int to) { return static_cast<int>(std::lround(from + t * (to - from))); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0xf2, 0x08), mix(0xf6, 0x30), mix(0xfb, 0x6b));
}

// One path for each shade: runs of neighbours in a row are one rectangle.
std::string cells(const HeatMap& map, const std::vector<double>& values, Range range) {
  int64_t rows = map.values.size(0), columns = map.values.size(1);
  double width = static_cast<double>(kSide) / static_cast<double>(columns),
         height = static_cast<double>(kSide) / static_cast<double>(rows), spread = range.most - range.least;
  std::vector<std::string> paths(kShades);
  auto shade = [&](int64_t r, int64_t c) {
    double v = values[static_cast<size_t>(r * columns + c)];
    if (!std::isfinite(v)) return int64_t{-1};
    return spread > 0 ? std::min(static_cast<int64_t>((v - range.least) / spread * kShades), kShades - 1) : 0;
  };
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0, end; c < columns; c = end) {
      int64_t s = shade(r, c);
      for (end = c + 1; end < columns && shade(r, end) == s;) ++end;
      if (s >= 0)
        paths[static_cast<size_t>(s)] +=
            fmt::format("M{:.4g} {:.4g}h{:.4g}v{:.4g}h{:.4g}z", static_cast<double>(c) * width,
                        static_cast<double>(r) * height, static_cast<double>(end - c) * width, height,
                        static_cast<double>(c - end) * width);
    }
  std::string out;
  for (int64_t s = 0; s < kShades; ++s)
    if (!paths[static_cast<size_t>(s)].empty())
      out += fmt::format("<path fill=\"{}\" d=\"{}\"/>\n", colour(s), paths[static_cast<size_t>(s)]);
  return out;
}

}  // namespace

std::string svg_heat_maps(const std::vector<HeatMap>& maps, int64_t columns) {
  check(columns > 0 && !maps.empty(), "svg_heat_maps", "Needs at least one map and one column, got ",
        maps.size(), " and ", columns);
  int64_t count = static_cast<int64_t>(maps.size()), across = std::min(columns, count),
          down = (count + columns - 1) / columns;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"12\" shape-rendering=\"crispEdges\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      across * (kSide + kGap) + kGap, down * (kSide + kGap + kCaption) + kGap);
  for (int64_t i = 0; i < count; ++i) {
    const HeatMap& map = maps[static_cast<size_t>(i)];
    check(map.values.rank() == 2 && map.values.numel() > 0, "svg_heat_maps", "\"", map.title,
          "\" is no matrix but ", map.values.shape());
    std::vector<double> values = map.values.to_vector<double>();
    Range range = range_of(values, map.title);
    out += fmt::format(
        "<g transform=\"translate({},{})\">\n<text y=\"0\">{}</text>\n<text y=\"14\" fill=\"#666\" "
        "font-size=\"10\">{:.3g} to {:.3g}</text>\n<g transform=\"translate(0,20)\">\n{}</g></g>\n",
        kGap + i % columns * (kSide + kGap), kGap + 12 + i / columns * (kSide + kGap + kCaption),
        xml_text(map.title), range.least, range.most, cells(map, values, range));
  }
  return out + "</svg>\n";
}

void save_svg_heat_maps(const std::string& path, const std::vector<HeatMap>& maps, int64_t columns) {
  write_file_atomically(path, svg_heat_maps(maps, columns));
}

}  // namespace lexigrad::train
