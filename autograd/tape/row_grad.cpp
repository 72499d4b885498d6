#include "lexigrad/autograd/tape/row_grad.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <vector>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {

using detail::pointer;

constexpr int64_t kBlockValues = 1 << 14;  // values a parallel block adds up

int64_t rows_per_block(int64_t dim) { return std::max<int64_t>(1, kBlockValues / std::max<int64_t>(dim, 1)); }

Tensor rows_like(const Tensor& values, int64_t count) {
  Shape shape = values.shape();
  shape[0] = count;
  return detail::new_tensor(shape, values.dtype());
}

int64_t row_size(const Tensor& values) {
  int64_t size = 1;
  for (int64_t d = 1; d < values.rank(); ++d) size *= values.shape()[d];
  return size;
}

// The first n of `keys`, whose bits from `low` on are rows; those below them order the
// keys of a row already.
void sort_by_row(Tensor& keys, int64_t n, int low, int64_t rows) {
  constexpr int digit = 11;  // bits a pass sorts by
  if (n < 256) return std::sort(pointer<int64_t>(keys), pointer<int64_t>(keys) + n);
  Tensor other = detail::new_tensor(keys.shape(), int64);
  for (int shift = low; (rows - 1) >> (shift - low) > 0; shift += digit) {
    std::array<size_t, (1 << digit) + 1> start{};
    auto bucket = [&](int64_t key) { return static_cast<size_t>(key >> shift) & ((1 << digit) - 1); };
    const int64_t* from = pointer<int64_t>(keys);
    int64_t* to = pointer<int64_t>(other);
    for (int64_t i = 0; i < n; ++i) ++start[bucket(from[i]) + 1];
    std::partial_sum(start.begin(), start.end(), start.begin());
    for (int64_t i = 0; i < n; ++i) to[start[bucket(from[i])]++] = from[i];
    std::swap(keys, other);
  }
}

// The positions of each id, in order.
class Grouped {
 public:
  Grouped(const Tensor& ids, int64_t rows, int64_t skip)
      : low_(std::bit_width(static_cast<uint64_t>(ids.numel()))),
        keys_(detail::new_tensor(ids.shape(), int64)),
        first_(detail::new_tensor({ids.numel() + 1}, int64)) {
    check(low_ + std::bit_width(static_cast<uint64_t>(rows)) < 64, "row_grad", ids.numel(), " ids and ", rows,
          " rows are too many to sort (their product must stay below 2^61)");
    const int64_t* id = pointer<int64_t>(ids);
    int64_t *key = pointer<int64_t>(keys_), n = ids.numel(), size = 0, count = 0;
    for (int64_t i = 0; i < n; ++i) {  // kept only where the size goes on: no branch to guess
      key[size] = (id[i] << low_) + i;
      size += id[i] != skip;
    }
    sort_by_row(keys_, size, low_, rows);
    key = pointer<int64_t>(keys_);
    int64_t* first = pointer<int64_t>(first_);
    for (int64_t i = 0; i < size; ++i) {
      first[count] = i;
      count += i == 0 || key[i] >> low_ != key[i - 1] >> low_;
    }
    first[count] = size;
    size_ = size, count_ = count;
  }

  int64_t count() const { return count_; }
  // Where each row's keys begin, and the end.
  const int64_t* first() const { return pointer<int64_t>(first_); }
  int64_t position(int64_t i) const { return pointer<int64_t>(keys_)[i] & ((int64_t{1} << low_) - 1); }
  Tensor rows() const {
    Tensor out = detail::new_tensor({count()}, int64);
    for (int64_t i = 0; i < count(); ++i)
      pointer<int64_t>(out)[i] = pointer<int64_t>(keys_)[first()[i]] >> low_;
    return out;
  }
  /// The values of `all`, one for each position, in the order of the groups.
  template <class T>
  Tensor grouped(const Tensor& all) const {
    Tensor out = detail::new_tensor({size_}, all.dtype());
    for (int64_t i = 0; i < size_; ++i) pointer<T>(out)[i] = pointer<T>(all)[position(i)];
    return out;
  }
  /// add(row of `to`, position, whether it is the row's first) for all positions
  /// of each row in turn.
  template <class T, class Add>
  void add_up(T* to, int64_t dim, bool by_freq, const Add& add) const {
    parallel_ranges(count(), rows_per_block(dim), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        add(to + row * dim, position(first()[row]), true);
        for (int64_t i = first()[row] + 1; i < first()[row + 1]; ++i) add(to + row * dim, position(i), false);
        if (int64_t times = first()[row + 1] - first()[row]; by_freq && times > 1)
          kernels::scale<T>(to + row * dim, T{1} / static_cast<T>(times), dim);
      }
    });
  }

 private:
  int low_;  // bits of a key that are its position; those above are its row
  Tensor keys_, first_;
  int64_t size_ = 0, count_ = 0;
};

