// Scatter pictures: places of points and of their names.
#include "lexigrad/train/pictures/svg_scatter.h"

#include <cmath>
#include <regex>

#include "catch.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

struct Found {
  double left, y, right;
};

std::vector<std::smatch> all_of(const std::string& svg, const std::string& pattern) {
  const std::regex each(pattern);
  return {std::sregex_iterator(svg.begin(), svg.end(), each), {}};
}

std::vector<Found> dots(const std::string& svg) {
  std::vector<Found> out;
  for (const std::smatch& at : all_of(svg, "cx=\"([-0-9.]+)\" cy=\"([-0-9.]+)\""))
    out.push_back({std::stod(at[1]), std::stod(at[2]), std::stod(at[1])});
  return out;
}

// Names, each of some 7.6 a letter.
std::vector<Found> names(const std::string& svg) {
  std::vector<Found> out;
  for (const std::smatch& at :
       all_of(svg, "\"name\" x=\"([-0-9.]+)\" y=\"([-0-9.]+)\" text-anchor=\"(\\w+)\">([^<]*)")) {
    const double width = 7.6 * static_cast<double>(at[4].length());
    const double left = std::stod(at[1]) - (at[3] == "start" ? 0 : at[3] == "end" ? width : width / 2);
    out.push_back({left, std::stod(at[2]), left + width});
  }
  return out;
}

}  // namespace

TEST_CASE("svg_scatter draws both axes on one scale, y upwards, and leaves out what is not finite") {
  const std::string svg =
      train::svg_scatter({"a < b",
                          "x & y",
                          "up",
                          {{"o", 0, 0}, {"right", 2, 0}, {"up", 0, 1}, {"no", NAN, 1}, {"far", 1e301, 0}}});
  CHECK_THAT(svg, Contains("a &lt; b") && Contains("x &amp; y") && !Contains("nan") && !Contains("inf"));
  const std::vector<Found> points = dots(svg);
  REQUIRE(points.size() == 3);
  CHECK(points[1].left - points[0].left == Approx(2 * (points[0].y - points[2].y)));
  CHECK(points[1].left > points[0].left);
  CHECK(svg == train::svg_scatter({"a < b", "x & y", "up", {{"o", 0, 0}, {"right", 2, 0}, {"up", 0, 1}}}));
  CHECK_THAT(train::svg_scatter({}), Contains("</svg>"));
  CHECK_THAT(train::svg_scatter({"", "", "", {{"\xff<", 3, 3}}}), Contains("\xEF\xBF\xBD&lt;"));
}

TEST_CASE("names of a crowd cover neither each other nor points") {
  train::Scatter crowd{"", "", "", {}};
  for (int i = 0; i < 30; ++i)
    crowd.points.push_back({"word" + std::to_string(i), i % 6 + 0.13 * i, i / 6 * 0.7 + 0.05 * (i % 4)});
  for (int i = 0; i < 8; ++i) crowd.points.push_back({"near" + std::to_string(i), 3 + 0.02 * i, 1.5});
  const std::string svg = train::svg_scatter(crowd);
  const std::vector<Found> labels = names(svg), points = dots(svg);
  REQUIRE(labels.size() == 38);
  for (size_t i = 0; i < labels.size(); ++i) {
    INFO(i);
    for (size_t j = 0; j < i; ++j)
      CHECK((labels[i].left > labels[j].right - 0.3 || labels[i].right < labels[j].left + 0.3 ||
             std::abs(labels[i].y - labels[j].y) > 14.7));
    for (const Found& point : points)
      CHECK((point.left < labels[i].left || point.left > labels[i].right || point.y < labels[i].y - 11 ||
             point.y > labels[i].y + 4));
  }
}
