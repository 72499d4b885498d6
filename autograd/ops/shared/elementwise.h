// Tensor-level forms of the elementwise kernels: broadcasting, promotion and strides; all off the tape.
#pragma once
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/tensor/convert.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {
struct SliceGrad;
}

namespace lexigrad::detail {

Tensor map(const char* op, kernels::Unary f, const Tensor& x);
/// dy * f', see kernels::unary_gradient for what `saved` is.
Tensor map_gradient(kernels::Unary f, const Tensor& saved, const Tensor& dy);
/// Both operands have one dtype.
Tensor map(const char* op, kernels::Binary f, const Tensor& a, const Tensor& b);
Tensor map(const char* op, kernels::Compare f, const Tensor& a, const Tensor& b);

/// condition ? a : b, broadcast, for a and b of one dtype.
Tensor pick(const char* op, const Tensor& condition, const Tensor& a, const Tensor& b);

/// y = f(a, b) for a contiguous y of a's shape and dtype; y may be a.
void map_into(kernels::Binary f, const Tensor& a, const Tensor& b, const Tensor& y);
/// A SliceGrad as a dense tensor of shape `whole`, on the tape.
Tensor unslice(const SliceGrad& g, const Shape& whole);
/// y += x for a contiguous y of x's shape and dtype.
void add_into(const Tensor& y, const Tensor& x);
/// bool and int64 as float32, others as they are; off the tape.
Tensor as_floating(const Tensor& x);
/// op of both operands in their result_type, on the tape.
Tensor promote(Tensor (*op)(const Tensor&, const Tensor&), const Tensor& a, const Tensor& b);
/// Sums g over the dimensions along which `shape` was broadcast to g's shape; `from` and
/// `input` name the rule in errors.
Tensor sum_to(const char* from, int input, const Tensor& g, const Shape& shape);

}  // namespace lexigrad::detail
