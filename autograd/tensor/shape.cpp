#include "lexigrad/autograd/tensor/shape.h"

#include <algorithm>
#include <ostream>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {

Shape::Shape(int64_t rank, int64_t value) : rank_(rank) {
  if (rank > kInlineRank) heap_ = new int64_t[static_cast<size_t>(rank)];
  std::fill(begin(), end(), value);
}

Shape::Shape(std::span<const int64_t> dims) : Shape(static_cast<int64_t>(dims.size()), 0) {
  std::copy(dims.begin(), dims.end(), begin());
}

void Shape::copy_heap(const Shape& other) {
  heap_ = new int64_t[static_cast<size_t>(rank_)];
  std::copy(other.begin(), other.end(), heap_);
}

void Shape::fail_too_large() const {
  fail("shape", text("Sizes ", *this, " multiply past 2^63 - 1, the most elements that a tensor may have"));
}

Shape Shape::without(int64_t dim) const {
  Shape out(rank_ - 1, 0);
  std::copy(begin(), begin() + dim, out.begin());
  std::copy(begin() + dim + 1, end(), out.begin() + dim);
  return out;
}

Shape Shape::with(int64_t dim, int64_t size) const {
  Shape out(rank_ + 1, size);
  std::copy(begin(), begin() + dim, out.begin());
  std::copy(begin() + dim, end(), out.begin() + dim + 1);
  return out;
}

void append(std::string& out, const Shape& shape) {
  out += '[';
  for (int64_t i = 0; i < shape.rank(); ++i) {
    if (i > 0) out += ", ";
    detail::append(out, static_cast<long long>(shape[i]));
  }
  out += ']';
}

std::string to_string(const Shape& shape) {
  std::string out;
  append(out, shape);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << "lexigrad.Size(" << to_string(shape) << ")";
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides(shape.rank(), 1);
  for (int64_t i = shape.rank() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<int64_t>(shape[i + 1], 1);
  return strides;
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  const Shape &longer = a.rank() >= b.rank() ? a : b, &shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  int64_t lead = longer.rank() - shorter.rank();
  for (int64_t i = 0; i < shorter.rank(); ++i) {
    int64_t &d = out[lead + i], e = shorter[i];
    if (d == 1) d = e;
    check(d == e || e == 1, op, "Shapes ", a, " and ", b, " do not broadcast: dimension ",
          lead + i - out.rank(), " has sizes ", a.rank() >= b.rank() ? d : e, " and ",
          a.rank() >= b.rank() ? e : d, ". Hint: sizes must be equal or 1, counted from the last dimension");
  }
  return out;
}

int64_t wrap_dim(const char* op, int64_t dim, int64_t rank) {
  check(rank > 0, op, "Dimension ", dim, " was named, but the tensor is a scalar: it has none");
  check(dim >= -rank && dim < rank, op, "Dimension ", dim, " is outside a tensor of rank ", rank,
        " (valid are ", -rank, "..", rank - 1, ")");
  return dim < 0 ? dim + rank : dim;
}

int64_t wrap_dim_or_scalar(const char* op, int64_t dim, int64_t rank) {
  return wrap_dim(op, dim, std::max<int64_t>(rank, 1));
}

int64_t add_sizes(const char* op, int64_t a, int64_t b) {
  int64_t sum = 0;
  check(!__builtin_add_overflow(a, b, &sum), op, "Sizes ", a, " and ", b, " add up past 2^63 - 1");
  return sum;
}

}  // namespace lexigrad
