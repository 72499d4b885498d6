// What a Tensor points at. For the library's own sources; users go through Tensor.
#pragma once
#include "lexigrad/autograd/base/allocator.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/node.h"
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
  bool view = false;     ///< of a storage that another tensor made
  uint32_t version = 0;  ///< of the storage when this tensor's place on the tape was last true
  Ref<Storage> storage;
  char* data = nullptr;
  int64_t numel = 0;
  Shape shape, strides;
  Ref<Node> node;  ///< where gradients go; null: none wanted
};

/// A contiguous tensor over new storage; checks that the sizes are not negative and their product fits.
Tensor new_tensor(const Shape& shape, Dtype dtype, bool zeroed = false);
/// A view of `base`'s storage, off the tape.
Tensor new_view(const Tensor& base, const Shape& shape, const Shape& strides, int64_t offset);
/// Another body over the same memory and the same place on the tape, which changes of x in place leave
/// alone.
Tensor alias(const Tensor& x);
/// Before `op` gives all of x new values: takes a result of ops off the tape, throws where x is a view on it,
/// and calls changed().
void overwrite(const char* op, const Tensor& x);
/// Notes that `op` has changed x's elements in place; x itself stays true to its place on the tape.
void changed(const char* op, const Tensor& x);

inline const Body& get(const Tensor& x) {
  if (!x.defined()) [[unlikely]]
    fail("tensor",
         "This Tensor is undefined. Hint: it was default-constructed, or is the gradient of something "
         "without one");
  return *x.body();
}

template <class T>
T* pointer(const Tensor& x) {
  return reinterpret_cast<T*>(x.body()->data);
}

}  // namespace lexigrad::detail

namespace lexigrad {

/// Throws, naming `op`, on the dtype that only stores.
inline void check_arithmetic(const char* op, Dtype dtype) {
  check(dtype != bfloat16, op, "bfloat16 is for storage alone. Hint: x.to(float32) converts");
}

/// Calls f with a value-initialised element of the dtype: dispatch(dtype, [&]<class T>(T) { ... }). bfloat16
/// is an error: dispatch_stored takes it, too.
template <class F>
decltype(auto) dispatch(Dtype dtype, const F& f) {
  check_arithmetic("tensor", dtype);
  switch (dtype) {
    case Dtype::boolean:
      return f(bool{});
    case Dtype::int64:
      return f(int64_t{});
    case Dtype::float32:
      return f(float{});
    default:
      return f(double{});
  }
}

/// The same with bfloat16, for what only moves and converts elements.
template <class F>
decltype(auto) dispatch_stored(Dtype dtype, const F& f) {
  return dtype == bfloat16 ? f(BFloat16{}) : dispatch(dtype, f);
}

/// The same for float32 and float64; others are an error of `op`.
template <class F>
decltype(auto) dispatch_floating(const char* op, Dtype dtype, const F& f) {
  check(is_floating(dtype), op, "Needs float32 or float64, got ", name(dtype),
        ". Hint: x.to(float32) converts");
  return dtype == Dtype::float32 ? f(float{}) : f(double{});
}

}  // namespace lexigrad
