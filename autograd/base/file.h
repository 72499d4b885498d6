// Files written whole or not at all, and files read with errors that say what to do.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/xxh64.h"

namespace lexigrad {

/// Owns the number of an open file; -1 where it is none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

/// Buffered writing to an open file, with a running checksum of all that was written. A short write or a full
/// disk throws FileError naming `path`.
class FileWriter {
 public:
  FileWriter(int descriptor, std::string path);
  void write(const void* data, size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Bytes written so far.
  int64_t size() const { return put_ + static_cast<int64_t>(buffer_.size()); }
  /// XXH64 of all bytes written so far, as 16 digits.
  std::string checksum();
  /// Replaces bytes written before; the checksum stays that of the first ones.
  void patch(int64_t offset, std::string_view bytes);
  void flush();

 private:
  void put(const void* data, size_t size);

  int descriptor_;
  std::string path_;
  std::string buffer_;
  int64_t put_ = 0;  ///< bytes already handed to the system
  Xxh64 sum_;
};

/// Lets `write` fill a file of a name of its own beside `path` (temporary_path), syncs it and renames it to
/// `path`; a symbolic link is followed, its target replaced. On any failure, `write`'s own exceptions included,
/// the new file is removed, the one that was at `path` is as before, and the exception goes on.
void write_file_atomically(const std::string& path, const std::function<void(FileWriter&)>& write);
/// The same for bytes at hand.
void write_file_atomically(const std::string& path, std::string_view bytes);
/// The files that `body` writes so, on this thread, appear when it has returned: all of them, or on any failure
/// none. Throws FileError where two of them are one file.
void write_files_together(const std::function<void()>& body);
/// FOLDER/.NAME.lexigrad-tmp: what `path` is called while it is written, and what a killed writer leaves; the
/// next one takes it away.
std::string temporary_path(const std::string& path);

/// Names of what is in `folder`, sorted; `error` says why not all, or none, could be read.
std::vector<std::string> names_in(const std::string& folder, std::error_code& error);

/// The bytes of a plain file, a pipe or a terminal, one after another.
class FileReader {
 public:
  /// Throws FileError where `path` is missing, a folder, a device, or a pipe that no program writes to.
  explicit FileReader(std::string path);
  /// Reads what the open file still has, and leaves it open; `path` is its name for errors.
  FileReader(int descriptor, std::string path);
  /// Writes the next bytes to `out`, `size` at most (1 or more), and returns how many they are: 0 at the end alone.
  /// Waits where a pipe has nothing yet. Throws FileError where it cannot be read, is cut short meanwhile, or, where
  /// it was opened here, is empty.
  size_t read(char* out, size_t size);
  /// How many bytes are likely to come.
  size_t expected() const { return expected_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Descriptor own_;
  int descriptor_;
  std::string first_;  ///< the byte that was read to learn that a pipe has a writer
  int64_t size_ = 0;   ///< bytes that must come; 0 where that is not known
  int64_t read_ = 0;
  size_t expected_;
};

/// All that the open file, pipe or terminal still has; `path` is its name for errors. Throws FileError where it
/// cannot be read and MemoryError where it has more than there is memory.
std::string read_to_end(int descriptor, const std::string& path);
/// All bytes of a plain file or a pipe, as they are. Throws as FileReader does, and MemoryError.
std::string read_file(const std::string& path);

/// An open file to read from. The constructor throws FileError where `path` is missing, not
/// a plain file or empty.
class InputFile {
 public:
  explicit InputFile(std::string path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }
  int descriptor() const { return file_.number(); }
  /// Fills `out` with the `size` bytes at `offset`; throws FileError where the file ends before.
  void read(int64_t offset, void* out, size_t size) const;

 private:
  std::string path_;
  Descriptor file_;
  int64_t size_ = 0;
};

/// All bytes of a plain file, in memory of their own: a file that is cut short meanwhile is an error, never a
/// signal. Throws as InputFile does.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace lexigrad
