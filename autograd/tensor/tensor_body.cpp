#include "lexigrad/autograd/tensor/tensor_body.h"

#include "lexigrad/autograd/base/memory/allocator.h"

namespace lexigrad {
namespace detail {

void destroy(Storage* storage) noexcept { release_memory(storage, storage->bytes + sizeof(Storage)); }

void destroy(Body* body) noexcept {
  if (body->owns_hooks) disown(*body);
  body->~Body();
  release_memory(body, sizeof(Body));
}

Ref<Storage> new_storage(int64_t bytes, bool zeroed) {
  size_t whole = static_cast<size_t>(bytes) + sizeof(Storage);
  auto* storage = new (zeroed ? allocate_zeroed(whole) : allocate(whole)) Storage;
  storage->bytes = static_cast<size_t>(bytes);
  return Ref<Storage>(storage);
}

namespace {
Ref<Body> new_body(const Shape& shape, Dtype dtype) {
  Ref<Body> body(new (allocate(sizeof(Body))) Body);
  body->dtype = dtype;
  body->shape = shape;
  return body;
}
}  // namespace

Tensor new_tensor(const Shape& shape, Dtype dtype, bool zeroed) {
  for (int64_t d : shape) check(d >= 0, "tensor", "Sizes ", shape, " include a negative one");
  std::optional<int64_t> numel = shape.product();
  int64_t bytes = 0;
  if (!numel || __builtin_mul_overflow(*numel, item_size(dtype), &bytes) || bytes > INT64_MAX / 2)
    fail_memory("tensor", text("A ", name(dtype), " tensor of shape ", shape,
                               " is larger than any memory. Hint: check its sizes"));
  Ref<Body> body = new_body(shape, dtype);
  body->numel = *numel;
  body->strides = contiguous_strides(shape);
  body->storage = new_storage(bytes, zeroed);
  body->data = body->storage->data();
  return TensorAccess::tensor(std::move(body));
}

Tensor new_view(const Tensor& base, const Shape& shape, const Shape& strides, int64_t offset) {
  const Body& from = get(base);
  Ref<Body> body = new_body(shape, from.dtype);
  body->numel = shape.numel();
  body->strides = strides;
  body->storage = from.storage;
  body->view = true;
  body->version = from.storage->version.load(std::memory_order_relaxed);
  body->data = from.data + offset * item_size(from.dtype);
  Shape dense = contiguous_strides(shape);
  for (int64_t d = 0; d < shape.rank(); ++d)
    if (shape[d] != 1 && strides[d] != dense[d] && body->numel > 0) body->contiguous = false;
  return TensorAccess::tensor(std::move(body));
}

Tensor alias(const Tensor& x) {
  const Body& from = get(x);
  Ref<Body> body = new_body(from.shape, from.dtype);
  body->contiguous = from.contiguous;
  body->view = from.view;
  bool made = from.node && !is_leaf(*from.node);
  body->version = made ? from.version : from.storage->version.load(std::memory_order_relaxed);
  body->storage = from.storage;
  body->data = from.data;
  body->numel = from.numel;
  body->strides = from.strides;
  body->node = from.node;
  return TensorAccess::tensor(std::move(body));
}

}  // namespace detail
}  // namespace lexigrad
