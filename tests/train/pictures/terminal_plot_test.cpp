#include "lexigrad/train/pictures/terminal_plot.h"

#include <cmath>

#include "catch.h"
#include "support/throws.h"

using namespace lexigrad;
using namespace lexigrad::train;

TEST_CASE("a curve in a terminal begins at its own lowest, between labels", "[terminal_plot]") {
  std::vector<double> rising;
  for (int i = 0; i < 20; ++i) rising.push_back(5 + i / 19.0);
  CHECK(terminal_plot(rising, 5, 6, {"5", "6.0"}, {"a", "z"}, 15, 2) ==
        "6.0 ┤     ⣀⡠⠔⠒⠉\n"
        "  5 ┤⣀⠤⠔⠊⠉\n"
        "     a        z\n");
}

TEST_CASE("what is outside is at the edge, what is no number has no dot", "[terminal_plot]") {
  const double nan = std::nan("");
  CHECK(terminal_plot({nan, nan, -9, -9, nan, nan, 99, 99}, 0, 1, {"0", "1"}, {"", ""}, 13, 1) ==
        "1 ┤  ⢀⣀⣀  ⠸⠉⠉\n" + std::string(13, ' ') + "\n");
  CHECK_THAT(message_of([] {
               terminal_plot({1}, 0, 1, {"0", "1"}, {"", ""}, 12, 1);
             }),
             Catch::StartsWith("[plot] rows and columns are 1 and 12 (valid are 1, 13"));
}
