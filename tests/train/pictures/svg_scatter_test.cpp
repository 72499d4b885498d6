// Scatter pictures: places of points and of their names.
#include "lexigrad/train/pictures/svg_scatter.h"

#include <cmath>
#include <regex>

#include "catch.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

struct Found {
  double x, y;
  std::string name;
};

// What a pattern with x, y and a name finds in a picture.
std::vector<Found> found(const std::string& svg, const std::string& pattern) {
  std::vector<Found> out;
  std::regex each(pattern);
  for (std::sregex_iterator at(svg.begin(), svg.end(), each), end; at != end; ++at)
    out.push_back({std::stod((*at)[1]), std::stod((*at)[2]), (*at)[3]});
  return out;
}

std::vector<Found> dots(const std::string& svg) {
  return found(svg, "cx=\"([-0-9.]+)\" cy=\"([-0-9.]+)\"[^>]*><title>([^<]*)");
}
std::vector<Found> names(const std::string& svg) {
  return found(svg, "class=\"name\" x=\"([-0-9.]+)\" y=\"([-0-9.]+)\"[^>]*>([^<]*)");
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
  CHECK(points[1].x - points[0].x == Approx(2 * (points[0].y - points[2].y)));
  CHECK(points[1].x > points[0].x);
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
    const double half = 7.6 * static_cast<double>(labels[i].name.size()) / 2;
    for (size_t j = 0; j < i; ++j) {
      const double other = 7.6 * static_cast<double>(labels[j].name.size()) / 2;
      INFO(labels[i].name << " and " << labels[j].name);
      CHECK((std::abs(labels[i].x - labels[j].x) > half + other - 0.3 ||
             std::abs(labels[i].y - labels[j].y) > 14.7));
    }
    for (const Found& point : points)
      CHECK((std::abs(labels[i].x - point.x) > half || point.y < labels[i].y - 11 ||
             point.y > labels[i].y + 4));
  }
}
