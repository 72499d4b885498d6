// Numbers of texts as float32, to the bit as strtof has them.
#pragma once
#include <string_view>
#include <system_error>

namespace lexigrad::train {

/// A number that is all of `field`: result_out_of_range where it is past float32's largest; one too small is 0 or a subnormal.
std::errc read_number(std::string_view field, float& value);

/// The same for a number that begins at `p`, several times as fast where it has few digits and a small exponent (W. D.
/// Clinger, How to read floating point numbers accurately, 1990). Returns where it ends; null for another, which
/// read_number() takes.
const char* read_plain_number(const char* p, const char* end, float& value);

}  // namespace lexigrad::train
