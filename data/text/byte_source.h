// Bytes that come one piece after another, so that a text need not fit into memory.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lexigrad::data {

/// What bytes are read from: a file, memory, or another source whose bytes are unpacked or decoded on their way.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Writes the next bytes to `out`, which is not empty, and returns how many they are: 0 at the end alone.
  virtual size_t read(std::span<char> out) = 0;
  /// How many bytes are likely to come.
  virtual size_t expected() const { return 0; }
};

/// A plain file or a pipe; "-" is standard input. Throws as FileReader does, here and where it is read.
std::unique_ptr<ByteSource> open_source(const std::string& path);
/// What errors call it: the path, or "standard input".
std::string source_name(const std::string& path);
std::unique_ptr<ByteSource> source_of(std::string bytes);
/// Bytes that stay where they are, and must do so while they are read.
std::unique_ptr<ByteSource> viewing(std::string_view bytes);
/// `first`, then what `rest` still has.
std::unique_ptr<ByteSource> with_first(std::string first, std::unique_ptr<ByteSource> rest);

/// Appends `size` bytes to `out`; fewer at the source's end alone.
void append_bytes(std::string& out, ByteSource& source, size_t size);
/// All that a source still has. Throws MemoryError where there is no memory for it.
std::string read_rest(ByteSource& source, const std::string& path);

}  // namespace lexigrad::data
