#include "lexigrad/autograd/tensor/tensor.h"

#include <cmath>
#include <cstring>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/elementwise.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/copies.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

const char* name(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean:
      return "bool";
    case Dtype::int64:
      return "int64";
    case Dtype::bfloat16:
      return "bfloat16";
    case Dtype::float32:
      return "float32";
    default:
      return "float64";
  }
}

namespace detail {

void destroy(Storage* storage) noexcept { release_memory(storage, storage->bytes + sizeof(Storage)); }

void destroy(Body* body) noexcept {
  if (Node* node = body->node.get(); node && node->leaf && node->extras && node->extras->owner == body)
    node->extras->owner = nullptr;
  body->~Body();
  release_memory(body, sizeof(Body));
}

Ref<Storage> new_storage(int64_t bytes, bool zeroed) {
  size_t whole = static_cast<size_t>(bytes) + sizeof(Storage);
  auto* storage = new (zeroed ? allocate_zeroed(whole) : allocate(whole)) Storage;
  storage->bytes = static_cast<size_t>(bytes);
  return Ref<Storage>(storage);
}

static Ref<Body> new_body(const Shape& shape, Dtype dtype) {
  Ref<Body> body(new (allocate(sizeof(Body))) Body);
  body->dtype = dtype;
  body->shape = shape;
  return body;
}

Tensor new_tensor(const Shape& shape, Dtype dtype, bool zeroed) {
  int64_t numel = 1, bytes = 0;
  bool fits = true;
  for (int64_t d : shape) {
    check(d >= 0, "tensor", "Sizes ", shape, " include a negative one");
    fits = fits && !__builtin_mul_overflow(numel, d, &numel);
  }
  if (!fits || __builtin_mul_overflow(numel, item_size(dtype), &bytes) || bytes > INT64_MAX / 2)
    fail_memory("tensor", text("A ", name(dtype), " tensor of shape ", shape, " is larger than any memory"));
  Ref<Body> body = new_body(shape, dtype);
  body->numel = numel;
  body->strides = contiguous_strides(shape);
  body->storage = new_storage(bytes, zeroed);
  body->data = body->storage->data();
  return Tensor(std::move(body));
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
  return Tensor(std::move(body));
}

Tensor from_nested(std::vector<double> values, const Shape& shape, Dtype dtype) {
  Tensor source = from_values<double>(values, shape);
  Tensor out = new_tensor(shape, dtype);
  convert_into(out, source);
  return out;
}

void ragged(int64_t expected, int64_t found) {
  fail("tensor", text("A nested list has ", found, " entries where its neighbours have ", expected,
                      ". Hint: all lists of one level must have the same length"));
}

Tensor alias(const Tensor& x) {
  const Body& from = get(x);
  Ref<Body> body = new_body(from.shape, from.dtype);
  body->contiguous = from.contiguous;
  body->view = from.view;
  body->version = from.version;
  body->storage = from.storage;
  body->data = from.data;
  body->numel = from.numel;
  body->strides = from.strides;
  body->node = from.node;
  return Tensor(std::move(body));
}

}  // namespace detail

using detail::get;
using detail::pointer;

Dtype Tensor::dtype() const { return get(*this).dtype; }
const Shape& Tensor::shape() const { return get(*this).shape; }
const Shape& Tensor::strides() const { return get(*this).strides; }
int64_t Tensor::rank() const { return get(*this).shape.rank(); }
int64_t Tensor::numel() const { return get(*this).numel; }
int64_t Tensor::size(int64_t dim) const { return shape()[wrap_dim("size", dim, rank())]; }
bool Tensor::is_contiguous() const { return get(*this).contiguous; }
bool Tensor::shares_storage(const Tensor& other) const {
  return get(*this).storage.get() == get(other).storage.get();
}

template <class T>
T* Tensor::data() const {
  check(dtype() == dtype_of<T>, "data", "The tensor is ", name(dtype()), ", asked for as ", name(dtype_of<T>),
        ". Hint: x.to(dtype) converts");
  return pointer<T>(*this);
}

template <class T>
T Tensor::item() const {
  check(numel() == 1, "item", "Needs one element, the tensor has shape ", shape(),
        ". Hint: x[i] or sum(x) is one; to_vector<T>() gives all");
  return dispatch_stored(dtype(), [&]<class U>(U) { return static_cast<T>(*pointer<U>(*this)); });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  NoGrad off;
  Tensor dense = to(dtype_of<T>).contiguous();
  return std::vector<T>(pointer<T>(dense), pointer<T>(dense) + dense.numel());
}

