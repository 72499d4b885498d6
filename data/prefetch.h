// Things made ahead on a thread, their type forgotten. For loader.h.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

namespace lexigrad::data {

/// Calls make(first), ..., make(count - 1) on a thread of its own, off the tape and without parallel loops,
/// at most two ahead of what was taken.
class Prefetch {
 public:
  using Make = std::function<std::shared_ptr<const void>(int64_t)>;
  Prefetch(Make make, int64_t first, int64_t count);
  /// Waits for the call that is running.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// The next one, null after the last. Throws what `make` threw in its place.
  std::shared_ptr<const void> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lexigrad::data
