// What stands in brackets: x[0], x[{Slice(1, 3), None}], x[mask], x[{Ellipsis, ids}] = 0. As in PyTorch.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// A new dimension of size 1; in a Slice, an end that is left open.
inline constexpr std::nullopt_t None = std::nullopt;

/// All dimensions that the other indices leave.
struct EllipsisIndex {};
inline constexpr EllipsisIndex Ellipsis{};

/// start:end:step of Python along a dimension, step >= 1; bounds outside are cut.
struct Slice {
  explicit Slice(std::optional<int64_t> start = {}, std::optional<int64_t> end = {}, int64_t step = 1)
      : start(start), end(end), step(step) {}
  std::optional<int64_t> start, end;
  int64_t step;
};

/// One of the indices in brackets: a number, a Slice, None, Ellipsis, int64 ids of one dimension, or a bool
/// mask over as many as it has.
class Index {
 public:
  enum class Kind { number, slice, none, ellipsis, tensor };

  template <std::integral I>
  requires(!std::same_as<I, bool>) Index(I number) : kind(Kind::number), number(number) {}
  Index(bool) = delete;  // a mask of no dimensions: unsqueeze() or an empty tensor say it
  Index(const Slice& slice) : kind(Kind::slice), slice(slice) {}
  Index(std::nullopt_t) : kind(Kind::none) {}
  Index(EllipsisIndex) : kind(Kind::ellipsis) {}
  Index(const Tensor& ids) : kind(Kind::tensor), tensor(ids) {}

  Kind kind;
  int64_t number = 0;
  Slice slice = Slice();
  Tensor tensor = {};
};

/// x[...]: the tensor that was read, and the place to which an assignment writes. Under a name of its own
/// (auto row = x[0]) it is a tensor as any other, and = gives the name another one.
class Indexed : public Tensor {
 public:
  Indexed(const Tensor& base, std::vector<Index> at);
  Indexed(const Indexed&) = default;
  Indexed(Indexed&&) = default;

  /// Writes to the base, as copy_() does: `value` broadcasts and is converted to its dtype; gradients follow.
  const Indexed& operator=(const Tensor& value) &&;
  const Indexed& operator=(const Indexed& value) && { return std::move(*this) = Tensor(value); }
  const Indexed& operator=(Scalar value) &&;
  /// x[...] = x[...] + value, and so on.
  const Indexed& operator+=(const Tensor& value) &&;
  const Indexed& operator-=(const Tensor& value) &&;
  const Indexed& operator*=(const Tensor& value) &&;
  const Indexed& operator/=(const Tensor& value) &&;
  const Indexed& operator+=(Scalar value) &&;
  const Indexed& operator-=(Scalar value) &&;
  const Indexed& operator*=(Scalar value) &&;
  const Indexed& operator/=(Scalar value) &&;

  Indexed& operator=(const Tensor& value) & {
    Tensor::operator=(value);
    return *this;
  }
  Indexed& operator=(const Indexed& value) & {
    Tensor::operator=(value);
    return *this;
  }

 private:
  Tensor base_;
  std::vector<Index> at_;
};

}  // namespace lexigrad
