// Numbers against the C library's strtof, to the bit.
#include "lexigrad/train/formats/read_number.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "catch.h"

using namespace lexigrad::train;

namespace {

uint32_t bits_of(float value) { return std::bit_cast<uint32_t>(value); }

// True where read_plain_number() took it. Whatever is read, by it or by read_number(), is strtof's.
bool is_plain(const std::string& field) {
  CAPTURE(field);
  const float expected = std::strtof(field.c_str(), nullptr);
  float value = 0;
  std::errc error = read_number(field, value);
  REQUIRE(error == (std::isfinite(expected) ? std::errc() : std::errc::result_out_of_range));
  if (error == std::errc()) REQUIRE(bits_of(value) == bits_of(expected));
  const std::string line = field + " 7";
  const char* end = read_plain_number(line.data(), line.data() + line.size(), value);
  if (!end) return false;
  REQUIRE(end == line.data() + field.size());
  REQUIRE(bits_of(value) == bits_of(expected));
  return true;
}

std::string printed(const char* format, double value) {
  char buffer[400];
  return {buffer, static_cast<size_t>(std::snprintf(buffer, sizeof buffer, format, value))};
}

}  // namespace

TEST_CASE("numbers that programs write are read quickly, and to the bit as by strtof", "[formats]") {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal(0, 0.1);
  int plain = 0, all = 0;
  for (int i = 0; i < 20'000; ++i)
    for (const char* format : {"%.6f", "%.9g", "%.8e", "%.17g", "%g", "%.3f", "%+.5f"})
      plain += is_plain(printed(format, normal(random))), ++all;
  CHECK(plain > all * 8 / 10);
}

TEST_CASE("any float32, and the places halfway between two, are read to the bit as by strtof", "[formats]") {
  std::mt19937_64 random(6);
  for (int i = 0; i < 100'000; ++i) {
    const auto low = static_cast<uint32_t>(random()) & 0x7FFFFFFF;
    const float a = std::bit_cast<float>(low), b = std::bit_cast<float>(low + 1);
    if (!std::isfinite(a) || !std::isfinite(b)) continue;
    const double halfway = (static_cast<double>(a) + static_cast<double>(b)) / 2;
    for (double value :
         {static_cast<double>(a), halfway, std::nextafter(halfway, 0.0), std::nextafter(halfway, 1e300)})
      for (const char* format : {"%.9g", "%.16g", "%.17g", "%.20g"}) is_plain(printed(format, value));
  }
  // So many digits that the float64 between is halfway, where the number is not.
  for (uint32_t mantissa = 1 << 23; mantissa < (1 << 23) + 2000; ++mantissa) {
    const std::string half = printed("%.1f", mantissa + 0.5);
    for (const char* more : {"", "0", "00000001", "000000000001", "0000000000000000000000001"})
      is_plain(half + more);
    is_plain(printed("%.0f", mantissa - 1.0) + ".49999999999999999999");
    is_plain(printed("%.0f", mantissa - 1.0) + ".4999999");
  }
}

TEST_CASE("hard and odd numbers are read to the bit as by strtof", "[formats]") {
  for (const char* field : {"0",
                            "-0",
                            "-0.0",
                            ".5",
                            "5.",
                            "-.5e1",
                            "1e22",
                            "1e-22",
                            "1e23",
                            "1e38",
                            "4e38",
                            "3.4028235e38",
                            "3.4028236e38",
                            "1e-45",
                            "7e-46",
                            "1.4e-45",
                            "1.17549435e-38",
                            "1.1754942e-38",
                            "9007199254740992",
                            "9007199254740993",
                            "9007199254740993e-16",
                            "16777217",
                            "16777217.0000000001",
                            "123456789012345678",
                            "1234567890123456789012",
                            "0.000000000000000000000000001",
                            "00000000000000000000000001",
                            "1E5",
                            "1e+05",
                            "1e-05",
                            "1e05",
                            "8388608.5",
                            "8388609.5",
                            "0.1",
                            "1e-400"})
    is_plain(field);
}

TEST_CASE("what is no number is left to the error", "[formats]") {
  for (const char* field :
       {"", "-", "+", ".", "e5", "x", "+-1", "-+1", "1e", "1e+", "1e+-5", "1e-", "--1", "nan", "inf"}) {
    INFO(field);
    float value;
    const std::string line(field);
    const char* end = read_plain_number(line.data(), line.data() + line.size(), value);
    CHECK((end == nullptr || end < line.data() + line.size()));
  }
}
