// The header of a safetensors file.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tensor/shape.h"
#include "lexigrad/train/formats/elements.h"
#include "lexigrad/train/formats/named_tensor.h"

namespace lexigrad::train {

/// Name, shape and place of one tensor in a file.
struct SafetensorsEntry {
  std::string name;
  const Element* element;
  Shape shape;
  int64_t begin, end;  ///< bytes after the header
};

/// What the header alone says; nothing of the data is read.
struct SafetensorsHeader {
  Metadata metadata;                         ///< without our own keys
  std::map<std::string, std::string> alias;  ///< name -> name of the tensor that holds the data
  std::vector<SafetensorsEntry> entries;
  std::string checksum;    ///< 16 digits, empty in files of others
  int64_t data_begin = 0;  ///< byte where the data starts
};

/// Reads and checks it. Throws FileError. Without `texts` the caller's metadata are checked just so and stay empty, which
/// takes a tenth of the time where they are long.
SafetensorsHeader read_safetensors_header(const std::string& path);
SafetensorsHeader read_safetensors_header(const InputFile& file, bool texts);
/// Indices of the entries in the order of their bytes in the file.
std::vector<size_t> by_place(const std::vector<SafetensorsEntry>& entries);
/// True where a file that begins so can only be a safetensors file.
bool is_safetensors(std::string_view start);

/// What the writer of a header and its reader agree on.
namespace safetensors {

/// A file of ours begins, after the 8 bytes of length, with this, the 16 digits of the checksum
/// and a quote.
inline constexpr std::string_view kChecksumStart = R"({"__metadata__":{"checksum":"xxh64:)";
inline constexpr std::string_view kNoChecksum = "0000000000000000";
inline constexpr int64_t kChecksumAt = 8 + static_cast<int64_t>(kChecksumStart.size());
inline constexpr std::string_view kVersion = "1";  ///< of what we write, under the metadata key "lexigrad"
inline constexpr std::string_view kAlias = "alias_of:";
inline constexpr uint64_t kLargestHeader = 100'000'000;  ///< the format's own limit

/// True for the metadata that only we write.
inline bool is_own(std::string_view key) {
  return key == "checksum" || key == "lexigrad" || key.starts_with(kAlias);
}

}  // namespace safetensors
}  // namespace lexigrad::train
