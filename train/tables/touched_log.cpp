#include "lexigrad/train/tables/touched_log.h"

#include <cstring>
#include <filesystem>

#include "lexigrad/autograd/base/xxh64.h"

namespace lexigrad::train {
namespace {

struct Head {
  int64_t row;
  uint64_t sum;
};
constexpr size_t kBuffer = size_t{1} << 20;

uint64_t sum_of(int64_t row, const void* bytes, size_t size) {
  Xxh64 sum;
  sum.update(&row, sizeof row);
  sum.update(bytes, size);
  return sum.digest();
}

}  // namespace

TouchedLog::TouchedLog(std::string path, size_t row_bytes)
    : file_(std::move(path), RandomFile::Batches::one_by_one), row_bytes_(row_bytes) {
  file_.resize(0);
}

void TouchedLog::add(int64_t row, const void* bytes) {
  Head head{row, sum_of(row, bytes, row_bytes_)};
  size_t at = waiting_.size();
  waiting_.resize(at + sizeof head + row_bytes_);
  std::memcpy(&waiting_[at], &head, sizeof head);
  std::memcpy(&waiting_[at + sizeof head], bytes, row_bytes_);
  if (waiting_.size() >= kBuffer) flush();
}

void TouchedLog::flush() {
  if (waiting_.empty()) return;
  RandomFile::Piece all{end_, waiting_.data(), waiting_.size()};
  file_.write({&all, 1});
  end_ += static_cast<int64_t>(waiting_.size());
  waiting_.clear();
}

void TouchedLog::read(const std::string& path, size_t row_bytes,
                      const std::function<void(int64_t row, const void* bytes)>& f) {
  if (!std::filesystem::exists(path)) return;
  RandomFile file(path, RandomFile::Batches::one_by_one);
  size_t record = sizeof(Head) + row_bytes, at_once = kBuffer / record + 1;
  std::vector<char> buffer(at_once * record);
  for (size_t left = static_cast<size_t>(file.size()) / record, done = 0; left > 0;) {
    size_t count = std::min(left, at_once);
    RandomFile::Piece piece{static_cast<int64_t>(done * record), buffer.data(), count * record};
    file.read({&piece, 1});
    for (size_t i = 0; i < count; ++i) {
      Head head;
      std::memcpy(&head, &buffer[i * record], sizeof head);
      const char* bytes = &buffer[i * record] + sizeof head;
      if (head.sum != sum_of(head.row, bytes, row_bytes)) return;
      f(head.row, bytes);
    }
    left -= count, done += count;
  }
}

}  // namespace lexigrad::train
