// The header of a safetensors file: for safetensors.cpp and its tests.
#pragma once
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/formats/safetensors.h"

namespace lexigrad::train::formats {

/// A file of ours begins, after the 8 bytes of length, with this, the 16 digits of the checksum and a quote.
inline constexpr std::string_view kChecksumStart = R"({"__metadata__":{"checksum":"xxh64:)";
inline constexpr std::string_view kNoChecksum = "0000000000000000";
inline constexpr int64_t kChecksumAt = 8 + static_cast<int64_t>(kChecksumStart.size());
inline constexpr std::string_view kVersion = "1";  ///< of what we write, under the metadata key "lexigrad"
inline constexpr std::string_view kAlias = "alias_of:";
inline constexpr uint64_t kLargestHeader = 100'000'000;  ///< the format's own limit

struct Code {
  std::string_view text;
  Dtype dtype;
  int64_t bytes;
};
// What we write comes first.
inline constexpr Code kCodes[] = {{"F32", float32, 4},   {"F64", float64, 8},  {"I64", int64, 8},
                                  {"BF16", bfloat16, 2}, {"BOOL", boolean, 1}, {"U8", int64, 1}};

/// Indices of the entries in the order of their bytes in the file.
std::vector<size_t> by_place(const std::vector<SafetensorsEntry>& entries);

/// Reads and checks all of it against the format and the file's size; `raw` gets the bytes before the data.
SafetensorsHeader read_header(const InputFile& file, std::string& raw);

}  // namespace lexigrad::train::formats
