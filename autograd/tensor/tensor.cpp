#include "lexigrad/autograd/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

namespace detail {

Tensor from_nested(std::vector<double> values, const Shape& shape, Dtype dtype) {
  Tensor out = new_tensor(shape, dtype);
  dispatch_stored(dtype, [&]<class T>(T) {
    std::transform(values.begin(), values.end(), pointer<T>(out), [](double v) { return static_cast<T>(v); });
  });
  return out;
}

void ragged(int64_t expected, int64_t found) {
  fail("tensor", text("A nested list has ", found, " entries where its neighbours have ", expected,
                      ". Hint: all lists of one level must have the same length"));
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
int64_t Tensor::bytes() const { return numel() * item_size(dtype()); }
int64_t Tensor::storage_bytes() const { return static_cast<int64_t>(get(*this).storage->bytes); }
void* Tensor::address() const { return get(*this).data; }

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

double Tensor::item() const { return item<double>(); }

Tensor::operator bool() const {
  check(numel() == 1, "bool", "A tensor of shape ", shape(),
        " is neither true nor false. Hint: any(x) or all(x) is one truth");
  return dispatch_stored(dtype(), [&]<class U>(U) { return static_cast<double>(*pointer<U>(*this)) != 0; });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  Tensor dense = detach().to(dtype_of<T>).contiguous();
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

Tensor Tensor::detach() const { return detail::new_view(*this, shape(), strides(), 0); }

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
    Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
    return std::equal(pointer<T>(x), pointer<T>(x) + x.numel(), pointer<T>(y));
  });
}

}  // namespace lexigrad
