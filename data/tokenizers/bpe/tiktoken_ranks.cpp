#include "lexigrad/data/tokenizers/bpe/tiktoken_ranks.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {

int value_of(char digit) {
  if (digit >= 'A' && digit <= 'Z') return digit - 'A';
  if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9') return digit - '0' + 52;
  return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

// The bytes that base64 stands for, with its padding (RFC 4648); nothing where it is none.
std::optional<std::string> from_base64(std::string_view digits) {
  if (digits.size() % 4 != 0) return std::nullopt;
  size_t padding = digits.ends_with("==") ? 2 : digits.ends_with('=') ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 4) {
    uint32_t three = 0;
    for (size_t j = i; j < i + 4; ++j) {
      int value = j + padding < digits.size() ? value_of(digits[j]) : 0;
      if (value < 0) return std::nullopt;
      three = three << 6 | static_cast<uint32_t>(value);
    }
    for (int shift : {16, 8, 0}) out += static_cast<char>(three >> shift & 255);
  }
  out.resize(out.size() - padding);
  return out;
}

}  // namespace

BytePairFile read_tiktoken_ranks(std::string_view bytes, const std::string& path) {
  TokenList tokens(path);
  std::string_view rest = bytes;
  for (int64_t number = 1; !rest.empty(); ++number) {
    size_t stop = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(std::min(stop + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    size_t blank = std::min(line.find(' '), line.size() - 1);
    std::optional<std::string> token = from_base64(line.substr(0, blank));
    int64_t rank = -1;
    auto [end, error] = std::from_chars(line.data() + blank + 1, line.data() + line.size(), rank);
    if (!token || error != std::errc() || end != line.data() + line.size())
      fail_file("file_tokenizer",
                text("Line ", number,
                     " is not \"base64 rank\". Hint: a file is tiktoken's ranks, or a tokenizer.json; a "
                     "folder has vocab.json and merges.txt."),
                path, static_cast<int64_t>(line.data() - bytes.data()));
    tokens.add(std::move(*token), rank);
  }
  return std::move(tokens).finish();
}

}  // namespace lexigrad::data
