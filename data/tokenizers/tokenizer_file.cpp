#include "lexigrad/data/tokenizers/tokenizer_file.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kMagic = "lexigrad tokenizer ";

// Version 1 had FNV-1a of 64 bits, in decimal digits: http://www.isthe.com/chongo/tech/comp/fnv/
std::string checksum_1(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return text(hash);
}

std::string checksum_2(std::string_view bytes) {
  Xxh64 sum;
  sum.update(bytes);
  return sum.hex();
}
}  // namespace

std::string join_tokenizer_file(const TokenizerFile& file) {
  return text(kMagic, "2 ", file.kind, ' ', checksum_2(file.body), '\n', file.body);
}

TokenizerFile split_tokenizer_file(std::string_view bytes, const std::string& path) {
  size_t stop = bytes.find('\n');
  std::string_view head = bytes.substr(0, stop);
  head.remove_prefix(std::min(kMagic.size(), head.size()));
  bool known = bytes.starts_with(kMagic) && (head.starts_with("1 ") || head.starts_with("2 "));
  if (!known || stop == std::string_view::npos)
    fail_file("tokenizer", "This is no saved tokenizer. Hint: name a file that a training run wrote.", path,
              0);
  std::string_view version = head.substr(0, 1), rest = head.substr(2);
  TokenizerFile file{rest.substr(0, rest.rfind(' ')), bytes.substr(stop + 1)};
  if (rest != text(file.kind, ' ', version == "1" ? checksum_1(file.body) : checksum_2(file.body)))
    fail_file("tokenizer",
              "The checksum does not fit. Hint: the file was cut off or changed; write it again.", path);
  return file;
}

}  // namespace lexigrad::data
