#include "lexigrad/train/formats/read_number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace lexigrad::train {
namespace {

constexpr int kMostPower = 22;  // powers of ten up to here are float64s
constexpr double kPowers[kMostPower + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Halfway between two float32s, where a float64 that was rounded does not say to which side it goes.
bool is_halfway(double value) {
  constexpr uint64_t below = (uint64_t{1} << 29) - 1;  // the bits that float32 has not
  return (std::bit_cast<uint64_t>(value) & below) == uint64_t{1} << 28;
}

}  // namespace

std::errc read_number(std::string_view field, float& value) {
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  const char *begin = field.data(), *stop = begin + field.size();
  auto [end, error] = std::from_chars(begin, stop, value);
  if (error == std::errc() || error == std::errc::result_out_of_range)
    if (end != stop) return std::errc::invalid_argument;
  if (error != std::errc::result_out_of_range) return error;
  double wide = 0;
  bool in_double = std::from_chars(begin, stop, wide).ec == std::errc();
  if (!in_double && field.find("e-") == field.npos && field.find("E-") == field.npos) return error;
  value = static_cast<float>(wide);
  return std::isfinite(value) ? std::errc() : error;
}

// Digits and power of ten are float64s, so what they are together is rounded once; rounding it again is right but halfway.
const char* read_plain_number(const char* p, const char* end, float& value) {
  const bool minus = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;
  uint64_t digits = 0;
  int64_t count = 0, decimals = 0;
  auto read_digits = [&] {
    const char* begin = p;
    for (; p < end && static_cast<unsigned char>(*p - '0') < 10; ++p)
      digits = 10 * digits + static_cast<unsigned char>(*p - '0');
    count += p - begin;
    return p - begin;
  };
  read_digits();
  if (p < end && *p == '.') ++p, decimals = read_digits();
  constexpr int64_t most = 19;  // so many fit into 64 bits
  if (count == 0 || count > most || digits > uint64_t{1} << 53) return nullptr;
  int64_t power = -decimals;
  if (p < end && (*p == 'e' || *p == 'E')) {
    int exponent = 0;
    const char* begin = p + 1 < end && p[1] == '+' ? p + 2 : p + 1;
    auto [stop, error] = std::from_chars(begin, end, exponent);
    if (error != std::errc() || (begin == p + 2 && *begin == '-')) return nullptr;
    power += exponent;
    p = stop;
  }
  if (power < -kMostPower || power > kMostPower) return nullptr;
  const auto whole = static_cast<double>(digits);
  const double wide = power < 0 ? whole / kPowers[-power] : whole * kPowers[power];
  if (is_halfway(wide)) return nullptr;
  value = static_cast<float>(minus ? -wide : wide);
  return p;
}

}  // namespace lexigrad::train
