// A table of vectors that is no parameter: where its rows lie, and how they move, is its own affair.
#pragma once
#include <cstdint>
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

/// A table (rows, dim), larger than memory perhaps, for layers that read a few of its rows at a time.
class RowTable {
 public:
  virtual ~RowTable() = default;
  virtual int64_t rows() const = 0;
  virtual int64_t dim() const = 0;
  /// The rows `ids`, sorted and each once, as a leaf (ids.size(), dim), float32. On the tape it requires a
  /// gradient, by which the table's next step moves these rows.
  virtual Tensor take(std::span<const int64_t> ids) = 0;
};

}  // namespace lexigrad::nn
