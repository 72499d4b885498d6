// Which parameters, buffers and modules are alive and where they lie: how a forgotten
// member is found.
#pragma once
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace lexigrad::nn::detail {

enum class Kind { parameter, buffer, module };

/// Base of Parameter, Buffer and Module: every living one is in a set of addresses, wherever
/// it is moved.
class Tracked {
 public:
  explicit Tracked(Kind kind);
  Tracked(Tracked&& other) noexcept;
  Tracked& operator=(Tracked&&) noexcept { return *this; }
  ~Tracked();
};

/// A stretch of memory, such as an object's.
struct Range {
  const char* begin;
  size_t size;
  bool holds(const void* place) const {
    const char* at = static_cast<const char*>(place);
    return !std::less<>()(at, begin) && std::less<>()(at, begin + size);
  }
};

/// All living objects in a stretch of memory, by rising address.
std::vector<std::pair<const Tracked*, Kind>> living_in(const Range& range);

}  // namespace lexigrad::nn::detail
