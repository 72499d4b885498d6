// Which slot of a cache a row is in.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lexigrad::train {

/// A hash table of slots with open addressing, which asks `row_of(slot)` for keys: 8 to 16 bytes a slot.
class RowIndex {
 public:
  explicit RowIndex(size_t slots) : places_(std::bit_ceil(2 * slots), -1), mask_(places_.size() - 1) {}

  /// Bytes that `slots` slots take.
  static size_t bytes(size_t slots) { return std::bit_ceil(2 * slots) * sizeof(int32_t); }

  /// -1: in none.
  template <class RowOf>
  int32_t find(int64_t row, const RowOf& row_of) const {
    for (size_t at = home(row);; at = next(at))
      if (int32_t slot = places_[at]; slot < 0 || row_of(slot) == row) return slot;
  }
  /// The row must be in none.
  void add(int64_t row, int32_t slot) {
    size_t at = home(row);
    while (places_[at] >= 0) at = next(at);
    places_[at] = slot;
  }
  /// The row must be there; those behind it close up.
  template <class RowOf>
  void remove(int64_t row, const RowOf& row_of) {
    size_t hole = home(row);
    while (row_of(places_[hole]) != row) hole = next(hole);
    for (size_t at = next(hole); places_[at] >= 0; at = next(at))
      if (((at - home(row_of(places_[at]))) & mask_) >= ((at - hole) & mask_)) {
        places_[hole] = places_[at];
        hole = at;
      }
    places_[hole] = -1;
  }

 private:
  size_t home(int64_t row) const {
    return static_cast<size_t>(static_cast<uint64_t>(row) * 0x9E3779B97F4A7C15 >> 32) & mask_;
  }
  size_t next(size_t at) const { return (at + 1) & mask_; }

  std::vector<int32_t> places_;  ///< slots; -1: free
  size_t mask_;
};

}  // namespace lexigrad::train
