// Gradients that are zero but in a few places: the rows of a table that were
// looked up, a slice.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// Rows `indices` (int64, sorted, each once) of a gradient whose other rows are zero. Every
/// operation costs what the rows held cost, never the table.
class RowGrad {
 public:
  /// `values` is (indices.numel(), ...); `rows` the table's row count. Throws unless indices
  /// are sorted, unique and inside.
  RowGrad(Tensor indices, Tensor values, int64_t rows);

  /// The gradient of a lookup: dy[i] is added to row ids[i], in order of i. Ids equal to `skip`
  /// add nothing. `ids` any shape, `dy` its shape + (dim,). `by_freq` divides each row by how
  /// often its id occurs.
  static RowGrad of_lookup(const Tensor& ids, const Tensor& dy, int64_t rows, int64_t skip = -1,
                           bool by_freq = false);

  /// The gradient of a lookup whose positions share gradients: scales[i] * dy[bags[i]] is
  /// added to row ids[i]. ids and bags int64, scales or undefined for ones, all of one
  /// length; dy (bags, dim).
  static RowGrad of_bags(const Tensor& ids, const Tensor& bags, const Tensor& scales, const Tensor& dy,
                         int64_t rows, int64_t skip = -1, bool by_freq = false);

  const Tensor& indices() const { return indices_; }
  const Tensor& values() const { return values_; }
  int64_t rows() const { return rows_; }              ///< of the table
  int64_t count() const { return indices_.numel(); }  ///< held
  Shape shape() const;                                ///< of the table
  Dtype dtype() const { return values_.dtype(); }

  void add(const RowGrad& other);
  void scale(double factor);
  RowGrad to(Dtype dtype) const;
  /// Adds the rows into a dense gradient of the table's shape.
  void add_to(const Tensor& dense) const;
  Tensor dense() const;

 private:
  RowGrad() = default;
  Tensor indices_, values_;
  int64_t rows_ = 0;
};

/// The gradient of x[start:end:step] along `dim`, for x, which is zero elsewhere.
struct SliceGrad {
  Tensor values;
  int64_t dim, start, end, step;
};

}  // namespace lexigrad
