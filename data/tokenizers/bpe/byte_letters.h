// Bytes as the visible characters for which GPT-2's files, and those of tokenizers after it, write them.
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace lexigrad::data {

/// A byte that is visible in Latin-1 is itself, the others are U+0100 and what follows.
class ByteLetters {
 public:
  ByteLetters();
  /// Bytes in the order of their characters, which is that of their ids: the visible ones first.
  const std::array<unsigned char, 256>& order() const { return order_; }
  /// Appends the characters for which bytes stand, in UTF-8.
  void append_letters(std::string& out, std::string_view bytes) const;
  /// Appends the bytes that `letters` stand for; false when one stands for none.
  bool append(std::string& out, std::string_view letters) const;

 private:
  std::array<int, 0x144> byte_of_{};  // -1 where a character stands for no byte
  std::array<unsigned char, 256> order_{};
  std::array<char32_t, 256> letter_of_{};
};

}  // namespace lexigrad::data
