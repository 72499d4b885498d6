// What an optimizer remembers of one parameter, such as Adam's moments: a few numbers for each of its own.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::optim {

/// A row is a slice of a parameter's first dimension; a scalar is one.
inline int64_t rows_of(const Tensor& x) { return x.rank() == 0 ? 1 : x.size(0); }
/// Elements of a row.
inline int64_t dim_of(const Tensor& x) { return x.numel() / std::max<int64_t>(rows_of(x), 1); }

/// Slots are zeros at first. They are
///   dense   a tensor for each slot, or
///   sparse  only the rows that were added, in that order, all slots of a row side by side: a table
///           takes memory for the rows that were met, and those met first and most often lie together.
class Slots {
 public:
  /// Where the slots of a run of elements begin.
  template <class T>
  struct Pointers {
    T* first;
    int64_t between;  ///< from a slot to the next
    size_t count;
    /// Throws past the last slot.
    T* operator[](size_t slot) const {
      if (slot >= count) [[unlikely]]
        fail_slot(slot, count);
      return first + static_cast<int64_t>(slot) * between;
    }
  };

  Slots() = default;
  /// `count` slots for `parameter`.
  Slots(const Tensor& parameter, size_t count, bool sparse);

  /// Adds those of `rows` that are not there, but for `except`. Dense slots have all rows.
  void add(std::span<const int64_t> rows, int64_t except);
  bool has(int64_t row) const {
    return !sparse_ || (words_[static_cast<size_t>(row / 64)] >> (row % 64) & 1) != 0;
  }
  /// Follows a parameter that has more rows now; theirs are zeros.
  void grow(const Tensor& parameter);
  /// Gives every row its place.
  void make_dense();
  /// A slot in the parameter's shape: the memory itself, so sparse slots become dense. Throws past the last.
  Tensor tensor(size_t slot);

  /// Where the slots of a row begin that is there.
  template <class T>
  Pointers<T> of_row(int64_t row) const {
    return sparse_ ? at<T>(place_.data<int64_t>()[row] * stride_, dim_) : at<T>(row * dim_, numel_);
  }
  /// Dense: where the slots of the parameter's element i are.
  template <class T>
  Pointers<T> of_element(int64_t i) const {
    return at<T>(i, numel_);
  }
  /// Starts to look a row up.
  void look_up(int64_t row) const {
    if (sparse_) prefetch(place_.data<int64_t>() + row, sizeof(int64_t));
  }
  /// Starts to load the slots of a row that is there.
  template <class T>
  void fetch(int64_t row) const {
    Pointers<T> slots = of_row<T>(row);
    for (size_t s = 0; s < count_; ++s) prefetch(slots[s], dim_ * static_cast<int64_t>(sizeof(T)));
  }
  /// Calls f(row) for the rows of begin..end-1 that are there, in order.
  template <class F>
  void for_each(int64_t begin, int64_t end, const F& f) const {
    for (int64_t row = begin; row < end; ++row) {
      uint64_t rest = sparse_ ? words_[static_cast<size_t>(row / 64)] >> (row % 64) : 1;
      if (rest == 0) {
        row |= 63;
        continue;
      }
      row += std::countr_zero(rest);
      if (row < end) f(row);
    }
  }

 private:
  template <class T>
  Pointers<T> at(int64_t offset, int64_t between) const {
    return {count_ == 0 ? nullptr : values_.data<T>() + offset, between, count_};
  }
  [[noreturn]] static void fail_slot(size_t slot, size_t count);
  Tensor copy_of(size_t slot) const;  // with zeros for rows that are not there
  void touch(int64_t begin, int64_t end) const;

  Shape shape_;
  size_t count_ = 0;
  bool sparse_ = false;
  int64_t dim_ = 0, stride_ = 0, numel_ = 0, held_ = 0;
  Tensor values_;  ///< dense (count, elements); sparse (rows, count, dim), of which the first held_ are used
  Tensor place_;   ///< sparse: where each row that is there stands among those
  std::vector<uint64_t> words_;  ///< sparse: a bit for each row that is there
};

}  // namespace lexigrad::optim
