// Schedules drawn in a terminal, read back dot by dot.
#include "lexigrad/train/pictures/schedule_plot.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <vector>

#include "catch.h"
#include "lexigrad/train/optim/schedules/schedules.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using train::draw_schedule;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Code points of UTF-8.
std::u32string characters(const std::string& line) {
  std::u32string out;
  for (unsigned char c : line)
    if (c < 0x80)
      out += c;
    else if (c >= 0xc0)
      out += c & 0x0f;  // of three bytes, as all here
    else
      out.back() = out.back() << 6 | (c & 0x3f);
  return out;
}

// Dots of the curve: dots[x] are the heights, from 0 at the bottom, that are set in column x.
std::vector<std::vector<int>> dots_of(const std::string& text, int rows, size_t width) {
  const int kHeight[8] = {3, 2, 1, 3, 2, 1, 0, 0};  // of the pattern's dots 1 to 8
  std::vector<std::vector<int>> dots(width);
  auto lines = lines_of(text);
  for (int row = rows - 1; row >= 0; --row) {
    std::u32string line = characters(lines.at(static_cast<size_t>(row)));
    size_t begin = line.find_first_of(U"┤│") + 1;
    for (size_t i = begin; i < line.size(); ++i) {
      if (line[i] == ' ') continue;
      REQUIRE((line[i] > 0x2800 && line[i] <= 0x28ff));
      for (int dot = 0; dot < 8; ++dot)
        if (line[i] >> dot & 1)
          dots.at(2 * (i - begin) + (dot >= 3 && dot != 6)).push_back(4 * (rows - 1 - row) + kHeight[dot]);
    }
  }
  return dots;
}

}  // namespace

TEST_CASE("a drawn schedule has a dot at the rate of every step, and lines between them", "[schedule plot]") {
  const int steps = 130;  // two a character: 72 columns without "0.003 " and the axis are 65
  const std::pair<optim::Schedule, std::function<double(double)>> cases[] = {
      {optim::linear(steps - 1), [](double s) { return 1 - s / 129; }},
      {optim::cosine(steps - 1, 0.25), [](double s) { return 0.625 + 0.375 * std::cos(M_PI * s / 129); }},
      {optim::step_decay(30, 0.5),
       [](double s) {
         return s < 30 ? 1 : s < 60 ? .5 : s < 90 ? .25 : s < 120 ? .125 : .0625;
       }},
      {optim::warm_up(50), [](double s) { return std::min(1.0, (s + 1) / 51); }},
      {optim::Schedule(), [](double) { return 1.0; }}};
  for (int rows : {1, 3, 8})
    for (const auto& [schedule, formula] : cases) {
      auto dots = dots_of(draw_schedule(schedule, 0.003, steps, 72, rows), rows, steps);
      int before = -1;
      for (int s = 0; s < steps; ++s) {
        int height = static_cast<int>(std::lround(formula(s) * (4 * rows - 1)));
        std::vector<int> expected;
        for (int y = 0; y < 4 * rows; ++y) {
          bool on_the_way = before >= 0 && ((y > before && y < height) || (y < before && y > height));
          if (y == height || on_the_way) expected.push_back(y);
        }
        std::vector<int> drawn = dots[static_cast<size_t>(s)];
        std::sort(drawn.begin(), drawn.end());
        INFO(rows << " rows, step " << s);
        CHECK(drawn == expected);
        before = height;
      }
    }
}

TEST_CASE("a drawn schedule says its first, largest and last rate", "[schedule plot]") {
  optim::Schedule schedule = optim::warm_up(39, optim::cosine(60, 0.1));
  auto lines = lines_of(draw_schedule(schedule, 0.003, 99));
  REQUIRE(lines.size() == 11);
  CHECK(lines[0].starts_with("0.003 ┤"));
  CHECK(lines[1].starts_with("      │"));
  CHECK(lines[7].starts_with("    0 ┤"));
  CHECK(lines[8] == "       0" + std::string(62, ' ') + "98");
  CHECK(lines[9] == "first 7.5e-05 in step 0, most 0.003 in step 39");
  CHECK(lines[10] == "last 0.0003019 in step 98");
  CHECK(lines_of(draw_schedule(schedule, 0.003, 99, 73)).back() == lines[9] + ", " + lines[10]);
}

TEST_CASE("runs of one step and of very many are drawn, whatever the rates", "[schedule plot]") {
  CHECK_THAT(draw_schedule({}, 1, 1), Contains("first 1 in step 0") && Contains("last 1 in step 0"));
  for (int64_t total : {int64_t{2}, int64_t{100'001}, int64_t{1} << 40, INT64_MAX})
    CHECK_THAT(draw_schedule(optim::linear(total - 1), 1, total),
               Contains("first 1 in step 0") && Contains("last 0 in step " + std::to_string(total - 1)));
  CHECK_THAT(draw_schedule(optim::constant(0), 1, 9), Contains("most 0 in step 0"));
  std::string holes = draw_schedule([](int64_t s) { return s == 5 ? 0.5 : NAN; }, 1, 10, 40);
  CHECK_THAT(holes, Contains("first nan in step 0") && Contains("most 0.5 in step 5"));
  auto dots = dots_of(holes, 8, 70);  // 40 columns without "0.5 " and the axis
  for (size_t x = 0; x < dots.size(); ++x) CHECK(dots[x].empty() == (x < 35 || x >= 42));
  CHECK_THAT(draw_schedule([](int64_t) { return NAN; }, 1, 10), Contains("most nan"));
  auto swinging = dots_of(draw_schedule([](int64_t s) { return s % 2 ? 1 : -1.0; }, 1, 72, 40, 1), 1, 74);
  CHECK(swinging[0] == std::vector<int>{0});  // below 0 is at 0
  CHECK_THAT(draw_schedule([](int64_t s) { return s < 4 ? INFINITY : 1.0; }, 1, 9),
             Contains("most 1 in step 4"));
}

TEST_CASE("a drawn schedule keeps to its columns", "[schedule plot]") {
  for (const optim::ScheduleKind& kind : optim::schedules())
    for (int64_t columns : {40, 41, 60, 80, 200})
      for (int64_t total : {int64_t{1}, int64_t{7}, int64_t{3000}, int64_t{1} << 40}) {
        OptionValues options(kind.options);
        options.set("warmup", total / 5);
        std::string text =
            draw_schedule(optim::make_schedule(kind.name, total, options), 1.2345e-5, total, columns);
        INFO(kind.name << " in " << columns << " columns, " << total << " steps\n" << text);
        for (const std::string& line : lines_of(text)) {
          CHECK(characters(line).size() <= static_cast<size_t>(columns));
          CHECK((line.empty() || line.back() != ' '));
        }
      }
}

TEST_CASE("a schedule cannot be drawn without steps, rows or room", "[schedule plot]") {
  const char* says = "[schedule] total, rows and columns are ";
  CHECK_THAT(message_of([] { draw_schedule({}, 1, 0); }), Contains(says + std::string("0, 8 and 72")));
  CHECK_THAT(message_of([] { draw_schedule({}, 1, 1, 39); }), Contains(says + std::string("1, 8 and 39")));
  CHECK_THAT(message_of([] { draw_schedule({}, 1, 1, 40, 0); }), Contains(says + std::string("1, 0 and 40")));
}
