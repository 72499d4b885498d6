// Packed texts: gzip and zstd, known by their first bytes.
#pragma once
#include <memory>
#include <string>

#include "lexigrad/data/text/byte_source.h"

namespace lexigrad::data {

/// The bytes of `packed` unpacked where they are gzip (RFC 1952) or zstd (RFC 8878), else as they are; several streams
/// of gzip one behind another are one text. Throws FileError, here or where it is read, where they are damaged, of a
/// format that is not unpacked here (zip, xz, bzip2, 7z, PDF), or of one that this build has no library for.
std::unique_ptr<ByteSource> unpacking(std::unique_ptr<ByteSource> packed, const std::string& path);

/// The same for bytes at hand. Throws MemoryError where there is no memory for what is in them.
std::string unpacked(std::string bytes, const std::string& path);

}  // namespace lexigrad::data