template <class T>
Tensor from_values(std::span<const T> values, const Shape& shape) {
  Tensor out = detail::new_tensor(shape, dtype_of<T>);
  check(out.numel() == static_cast<int64_t>(values.size()), "tensor", values.size(),
        " values do not fill shape ", shape);
  if (!values.empty()) std::memcpy(pointer<T>(out), values.data(), values.size_bytes());
  return out;
}

#define LEXIGRAD_ELEMENT(T)            \
  template T* Tensor::data<T>() const; \
  template T Tensor::item<T>() const;  \
  template std::vector<T> Tensor::to_vector<T>() const;
LEXIGRAD_ELEMENT(int64_t)
LEXIGRAD_ELEMENT(BFloat16)
LEXIGRAD_ELEMENT(float)
LEXIGRAD_ELEMENT(double)
#undef LEXIGRAD_ELEMENT
template bool* Tensor::data<bool>() const;
template bool Tensor::item<bool>() const;
template int Tensor::item<int>() const;
template Tensor from_values(std::span<const bool>, const Shape&);
template Tensor from_values(std::span<const int64_t>, const Shape&);
template Tensor from_values(std::span<const BFloat16>, const Shape&);
template Tensor from_values(std::span<const float>, const Shape&);
template Tensor from_values(std::span<const double>, const Shape&);

Tensor Tensor::operator[](int64_t index) const { return select(*this, 0, index); }
Tensor Tensor::reshape(const Shape& shape) const { return lexigrad::reshape(*this, shape); }
Tensor Tensor::view(const Shape& shape) const { return lexigrad::view(*this, shape); }
Tensor Tensor::transpose(int64_t a, int64_t b) const { return lexigrad::transpose(*this, a, b); }
Tensor Tensor::t() const {
  check(rank() == 2, "t", "Needs a matrix, got shape ", shape(),
        ". Hint: transpose(a, b) names the dimensions");
  return lexigrad::transpose(*this, 0, 1);
}
Tensor Tensor::to(Dtype dtype) const { return lexigrad::to(*this, dtype); }
Tensor Tensor::contiguous() const {
  if (is_contiguous()) return *this;
  detail::count_copy(numel() * item_size(dtype()));
  return lexigrad::clone(*this);
}
Tensor Tensor::clone() const { return lexigrad::clone(*this); }
Tensor Tensor::detach() const { return detail::new_view(*this, shape(), strides(), 0); }

// ---- gradients

bool Tensor::requires_grad() const { return static_cast<bool>(get(*this).node); }
bool Tensor::is_leaf() const { return !get(*this).node || body_->node->leaf; }

const Tensor& Tensor::requires_grad_(bool on) const {
  check(is_leaf(), "requires_grad_", "Only a leaf can be switched; this tensor was made by ",
        is_leaf() ? "" : body_->node->name, ". Hint: detach() gives a leaf");
  check(!on || is_floating(dtype()), "requires_grad_",
        "Only float32 and float64 can have gradients, this tensor is ", name(dtype()));
  if (!on) body_->node = detail::Ref<detail::Node>();
  if (on && !body_->node) body_->node = detail::new_leaf(shape(), dtype());
  return *this;
}

const Tensor& Tensor::retain_grad() const {
  check(requires_grad(), "retain_grad",
        "This tensor has no gradient to keep: nothing that made it requires one");
  if (body_->node->leaf) return *this;
  if (!body_->node->extras) body_->node->extras = std::make_unique<detail::NodeExtras>();
  body_->node->extras->retain = true;
  return *this;
}

static Tensor collected(const detail::Node& node) {
  if (node.leaf) return node.gradient.rows ? node.gradient.rows->dense() : node.gradient.dense;
  return node.extras ? node.extras->retained : Tensor();
}

bool Tensor::has_grad() const {
  if (!requires_grad()) return false;
  const detail::Node& node = *body_->node;
  return node.leaf ? node.gradient.defined() : node.extras && node.extras->retained.defined();
}
Tensor Tensor::grad() const { return requires_grad() ? collected(*body_->node) : Tensor(); }
const RowGrad* Tensor::row_grad() const {
  return requires_grad() && is_leaf() ? body_->node->gradient.rows.get() : nullptr;
}

void Tensor::zero_grad() const { set_grad(Tensor()); }

void Tensor::set_grad(const Tensor& grad) const {
  if (!requires_grad() && !grad.defined()) return;
  check(requires_grad() && is_leaf(), "set_grad", "Only a leaf that requires a gradient can be given one");
  if (grad.defined())
    check(grad.shape() == shape() && grad.dtype() == dtype(), "set_grad", "The gradient is ",
          name(grad.dtype()), " ", grad.shape(), ", the tensor ", name(dtype()), " ", shape());
  body_->node->gradient = detail::Gradient();
  body_->node->gradient.dense = grad.defined() ? grad.detach() : grad;
}

