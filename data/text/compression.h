// Packed texts: gzip and zstd, known by their first bytes.
#pragma once
#include <string>

namespace lexigrad::data {

/// `bytes` unpacked where they are gzip (RFC 1952) or zstd (RFC 8878), else as they are. Throws FileError where
/// they are damaged, of a format that is not unpacked here (zip, xz, bzip2, 7z, PDF), or of one that this build
/// has no library for, and MemoryError where there is no memory for what is in them.
std::string unpacked(std::string bytes, const std::string& path);

}  // namespace lexigrad::data
