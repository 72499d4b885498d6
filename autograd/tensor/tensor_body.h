// What a Tensor points at. For the library's own sources; users go through Tensor.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// Header of a storage block; the elements follow it, 64-byte aligned.
struct alignas(64) Storage : Counted {
  size_t bytes;                      ///< of the elements
  std::atomic<uint32_t> version{0};  ///< counts changes in place
  const char* changed_by = "";       ///< the op that changed it last
  char* data() { return reinterpret_cast<char*>(this + 1); }
};
void destroy(Storage* storage) noexcept;
Ref<Storage> new_storage(int64_t bytes, bool zeroed);

struct Body : Counted {
  Dtype dtype = Dtype::float32;
  bool contiguous = true;
  bool view = false;        ///< of a storage that another tensor made
  bool owns_hooks = false;  ///< its leaf calls accumulate hooks with it
  uint32_t version = 0;     ///< of the storage when this tensor's place on the tape was last true
  Ref<Storage> storage;
  char* data = nullptr;
  int64_t numel = 0;
  Shape shape, strides;
  Ref<Node> node;  ///< where gradients go; null: none wanted
};

/// A contiguous tensor over new storage; checks that the sizes are not negative and
/// their product fits.
Tensor new_tensor(const Shape& shape, Dtype dtype, bool zeroed = false);
/// A view of `base`'s storage, off the tape.
Tensor new_view(const Tensor& base, const Shape& shape, const Shape& strides, int64_t offset);
/// Another body over the same memory and the same place on the tape, which changes of x in
/// place leave alone.
Tensor alias(const Tensor& x);
/// The tape's: true of a node that no op made.
bool is_leaf(const Node& node);
/// The tape's: takes a tensor that is about to go from its leaf's accumulate hooks.
void disown(const Body& body) noexcept;

/// The way from a tensor to its body and back.
struct TensorAccess {
  static Body* body(const Tensor& x) { return x.body_.get(); }
  static Tensor tensor(Ref<Body> body) { return Tensor(std::move(body)); }
};
/// Null for an undefined tensor.
inline Body* body_of(const Tensor& x) { return TensorAccess::body(x); }

inline const Body& get(const Tensor& x) {
  if (!x.defined()) [[unlikely]]
    fail("tensor",
         "This Tensor is undefined. Hint: it was default-constructed, or is the gradient of something "
         "without one");
  return *body_of(x);
}

template <class T>
T* pointer(const Tensor& x) {
  return reinterpret_cast<T*>(body_of(x)->data);
}

}  // namespace lexigrad::detail
