// Heat maps: cells by value, each map on its own scale.
#include "lexigrad/train/pictures/svg_heat_map.h"

#include <cmath>

#include "catch.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

TEST_CASE("svg_heat_maps draws the least lightest and the most darkest, and joins equal neighbours") {
  std::string svg = train::svg_heat_maps({{"a < b", tensor({{0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}})}});
  CHECK_THAT(svg, Contains("a &lt; b"));
  CHECK_THAT(svg, Contains("0 to 1"));
  // Cells are 60 wide and 90 high: in the light path a run of two in each row, in the dark one two cells.
  CHECK_THAT(svg, Contains("<path fill=\"#f2f6fb\" d=\"M0 0h120v90h-120zM60 90h120v90h-120z\"/>"));
  CHECK_THAT(svg, Contains("<path fill=\"#08306b\" d=\"M120 0h60v90h-60zM0 90h60v90h-60z\"/>"));
}

TEST_CASE("svg_heat_maps leaves out what is not finite, and says what is no map") {
  Tensor values = tensor({{0.0, 2.0}});
  values.data<float>()[0] = NAN;
  CHECK_THAT(train::svg_heat_maps({{"x", values}}), Contains("2 to 2") && !Contains("M0 0h"));
  CHECK_THROWS_WITH(train::svg_heat_maps({{"x", ones({3})}}), "[svg_heat_maps] \"x\" is no matrix but [3]");
  CHECK_THROWS_WITH(train::svg_heat_maps({{"x", full({1, 1}, INFINITY)}}),
                    "[svg_heat_maps] \"x\" holds no finite number");
  CHECK_THROWS_WITH(train::svg_heat_maps({}),
                    "[svg_heat_maps] Needs at least one map and one column, got 0 and 4");
}

TEST_CASE("titles of any bytes are XML text, in maps as in plots") {
  std::string svg = train::svg_heat_maps({{"<b> & \xff\x1b \u732b", ones({2, 2})}});
  CHECK(svg.find("&lt;b&gt; &amp; \xEF\xBF\xBD\xEF\xBF\xBD \u732b") != std::string::npos);
}
