#include "lexigrad/autograd/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

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

Tensor full(const Shape& shape, Scalar value, Dtype dtype) {
  Tensor out = detail::new_tensor(shape, dtype);
  dispatch_stored(dtype, [&]<class T>(T) {
    T *to = pointer<T>(out), all = value.to<T>();
    parallel_ranges(out.numel(), detail::kBlockElements,
                    [&](int64_t begin, int64_t end) { std::fill(to + begin, to + end, all); });
  });
  return out;
}

Tensor tensor(const Literal& values, std::optional<Dtype> dtype) {
  std::vector<Scalar> numbers = values.numbers();
  Tensor out = detail::new_tensor(values.shape(), dtype.value_or(values.dtype()));
  dispatch_stored(out.dtype(), [&]<class T>(T) {
    std::transform(numbers.begin(), numbers.end(), pointer<T>(out), [](Scalar v) { return v.to<T>(); });
  });
  return out;
}

namespace {

// `count` numbers, the i-th of them f(i).
template <class F>
Tensor sequence(int64_t count, Dtype dtype, const F& f) {
  Tensor out = empty({count}, dtype);
  dispatch_stored(dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < count; ++i) pointer<T>(out)[i] = static_cast<T>(f(i));
  });
  return out;
}

}  // namespace

Tensor detail::arange_whole(Scalar start, Scalar end, Scalar step, Dtype dtype) {
  int64_t first = start.to<int64_t>(), last = end.to<int64_t>(), by = step.to<int64_t>();
  check(by > 0 ? first <= last : by < 0 && first >= last, "arange", "No numbers lead from ", first, " to ",
        last, " in steps of ", by);
  auto apart = [](int64_t low, int64_t high) {
    return static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  };
  uint64_t distance = by > 0 ? apart(first, last) : apart(last, first),
           size = by > 0 ? apart(0, by) : apart(by, 0);
  uint64_t count = distance / size + (distance % size > 0);
  check(count <= uint64_t{1} << 62, "arange", "Steps of ", by, " from ", first, " to ", last,
        " are more numbers than any memory holds");
  return sequence(static_cast<int64_t>(count), dtype, [=](int64_t i) {
    return static_cast<int64_t>(static_cast<uint64_t>(first) +
                                static_cast<uint64_t>(i) * static_cast<uint64_t>(by));
  });
}

Tensor detail::arange_real(double start, double end, double step, Dtype dtype) {
  check(step != 0 && (end - start) / step >= 0 && std::isfinite((end - start) / step), "arange",
        "No numbers lead from ", start, " to ", end, " in steps of ", step);
  check((end - start) / step < 9e18, "arange", "Steps of ", step, " from ", start, " to ", end,
        " are more numbers than any memory holds");
  return sequence(static_cast<int64_t>(std::ceil((end - start) / step)), dtype,
                  [=](int64_t i) { return start + static_cast<double>(i) * step; });
}

// From both ends, so that the last number is `end` itself.
Tensor linspace(double start, double end, int64_t steps, Dtype dtype) {
  check(steps >= 0, "linspace", "Cannot make ", steps, " numbers; steps must be >= 0");
  check_arithmetic("tensor", dtype);
  double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
  return sequence(steps, dtype, [=](int64_t i) {
    return 2 * i < steps ? start + static_cast<double>(i) * step
                         : end - static_cast<double>(steps - 1 - i) * step;
  });
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

namespace {

// |a - b|, of whole numbers without overflow.
double distance(double a, double b) { return std::abs(a - b); }
double distance(int64_t a, int64_t b) {
  uint64_t u = static_cast<uint64_t>(a), v = static_cast<uint64_t>(b);
  return static_cast<double>(a > b ? u - v : v - u);
}

template <class T>
bool all_close(const std::vector<T>& x, const std::vector<T>& y, double rtol, double atol) {
  return std::equal(x.begin(), x.end(), y.begin(), [=](T a, T b) {
    double most = atol + rtol * std::abs(static_cast<double>(b)), d = distance(a, b);
    return a == b || (d <= most && std::isfinite(d));
  });
}

}  // namespace

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol) {
  if (a.shape() != b.shape()) return false;
  if (a.dtype() <= int64 && b.dtype() <= int64)
    return all_close(a.to_vector<int64_t>(), b.to_vector<int64_t>(), rtol, atol);
  return all_close(a.to_vector<double>(), b.to_vector<double>(), rtol, atol);
}

bool equal(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  return dispatch_stored(a.dtype(), [&]<class T>(T) {
    Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
    return std::equal(pointer<T>(x), pointer<T>(x) + x.numel(), pointer<T>(y));
  });
}

}  // namespace lexigrad
