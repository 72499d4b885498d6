// The frame of a saved tokenizer: a first line "lexigrad tokenizer VERSION KIND CHECKSUM", then its body.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::data {

struct TokenizerFile {
  std::string_view kind, body;
};

/// The bytes of a file of the newest version, 2, whose checksum is the body's XXH64.
std::string join_tokenizer_file(const TokenizerFile& file);
/// Takes the bytes of a file of version 1 or 2 apart. Throws FileError where they are none or damaged.
TokenizerFile split_tokenizer_file(std::string_view bytes, const std::string& path);

}  // namespace lexigrad::data
