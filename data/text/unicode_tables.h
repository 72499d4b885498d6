// The tables behind unicode_classes.h, as make_unicode_tables.py writes them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace lexigrad::data::detail {

/// Code points first, first + step, ..., last have the lower-case letter code + delta.
struct LowerRange {
  uint32_t first, last, step;
  int32_t delta;
};
extern const uint16_t kClassBlock[];
extern const char kClasses[][129];
extern const LowerRange kLower[];
extern const size_t kLowerSize;

}  // namespace lexigrad::data::detail
