// Intrusive reference counting: one pointer wide, one atomic add to copy.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

namespace lexigrad::detail {

/// Base of what Ref can hold.
struct Counted {
  std::atomic<int32_t> references{0};
};

/// Owning pointer to a T whose first base is Counted and for which `void destroy(T*)`
/// exists. T may be incomplete.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) { hold(); }
  Ref(const Ref& other) : object_(other.object_) { hold(); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ~Ref() { drop(); }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool unique() const { return counter().load(std::memory_order_acquire) == 1; }
  /// Lets go of the object without counting down.
  T* detach() { return std::exchange(object_, nullptr); }

 private:
  std::atomic<int32_t>& counter() const { return reinterpret_cast<Counted*>(object_)->references; }
  void hold() {
    if (object_) counter().fetch_add(1, std::memory_order_relaxed);
  }
  void drop() {
    if (object_ && counter().fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(object_);
  }
  T* object_ = nullptr;
};

}  // namespace lexigrad::detail
