// A file that is read and written in pieces anywhere in it, many at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "lexigrad/autograd/base/file.h"

namespace lexigrad {

class SubmissionRing;

/// For one thread at a time. What goes wrong throws FileError naming the file.
class RandomFile {
 public:
  /// `size` bytes at `offset` of the file and at `bytes` in memory.
  struct Piece {
    int64_t offset;
    void* bytes;
    size_t size;
  };
  /// How the pieces of a batch reach the system: together through an io_uring, or one after another.
  enum class Batches { together, one_by_one };

  /// Opens the file, which is made where it is missing. Where the kernel has no io_uring, or forbids it, batches go
  /// one by one.
  explicit RandomFile(std::string path, Batches batches = Batches::together);
  ~RandomFile();  // where the ring is known
  RandomFile(const RandomFile&) = delete;
  RandomFile& operator=(const RandomFile&) = delete;

  const std::string& path() const { return path_; }
  Batches batches() const { return ring_ ? Batches::together : Batches::one_by_one; }
  int64_t size() const;
  /// Cuts the file, or makes it longer: zeros, which take no disk.
  void resize(int64_t size);

  /// Returns when all pieces are there; throws where the file ends before one does.
  void read(std::span<const Piece> pieces);
  /// Returns when the system has all pieces: they outlive the process, and after sync() the machine.
  void write(std::span<const Piece> pieces);
  void sync() const;

 private:
  void run_batches(std::span<const Piece> pieces, bool reading, std::span<int64_t> moved);
  void transfer(std::span<const Piece> pieces, bool reading);
  void finish(const Piece& piece, int64_t done, bool reading);
  [[noreturn]] void fail(const char* what, int code, int64_t offset) const;

  std::string path_;
  Descriptor file_;
  std::unique_ptr<SubmissionRing> ring_;
};

/// Brings the names of files made or removed in `folder` to the disk.
void sync_folder(const std::string& folder);

}  // namespace lexigrad