// y = x, and y += x, for a row of x whose elements are `stride` apart.
template <class T>
void copy_row(T* y, const T* x, int64_t stride, int64_t n) {
  if (stride == 1)
    std::memcpy(y, x, static_cast<size_t>(n) * sizeof(T));
  else if (stride == 0)
    std::fill(y, y + n, *x);
  else
    for (int64_t i = 0; i < n; ++i) y[i] = x[i * stride];
}

template <class T>
void add_row(T* y, const T* x, int64_t stride, int64_t n) {
  if (stride == 1)
    kernels::add_scaled<T>(y, x, T{1}, n);
  else
    kernels::binary<T>(kernels::Binary::add, y, 1, x, stride, y, n);
}

}  // namespace

RowGrad::RowGrad(Tensor indices, Tensor values, int64_t rows)
    : indices_(indices.contiguous()), values_(values.contiguous()), rows_(rows) {
  check(values_.rank() >= 1 && indices_.rank() == 1 && indices_.numel() == values_.size(0) &&
            indices_.dtype() == int64,
        "row_grad", "Indices ", name(indices_.dtype()), " ", indices_.shape(),
        " do not name the rows of values ", values_.shape(), ". Hint: one int64 index for each row");
  const int64_t* ids = indices_.data<int64_t>();
  for (int64_t i = 0; i < count(); ++i)
    check(ids[i] >= 0 && ids[i] < rows && (i == 0 || ids[i - 1] < ids[i]), "row_grad", "Index ", ids[i],
          " at ", i, " is out of order or outside the table (valid are 0..", rows - 1,
          ", sorted, each once)");
}

Shape RowGrad::shape() const {
  Shape shape = values_.shape();
  shape[0] = rows_;
  return shape;
}

RowGrad RowGrad::of_lookup(const Tensor& ids, const Tensor& dy, int64_t rows, int64_t skip, bool by_freq) {
  check(ids.dtype() == int64 && dy.rank() == ids.rank() + 1 && dy.shape().without(ids.rank()) == ids.shape(),
        "row_grad", "A gradient ", dy.shape(), " is not that of a look-up of ids ", name(ids.dtype()), " ",
        ids.shape(), ". Hint: it has the shape of the ids (int64) and one dimension more");
  Tensor flat = ids.contiguous(), grad = dy.reshape({ids.numel(), dy.shape().back()});
  int64_t dim = grad.size(1), row_stride = grad.strides()[0], stride = grad.strides()[1];
  Grouped groups(flat, rows, skip);
  RowGrad out;
  out.rows_ = rows;
  out.indices_ = groups.rows();
  out.values_ = detail::new_tensor({groups.count(), dim}, grad.dtype());
  dispatch_floating("row_grad", grad.dtype(), [&]<class T>(T) {
    const T* from = pointer<T>(grad);
    groups.add_up(pointer<T>(out.values_), dim, by_freq, [&](T* to, int64_t position, bool is_first) {
      if (is_first)
        copy_row(to, from + position * row_stride, stride, dim);
      else
        add_row(to, from + position * row_stride, stride, dim);
    });
  });
  return out;
}

