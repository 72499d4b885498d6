// Which rows of a table have ever had a gradient: one bit a row.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace lexigrad::optim {

class TouchedRows {
 public:
  TouchedRows() = default;
  explicit TouchedRows(int64_t rows) : words_(static_cast<size_t>((rows + 63) / 64)) {}

  void add(int64_t row) { words_[static_cast<size_t>(row / 64)] |= uint64_t{1} << (row % 64); }
  bool has(int64_t row) const { return words_[static_cast<size_t>(row / 64)] >> (row % 64) & 1; }
  void add_all() { std::fill(words_.begin(), words_.end(), ~uint64_t{0}); }

  /// Calls f(row) for each touched row of begin..end-1, in order.
  template <class F>
  void for_each(int64_t begin, int64_t end, const F& f) const {
    for (int64_t row = begin; row < end; ++row) {
      uint64_t rest = words_[static_cast<size_t>(row / 64)] >> (row % 64);
      if (rest == 0) {
        row |= 63;
        continue;
      }
      row += std::countr_zero(rest);
      if (row < end) f(row);
    }
  }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace lexigrad::optim
