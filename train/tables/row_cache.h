// Rows of a table's file in a fixed number of slots in memory.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lexigrad/train/tables/row_index.h"
#include "lexigrad/train/tables/table_file.h"

namespace lexigrad::train {

/// For one thread, but for record() and mark() of slots that are pinned: those belong to whoever had them pinned.
class RowCache {
 public:
  /// `before_write` is called before records go back to the file.
  RowCache(TableFile file, size_t slots, std::function<void()> before_write);

  /// Bytes that each slot takes, with all that is beside it.
  static size_t slot_bytes(const TableFile& file);

  /// Brings the rows, each once, into slots that stay theirs until they are unpinned as often: those that are not
  /// there are read in one batch, and those that give way, the least lately used ones or nearly, are written in
  /// one. Returns the number read. Throws, nothing pinned, where all slots are pinned.
  int64_t pin(std::span<const int64_t> rows, std::vector<int32_t>& slots);
  void unpin(std::span<const int32_t> slots);
  /// Writes all records that were marked; they stay.
  void write_back();
  /// Calls f(row, bytes) for them.
  void for_each_marked(const std::function<void(int64_t row, const void* bytes)>& f);

  float* record(int32_t slot) { return records_.get() + static_cast<size_t>(slot) * floats_; }
  /// The record differs from the file.
  void mark(int32_t slot) { changed_[static_cast<size_t>(slot)] = 1; }

  TableFile& file() { return file_; }

 private:
  std::vector<int32_t> free_slots(size_t count);
  void write(std::vector<int32_t>& slots);
  auto row_of() const {
    return [this](int32_t slot) { return row_[static_cast<size_t>(slot)]; };
  }

  TableFile file_;
  std::function<void()> before_write_;
  size_t floats_;
  std::unique_ptr<float[]> records_;
  RowIndex index_;
  std::vector<int64_t> row_;  ///< of each slot; -1: free
  std::vector<uint16_t> pins_;
  std::vector<uint8_t> used_, changed_;  ///< used again since the hand passed; not as in the file
  size_t hand_ = 0, pinned_ = 0;
};

}  // namespace lexigrad::train