RowGrad RowGrad::of_bags(const Tensor& ids, const Tensor& bags, const Tensor& scales, const Tensor& dy,
                         int64_t rows, int64_t skip, bool by_freq) {
  check(ids.dtype() == int64 && bags.dtype() == int64 && bags.numel() == ids.numel() && dy.rank() == 2 &&
            (!scales.defined() || (scales.numel() == ids.numel() && scales.dtype() == dy.dtype())),
        "row_grad", "A gradient ", dy.shape(), " is not that of bags ", name(bags.dtype()), " ", bags.shape(),
        " of ids ", name(ids.dtype()), " ", ids.shape(),
        ". Hint: ids, bags and scales have as many elements (int64, int64, the gradient's dtype)");
  Tensor grad = dy.contiguous(), bag_of = bags.contiguous(),
         factors = scales.defined() ? scales.contiguous() : scales;
  const int64_t* bag = pointer<int64_t>(bag_of);
  int64_t dim = grad.size(1), n = bags.numel(), count = dy.size(0);
  for (int64_t i = 0; i < n; ++i)
    check(bag[i] >= 0 && bag[i] < count, "row_grad", "Bag ", bag[i], " at ", i,
          " has no row in the gradient (valid are 0..", count - 1, ")");
  Grouped groups(ids.contiguous(), rows, skip);
  RowGrad out;
  out.rows_ = rows;
  out.indices_ = groups.rows();
  out.values_ = detail::new_tensor({groups.count(), dim}, grad.dtype());
  dispatch_floating("row_grad", grad.dtype(), [&]<class T>(T) {
    Tensor from = groups.grouped<int64_t>(bag_of),
           scale = factors.defined() ? groups.grouped<T>(factors) : factors;
    kernels::RowBags<T> sums{pointer<T>(grad),
                             dim,
                             pointer<int64_t>(from),
                             groups.first(),
                             scale.defined() ? pointer<T>(scale) : nullptr,
                             -1,
                             by_freq};
    parallel_ranges(groups.count(), rows_per_block(dim), [&](int64_t begin, int64_t end) {
      kernels::sum_bags(pointer<T>(out.values_), sums, begin, end);
    });
  });
  return out;
}

void RowGrad::add(const RowGrad& other) {
  check(other.shape() == shape() && other.dtype() == dtype(), "row_grad", "Cannot add the gradient of a ",
        name(other.dtype()), " table ", other.shape(), " to that of a ", name(dtype()), " table ", shape());
  const int64_t *a = pointer<int64_t>(indices_), *b = pointer<int64_t>(other.indices_);
  std::vector<int64_t> merged;
  std::set_union(a, a + count(), b, b + other.count(), std::back_inserter(merged));
  RowGrad sum;
  sum.rows_ = rows_;
  sum.indices_ = tensor(merged);
  sum.values_ = rows_like(values_, sum.count());
  int64_t size = row_size(values_);
  dispatch_floating("row_grad", dtype(), [&]<class T>(T) {
    parallel_ranges(sum.count(), rows_per_block(size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        T* to = pointer<T>(sum.values_) + row * size;
        auto find = [&](const int64_t* ids, int64_t n) {
          const int64_t* at = std::lower_bound(ids, ids + n, merged[row]);
          return at < ids + n && *at == merged[row] ? at - ids : -1;
        };
        int64_t i = find(a, count()), j = find(b, other.count());
        const T* first = i >= 0 ? pointer<T>(values_) + i * size : pointer<T>(other.values_) + j * size;
        std::memcpy(to, first, static_cast<size_t>(size) * sizeof(T));
        if (i >= 0 && j >= 0) kernels::add_scaled<T>(to, pointer<T>(other.values_) + j * size, T{1}, size);
      }
    });
  });
  *this = std::move(sum);
}

void RowGrad::scale(double factor) {
  dispatch_floating("row_grad", dtype(), [&]<class T>(T) {
    Tensor scaled = values_.clone();
    parallel_ranges(scaled.numel(), kBlockValues, [&](int64_t begin, int64_t end) {
      kernels::scale<T>(pointer<T>(scaled) + begin, static_cast<T>(factor), end - begin);
    });
    values_ = scaled;
  });
}

RowGrad RowGrad::to(Dtype dtype) const {
  RowGrad out = *this;
  out.values_ = values_.to(dtype);
  return out;
}

void RowGrad::add_to(const Tensor& dense) const {
  check(dense.shape() == shape() && dense.dtype() == dtype() && dense.is_contiguous(), "row_grad",
        "Cannot add the rows of a ", name(dtype()), " table ", shape(), " to a ", name(dense.dtype()),
        " tensor ", dense.shape());
  int64_t size = row_size(values_);
  const int64_t* ids = pointer<int64_t>(indices_);
  dispatch_floating("row_grad", dtype(), [&]<class T>(T) {
    parallel_ranges(count(), rows_per_block(size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        kernels::add_scaled<T>(pointer<T>(dense) + ids[row] * size, pointer<T>(values_) + row * size, T{1},
                               size);
    });
  });
}

Tensor RowGrad::dense() const {
  Tensor out = zeros(shape(), dtype());
  add_to(out);
  return out;
}

}  // namespace lexigrad
