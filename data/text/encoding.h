// Texts of other encodings as UTF-8.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/text/byte_source.h"

namespace lexigrad::data {

/// "auto", which goes by a text's first bytes, and what one may insist on.
std::vector<std::string> encodings();

/// The encoding whose byte order mark a text begins with; empty where it begins with none.
std::string_view marked_encoding(std::string_view bytes);

/// The bytes of `source`, which are `path`'s, in UTF-8 and without a byte order mark. "auto": UTF-16 or UTF-32 where
/// their mark is there, else the bytes as they are; "utf-16" without a mark is little-endian unless the zeros of the
/// first 64 KiB say otherwise. Half a surrogate pair or a code past U+10FFFF becomes U+FFFD. Throws FileError, here or
/// where it is read, where the mark is another encoding's, or the bytes do not fill the last character.
std::unique_ptr<ByteSource> decoding(std::unique_ptr<ByteSource> source, std::string_view encoding,
                                     const std::string& path);

/// A text of any size, unpacked and in UTF-8; "-" is standard input. What is not UTF-8 is, at its end, one warning with
/// the share of bad bytes and the first one's place, unless `encoding` is given or `warns` is false.
std::unique_ptr<ByteSource> open_text(const std::string& path, std::string_view encoding, bool warns = true);

/// A file as UTF-8: read_file, unpacked and with encoding "auto".
std::string read_utf8(const std::string& path);

}  // namespace lexigrad::data
