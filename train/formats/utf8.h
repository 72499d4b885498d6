// UTF-8, strictly: no surrogates, no overlong forms.
#pragma once

namespace lexigrad::train {

/// One character of `length` bytes; a byte that starts no well-formed sequence is invalid, of length 1.
struct CodePoint {
  char32_t value;
  int length;
  bool valid;
};
/// The character at p < end.
CodePoint decode_utf8(const char* p, const char* end);

}  // namespace lexigrad::train