void Tensor::set_grad(RowGrad grad) const {
  zero_grad();
  check(requires_grad(), "set_grad", "Only a leaf that requires a gradient can be given one");
  check(grad.dtype() == dtype() && grad.shape() == shape(), "set_grad", "The gradient is ",
        name(grad.dtype()), " ", grad.shape(), ", the tensor ", name(dtype()), " ", shape());
  body_->node->gradient.rows = std::make_unique<RowGrad>(std::move(grad));
}

Hook Tensor::register_hook(GradientHook hook) const {
  check(requires_grad(), "register_hook", "This tensor gets no gradient: nothing that made it requires one");
  auto shared = std::make_shared<GradientHook>(std::move(hook));
  detail::extras_of(*body_->node).hooks.push_back(shared);
  return Hook([weak = std::weak_ptr(shared)] {
    if (auto f = weak.lock()) *f = nullptr;
  });
}

Hook Tensor::register_accumulate_hook(AccumulateHook hook) const {
  check(requires_grad() && is_leaf(), "register_accumulate_hook",
        "Only a leaf that requires a gradient accumulates one. Hint: register_hook() is for all tensors");
  auto shared = std::make_shared<AccumulateHook>(std::move(hook));
  detail::NodeExtras& extras = detail::extras_of(*body_->node);
  extras.accumulate_hooks.push_back(shared);
  extras.owner = body_.get();
  return Hook([weak = std::weak_ptr(shared)] {
    if (auto f = weak.lock()) *f = nullptr;
  });
}

// ---- creation

Tensor empty(const Shape& shape, Dtype dtype) { return detail::new_tensor(shape, dtype); }
Tensor zeros(const Shape& shape, Dtype dtype) { return detail::new_tensor(shape, dtype, true); }
Tensor ones(const Shape& shape, Dtype dtype) { return full(shape, 1, dtype); }

Tensor full(const Shape& shape, double value, Dtype dtype) {
  Tensor out = detail::new_tensor(shape, dtype);
  dispatch_stored(dtype, [&]<class T>(T) {
    T* to = pointer<T>(out);
    parallel_ranges(out.numel(), detail::kBlockElements, [&](int64_t begin, int64_t end) {
      std::fill(to + begin, to + end, static_cast<T>(value));
    });
  });
  return out;
}

Tensor tensor(double value, Dtype dtype) { return full({}, value, dtype); }

Tensor arange(int64_t end) { return arange(0, static_cast<double>(end)); }

Tensor arange(double start, double end, double step, Dtype dtype) {
  check(step != 0 && (end - start) / step >= 0 && std::isfinite((end - start) / step), "arange",
        "No numbers lead from ", start, " to ", end, " in steps of ", step);
  check((end - start) / step < 9e18, "arange", "Steps of ", step, " from ", start, " to ", end,
        " are more numbers than any memory holds");
  Tensor out = empty({static_cast<int64_t>(std::ceil((end - start) / step))}, dtype);
  dispatch_stored(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < out.numel(); ++i)
      pointer<T>(out)[i] = static_cast<T>(start + static_cast<double>(i) * step);
  });
  return out;
}

// From both ends, so that the last number is `end` itself.
Tensor linspace(double start, double end, int64_t steps, Dtype dtype) {
  check(steps >= 0, "linspace", "Cannot make ", steps, " numbers; steps must be >= 0");
  Tensor out = empty({steps}, dtype);
  double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
  dispatch(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < steps; ++i)
      pointer<T>(out)[i] = static_cast<T>(2 * i < steps ? start + static_cast<double>(i) * step
                                                        : end - static_cast<double>(steps - 1 - i) * step);
  });
  return out;
}

Tensor eye(int64_t n, int64_t m, Dtype dtype) {
  if (m == -1) m = n;
  check(n >= 0 && m >= 0, "eye", "Sizes ", n, " and ", m, " include a negative one");
  Tensor out = zeros({n, m}, dtype);
  dispatch(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < std::min(n, m); ++i) pointer<T>(out)[i * m + i] = T{1};
  });
  return out;
}

// ---- comparison

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol) {
  if (a.shape() != b.shape()) return false;
  std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (size_t i = 0; i < x.size(); ++i)
    if (!(x[i] == y[i] || std::abs(x[i] - y[i]) <= atol + rtol * std::abs(y[i]))) return false;
  return true;
}

bool equal(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  return dispatch_stored(a.dtype(), [&]<class T>(T) {
    NoGrad off;
    Tensor x = a.contiguous(), y = b.contiguous();
    return std::equal(pointer<T>(x), pointer<T>(x) + x.numel(), pointer<T>(y));
  });
}

}  // namespace lexigrad
