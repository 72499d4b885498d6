// Rows of a table, one behind another in a file: as they were at a commit, or as they had become.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/random_file.h"

namespace lexigrad::train {

/// A file of records: row, XXH64 of row and bytes, the row's bytes. What a killed writer leaves at the end is no
/// record: its sum is wrong.
class TouchedLog {
 public:
  /// Empty, whatever was there.
  TouchedLog(std::string path, size_t row_bytes);

  /// Rows may wait in memory until flush().
  void add(int64_t row, const void* bytes);
  /// Hands all rows to the system: they outlive the process.
  void flush();
  /// Brings what was flushed to the disk. May run beside add().
  void sync() const { file_.sync(); }
  const std::string& path() const { return file_.path(); }

  /// Calls f(row, bytes) for the records of a file, up to the first that is not whole. Nothing where no file is.
  static void read(const std::string& path, size_t row_bytes,
                   const std::function<void(int64_t row, const void* bytes)>& f);

 private:
  RandomFile file_;
  size_t row_bytes_;
  int64_t end_ = 0;
  std::vector<char> waiting_;
};

}  // namespace lexigrad::train
