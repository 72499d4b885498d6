#include "lexigrad/train/pictures/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

// The y of every text of that class, in the order of the file.
std::vector<double> heights(const std::string& svg, const std::string& kind) {
  std::vector<double> out;
  std::regex place("<text class=\"" + kind + "\"[^>]* y=\"([-0-9.]+)\"");
  for (std::sregex_iterator it(svg.begin(), svg.end(), place), end; it != end; ++it)
    out.push_back(std::stod((*it)[1]));
  return out;
}

// Empty where tags are closed in order and no bare < or & is in the text, else what is wrong.
std::string xml_trouble(const std::string& xml) {
  std::vector<std::string> open;
  for (size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&' && !std::regex_search(xml.substr(at, 7), std::regex("^&(amp|lt|gt|quot);")))
      return "bare &: " + xml.substr(at, 20);
    if (static_cast<unsigned char>(xml[at]) < 0x20 && xml[at] != '\n') return "control character";
    if (xml[at] != '<') continue;
    size_t end = xml.find('>', at);
    if (end == std::string::npos) return "tag without end";
    std::string tag = xml.substr(at + 1, end - at - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2) return "quotes: " + tag;
    std::string name = tag.substr(0, tag.find(' '));
    if (tag[0] == '/' && (open.empty() || open.back() != tag.substr(1))) return "closes " + tag;
    if (tag[0] == '/')
      open.pop_back();
    else if (tag.back() != '/')
      open.push_back(name);
    at = end;
  }
  return open.empty() ? "" : "open " + open.back();
}

Panel losses() {
  Series training{"training", {}}, held_out{"held-out", {}, true};
  for (int step = 0; step <= 100; ++step) training.points.emplace_back(step, 2 + 5 * std::exp(-step / 20.0));
  for (int step = 0; step <= 100; step += 20)
    held_out.points.emplace_back(step, 2.1 + 5 * std::exp(-step / 22.0));
  return {"Loss", "step", "nats", {training, held_out}, {{"ln V", std::log(2000)}, {"bigram", 2.2}}};
}

}  // namespace

TEST_CASE("a picture has a line for every series, its points, and labels with the last values") {
  std::string svg = svg_plot({losses(), losses()});
  REQUIRE(xml_trouble(svg) == "");
  REQUIRE(count(svg, "<polyline") == 4);
  REQUIRE(count(svg, "stroke-dasharray=\"7 4\"") == 2);
  REQUIRE(count(svg, "<line class=\"reference\"") == 4);
  std::smatch points;
  REQUIRE(std::regex_search(svg, points, std::regex("<polyline[^>]* points=\"([^\"]*)\"")));
  REQUIRE(count(points[1], ",") == 101);
  REQUIRE_THAT(svg, Contains(">training\u00a0\u00a02.03</text>"));
  REQUIRE_THAT(svg, Contains(">ln V\u00a0\u00a07.60</text>"));
  REQUIRE(svg == svg_plot({losses(), losses()}));
}

TEST_CASE("points are where the axes say") {
  Panel panel{"", "", "", {{"a", {{0, 0}, {50, 5}, {100, 10}}}}, {}};
  std::string svg = svg_plot({panel});
  // x: 0 at the first tick mark, 100 at the last; the middle point lies half way in both directions.
  std::smatch m;
  REQUIRE(std::regex_search(
      svg, m, std::regex("points=\"([0-9.]+),([0-9.]+) ([0-9.]+),([0-9.]+) ([0-9.]+),([0-9.]+)\"")));
  auto at = [&](int i) { return std::stod(m[i]); };
  REQUIRE(at(3) == Approx((at(1) + at(5)) / 2).margin(0.11));
  REQUIRE(at(4) == Approx((at(2) + at(6)) / 2).margin(0.11));
  REQUIRE(at(2) > at(6));
  auto tick = [&](const std::string& words) {
    std::smatch t;
    REQUIRE(std::regex_search(
        svg, t, std::regex("class=\"tick\" x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>" + words + "<")));
    return std::pair(std::stod(t[1]), std::stod(t[2]));
  };
  REQUIRE(tick("100").first == Approx(at(5)).margin(0.11));
  REQUIRE(tick("10").second - 4 == Approx(at(6)).margin(0.11));
  REQUIRE(tick("8").second - 4 == Approx(at(2) + 0.8 * (at(6) - at(2))).margin(0.21));
}

