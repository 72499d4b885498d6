// Elements named by ids: what the indexing ops share. All off the tape.
#pragma once
#include <string_view>

#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::detail {

/// Throws unless every one of `ids` (int64) is in 0..size-1 of dimension `dim` of `shape`; names the id, its
/// position and the valid range.
void check_ids(const char* op, const Tensor& ids, const Shape& shape, int64_t dim);
/// Ids of rows of a table, contiguous. Throws unless weight is a matrix, padding_idx a row of it or -1, and
/// ids are int64 and rows of it, too; the error says which id is where and not in `table`.
Tensor checked_rows(const char* op, const Tensor& weight, const Tensor& ids, int64_t padding_idx,
                    std::string_view table);
/// For ids of the first dimensions of x, negative ones counted from the back, broadcast together: how far
/// from x's first element each combination leads, by `strides`.
Tensor checked_offsets(const char* op, const std::vector<Tensor>& ids, const Shape& shape,
                       const Shape& strides);

/// Operands of take() and put(), as strides over one shape: x or y has stride 0 where ids choose, and ids
/// lead `step` elements apart.
struct Chosen {
  Shape shape, strides;
  Tensor ids;
  Shape id_strides;
  int64_t step;
};
/// `size` ids for dimension `dim` of x.
Chosen ids_along(const Tensor& x, int64_t dim, const Tensor& ids);
/// ids of the result's shape, which choose in dimension `dim`.
Chosen everywhere(const Tensor& x, int64_t dim, const Tensor& ids);
/// Offsets for the first `dims` dimensions of x, which become one.
Chosen leading(const Tensor& x, int64_t dims, const Tensor& offsets);

/// y[p] = x at what c chooses for p, contiguous, of c's shape.
Tensor take(const Tensor& x, const Chosen& c);
/// What becomes of an element that a value is put to.
enum class Put { replace, add, multiply, largest, smallest };
/// Puts values (of c's shape) to the elements of y that c selects. Only positions that differ in dimension
/// `clash` may select the same element; they come in order.
void put(const Tensor& y, const Tensor& values, const Chosen& c, int64_t clash, Put how);
/// `source` cut to the shape of ids, for ops that put source[i][j] to y[ids[i][j]][j] of a copy y of x. Throws
/// unless dtypes, shapes and ids fit.
Tensor scatter_source(const char* op, const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source);

std::vector<Saved> saved(const std::vector<Tensor>& tensors);
std::vector<Tensor> read(const std::vector<Saved>& saved);

}  // namespace lexigrad::detail
