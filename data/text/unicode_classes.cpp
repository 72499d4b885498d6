#include "lexigrad/data/text/unicode_classes.h"

#include <algorithm>

namespace lexigrad::data {

char32_t to_lower(char32_t code) {
  const detail::LowerRange* end = detail::kLower + detail::kLowerSize;
  auto range = std::lower_bound(detail::kLower, end, code,
                                [](const detail::LowerRange& r, char32_t c) { return r.last < c; });
  if (range == end || code < range->first || (code - range->first) % range->step) return code;
  return static_cast<char32_t>(static_cast<int64_t>(code) + range->delta);
}

}  // namespace lexigrad::data
