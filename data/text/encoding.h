// Texts of other encodings as UTF-8.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lexigrad::data {

/// "auto", which goes by a text's first bytes, and what one may insist on.
std::vector<std::string> encodings();

/// `bytes` in UTF-8, without a byte order mark. "auto": UTF-16 or UTF-32 where their mark is there, else the
/// bytes as they are; "utf-16" without a mark is little-endian unless the zeros say otherwise. Half a surrogate
/// pair or a code past U+10FFFF becomes U+FFFD. Throws FileError where the mark is another encoding's, or the
/// bytes do not fill the last character.
std::string to_utf8(std::string bytes, std::string_view encoding, const std::string& path);

/// A file as UTF-8: read_file, unpacked and with encoding "auto".
std::string read_utf8(const std::string& path);

/// A text's bytes, from `path`, unpacked and in UTF-8. What is not UTF-8 is one warning with the share of bad
/// bytes and the first one's place, unless `encoding` is given.
std::string decoded(std::string bytes, std::string_view encoding, const std::string& path);

/// The texts of all files as one, decoded, each from a line of its own; "-" is standard input. Throws FileError
/// where a text is blank.
std::string read_texts(const std::vector<std::string>& paths, std::string_view encoding);

}  // namespace lexigrad::data
