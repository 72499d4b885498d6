// Objects that a function makes at its first call, for programs that fork.
#pragma once
#include <atomic>
#include <memory>
#include <type_traits>

namespace lexigrad::detail {

/// What `make`, a lambda without captures, returned at the first call with it; never destroyed. Threads that come
/// first at once each call it, and one's object stays: nobody waits, where a static of a function would leave
/// a child of fork() waiting for ever if another thread was making it at that moment.
template <class Make>
auto& made_once(const Make& make) {
  using T = std::invoke_result_t<Make>;
  static std::atomic<T*> object{nullptr};
  T* made = object.load(std::memory_order_acquire);
  if (made) return *made;
  std::unique_ptr<T> own(new T(make()));
  if (object.compare_exchange_strong(made, own.get(), std::memory_order_acq_rel, std::memory_order_acquire))
    made = own.release();
  return *made;
}

}  // namespace lexigrad::detail