TEST_CASE("labels never cover each other and stay inside the panel") {
  for (double crowded : {0.0, 0.5, 1.0}) {
    Panel panel{"", "", "", {}, {}};
    for (int i = 0; i < 20; ++i)
      panel.series.push_back({std::to_string(i), {{0, 0}, {1, i == 0 ? 1 - crowded : crowded}}});
    std::string svg = svg_plot({panel});
    std::vector<double> all = heights(svg, "name");
    REQUIRE(all.size() == 20);
    for (size_t i = 1; i < all.size(); ++i) REQUIRE(all[i] - all[i - 1] > 18);
    std::smatch height;
    REQUIRE(std::regex_search(svg, height, std::regex("height=\"([0-9.]+)\"")));
    REQUIRE(all.front() > 54);
    REQUIRE(all.back() < std::stod(height[1]) - 51);
  }
}

TEST_CASE("nothing, one point, equal values and what is not finite are drawn as far as they go") {
  double nan = std::nan(""), inf = INFINITY;
  REQUIRE_THAT(svg_plot({{"empty", "", "", {{"a", {}}}, {}}}), Contains(">no data yet</text>"));
  REQUIRE(xml_trouble(svg_plot({})) == "");
  std::string one = svg_plot({{"", "", "", {{"a", {{3, 5}}}, {"b", {{nan, 1}, {1, inf}}}}, {{"r", nan}}}});
  REQUIRE(count(one, "<circle") == 1);
  REQUIRE(count(one, "<polyline") == 0);
  REQUIRE(heights(one, "name").size() == 1);
  std::string gap = svg_plot({{"", "", "", {{"a", {{0, 1}, {1, nan}, {2, 1}, {3, -inf}, {4, 1}}}}, {}}});
  std::smatch points;
  REQUIRE(std::regex_search(gap, points, std::regex("points=\"([^\"]*)\"")));
  REQUIRE(count(points[1], ",") == 3);
  for (double scale : {1e-300, 1e-9, 1e9, 1e17, 1e299}) {
    std::string svg = svg_plot({{"", "", "", {{"a", {{0, scale}, {scale, 3 * scale}}}}, {}}});
    REQUIRE(xml_trouble(svg) == "");
    REQUIRE(svg.find("nan") == std::string::npos);
    REQUIRE(svg.find("inf") == std::string::npos);
    REQUIRE(count(svg, "class=\"grid\"") >= 3);
    REQUIRE(count(svg, "class=\"grid\"") < 12);
  }
  REQUIRE(count(svg_plot({{"", "", "", {{"a", {{0, 1e16}, {1, 1e16 + 2}}}}, {}}}), "<polyline") == 1);
}

TEST_CASE("names of any bytes make well-formed XML in UTF-8") {
  std::string name = "<b> & \"q\" \xff\x01\n猫 ";
  std::string svg = svg_plot({{name, name, name, {{name, {{0, 1}, {1, 2}}}}, {{name, 1}}}});
  REQUIRE(xml_trouble(svg) == "");
  REQUIRE(count(svg, "&lt;b&gt; &amp; &quot;q&quot; \xEF\xBF\xBD\xEF\xBF\xBD 猫 ") == 6);
  std::string cut = svg_plot({{"", "", "", {{std::string(100, 'w'), {{0, 1}}}}, {}}});
  REQUIRE_THAT(cut, Contains(">" + std::string(32, 'w') + "…"));
}

TEST_CASE("ticks carry units that fit their axis") {
  auto ticks = [](double high) { return svg_plot({{"", "", "", {{"a", {{0, 0}, {high, 1}}}}, {}}}); };
  REQUIRE_THAT(ticks(100), Contains(">20</text>") && Contains(">100</text>"));
  REQUIRE_THAT(ticks(40000), Contains(">0</text>") && Contains(">5k</text>") && Contains(">40k</text>"));
  REQUIRE_THAT(ticks(2e6), Contains(">0</text>") && Contains(">0.5M</text>") && Contains(">2.0M</text>"));
  REQUIRE_THAT(ticks(2e-5), Contains(">5e-06</text>") && Contains(">2e-05</text>"));
}

TEST_CASE("a picture is saved as a file") {
  Folder folder;
  save_svg_plot(folder / "loss.svg", {losses()});
  REQUIRE(slurp(folder / "loss.svg") == svg_plot({losses()}));
  REQUIRE_THROWS_AS(save_svg_plot(folder / "no/loss.svg", {losses()}), FileError);
}
