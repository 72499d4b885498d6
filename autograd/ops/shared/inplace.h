// What every change in place owes to the tape.
#pragma once
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// Throws where two elements of x share memory: a change by `op` would reach both.
void check_target(const char* op, const Tensor& x);
/// Before `op` gives all of x new values: takes a result of ops off the tape, throws where x is
/// a view on it or fails check_target(), and calls changed().
void overwrite(const char* op, const Tensor& x);
/// Gives x the values of y, of its shape and dtype, and y's place on the tape. Throws where x is a leaf or a
/// view on the tape, or y is of another dtype.
void replace(const char* op, const Tensor& x, const Tensor& y);
/// Notes that `op` has changed x's elements in place; x itself stays true to its
/// place on the tape.
void changed(const char* op, const Tensor& x);

}  // namespace lexigrad::detail
