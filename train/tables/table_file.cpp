#include "lexigrad/train/tables/table_file.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kPage = 4096;

int64_t size_of(const TableFile& table) {
  RandomFile::Piece last = table.piece(table.rows() - 1, nullptr);
  return (last.offset + static_cast<int64_t>(last.size) + kPage - 1) / kPage * kPage;
}

}  // namespace

TableFile::TableFile(const std::string& path, int64_t rows, int64_t dim)
    : rows_(rows), dim_(dim), file_(std::make_unique<RandomFile>(path)) {
  check(rows > 0 && dim > 0, "table", "Needs at least one row and one column, got ", rows, " and ", dim);
}

std::string TableFile::head() const {
  std::string out = text("lexigrad table 1: ", rows_, " rows of ", dim_, " + 1 float32\n");
  out.resize(kPage, '\0');
  return out;
}

TableFile TableFile::make(const std::string& path, int64_t rows, int64_t dim) {
  TableFile out(path, rows, dim);
  out.file_->resize(0);
  out.file_->resize(size_of(out));
  std::string head = out.head();
  RandomFile::Piece first{0, head.data(), head.size()};
  out.file_->write({&first, 1});
  return out;
}

TableFile TableFile::open(const std::string& path, int64_t rows, int64_t dim) {
  TableFile out(path, rows, dim);
  std::string found(kPage, '\0');
  RandomFile::Piece first{0, found.data(), found.size()};
  bool whole = out.file_->size() == size_of(out);
  if (whole) out.file_->read({&first, 1});
  if (!whole || found != out.head())
    fail_file("table",
              text("This is not a whole table of ", rows, " rows of ", dim,
                   " numbers. Hint: restore it from a copy, or train anew in another --out"),
              path);
  return out;
}

RandomFile::Piece TableFile::piece(int64_t row, void* bytes) const {
  auto size = static_cast<int64_t>(row_bytes());
  int64_t in_page = kPage / size;
  int64_t offset = in_page == 0 ? row * size : row / in_page * kPage + row % in_page * size;
  return {kPage + offset, bytes, row_bytes()};
}

}  // namespace lexigrad::train
