// The file of a table: where each row's record lies.
#pragma once
#include <cstdint>
#include <string>

#include "lexigrad/autograd/base/random_file.h"

namespace lexigrad::train {

/// A record is the row's `dim` numbers and the sum of its squared gradients, float32. A head page first, then
/// pages of 4096 bytes with as many whole records as fit, so that a row is never two reads; records larger than
/// a page lie one behind another. A new table is zeros, which take no disk.
class TableFile {
 public:
  /// Makes the file, whatever was there.
  static TableFile make(const std::string& path, int64_t rows, int64_t dim);
  /// Opens one that was made; throws FileError where it is none of these sizes.
  static TableFile open(const std::string& path, int64_t rows, int64_t dim);

  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  size_t row_bytes() const { return static_cast<size_t>(dim_ + 1) * sizeof(float); }
  RandomFile::Piece piece(int64_t row, void* bytes) const;
  RandomFile& file() { return *file_; }

 private:
  TableFile(const std::string& path, int64_t rows, int64_t dim);
  std::string head() const;

  int64_t rows_, dim_;
  std::unique_ptr<RandomFile> file_;
};

}  // namespace lexigrad::train
