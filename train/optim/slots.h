// What an optimizer remembers of one parameter, such as Adam's moments: a few numbers for each of its own, or
// for each of its rows.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::optim {

/// A row is a slice of a parameter's first dimension; a scalar is one.
inline int64_t rows_of(const Shape& x) { return x.rank() == 0 ? 1 : x[0]; }
inline int64_t rows_of(const Tensor& x) { return rows_of(x.shape()); }
/// Elements of a row.
inline int64_t dim_of(const Shape& x) { return x.numel() / std::max<int64_t>(rows_of(x), 1); }
inline int64_t dim_of(const Tensor& x) { return dim_of(x.shape()); }

/// The shape of a slot of a parameter of that shape: an empty one ({0}) where it has none.
using SlotShape = Shape (*)(const Shape& parameter);
/// A number for each element.
inline Shape of_elements(const Shape& parameter) { return parameter; }
/// A number for each row.
inline Shape of_rows(const Shape& parameter) {
  return parameter.rank() == 0 ? parameter : Shape{parameter[0]};
}

/// A slot's name in the state, and its shape. Slots of another shape than of_elements or of_rows are their
/// optimizer's to step: update_rows() does not know them.
struct SlotKind {
  SlotKind(const char* name, SlotShape shape = of_elements) : name(name), shape(shape) {}
  std::string name;
  SlotShape shape;
};
using SlotKinds = std::vector<SlotKind>;

/// How many numbers slots of these kinds have together.
inline int64_t numbers_of(const SlotKinds& kinds, const Shape& parameter) {
  int64_t out = 0;
  for (const SlotKind& kind : kinds) out += kind.shape(parameter).numel();
  return out;
}

/// Slots are zeros at first. They are
///   dense   a tensor for each slot, or
///   sparse  only the rows that were added, in that order, all slots of a row side by side: a table
///           takes memory for the rows that were met, and those met first and most often lie together.
class Slots {
  enum class Follows : uint8_t { element, row, nothing };
  struct Place {
    int64_t offset;   // of the slot's first number: dense in all values, sparse in those of a row
    Follows follows;  // what moves on to the next number
  };

 public:
  /// Where the slots of a run of elements begin, or those of a row.
  template <class T>
  struct Pointers {
    T* first;
    const Place* places;
    int64_t element, row;
    size_t count;
    /// Throws past the last slot.
    T* operator[](size_t slot) const {
      if (slot >= count) [[unlikely]]
        fail_slot(slot, count);
      auto [offset, follows] = places[slot];
      return first + offset + (follows == Follows::element ? element : follows == Follows::row ? row : 0);
    }
  };

  Slots() = default;
  /// Slots of these kinds for a parameter. Those of a shape of their own are dense.
  Slots(const Shape& parameter, Dtype dtype, const SlotKinds& kinds, bool sparse);

  /// Adds those of `rows` that are not there, but for `except`. Dense slots have all rows.
  void add(std::span<const int64_t> rows, int64_t except);
  bool has(int64_t row) const {
    return !sparse_ || (words_[static_cast<size_t>(row / 64)] >> (row % 64) & 1) != 0;
  }
  /// Follows a parameter that has more rows now; theirs are zeros.
  void grow(const Shape& parameter);
  /// Gives every row its place.
  void make_dense();
  /// A slot in its shape: the memory itself, so sparse slots become dense. Throws past the last.
  Tensor tensor(size_t slot);
  bool is_sparse() const { return sparse_; }
  /// True where a row's numbers go by one that they share: steps take whole rows then.
  bool by_rows() const { return by_rows_; }

  /// Where the slots of a row begin that is there.
  template <class T>
  Pointers<T> of_row(int64_t row) const {
    return sparse_ ? at<T>(place_.data<int64_t>()[row] * stride_, 0, 0) : at<T>(0, row * dim_, row);
  }
  /// Dense: where the slots of the parameter's element i are.
  template <class T>
  Pointers<T> of_element(int64_t i) const {
    return at<T>(0, i, by_rows_ ? i / dim_ : 0);
  }
  /// The slots of that row alone, dense, those of no row left out.
  Slots copy_of_row(int64_t row) const;
  /// Starts to look a row up.
  void look_up(int64_t row) const {
    if (sparse_) prefetch(place_.data<int64_t>() + row, sizeof(int64_t));
  }
  /// Starts to load the slots of a row that is there.
  template <class T>
  void fetch(int64_t row) const {
    constexpr auto size = static_cast<int64_t>(sizeof(T));
    Pointers<T> slots = of_row<T>(row);
    if (sparse_)
      prefetch(slots.first, stride_ * size);
    else
      for (size_t s = 0; s < count(); ++s) prefetch(slots[s], width_of(places_[s].follows) * size);
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
  size_t count() const { return places_.size(); }
  int64_t width_of(Follows follows) const {
    return follows == Follows::element ? dim_ : follows == Follows::row ? 1 : 0;
  }
  template <class T>
  Pointers<T> at(int64_t offset, int64_t element, int64_t row) const {
    return {places_.empty() ? nullptr : values_.data<T>() + offset, places_.data(), element, row, count()};
  }
  [[noreturn]] static void fail_slot(size_t slot, size_t count);
  Tensor copy_of(size_t slot) const;  // with zeros for rows that are not there
  void touch(int64_t begin, int64_t end) const;

  Shape shape_;
  SlotKinds kinds_;
  std::vector<Place> places_;
  bool sparse_ = false, by_rows_ = false;
  int64_t dim_ = 0, stride_ = 0, held_ = 0;
  Tensor values_;  ///< dense: slot behind slot; sparse: (rows, stride), of which the first held_ are used
  Tensor place_;   ///< sparse: where each row that is there stands among those
  std::vector<uint64_t> words_;  ///< sparse: a bit for each row that is there
};

}  // namespace lexigrad::optim
