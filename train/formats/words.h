// Any byte string as one visible field of a text file.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::train {

/// `word` in UTF-8 without spaces, line ends or anything invisible: each such byte, and each byte that is not
/// UTF-8, becomes \xNN (two lower-case digits). A backslash stays, unless what follows would make it an
/// escape; then it becomes \x5c. The empty word is \x. Different words stay different.
std::string escape_word(std::string_view word);

/// Undoes escape_word. Text of other programs comes through unchanged where it holds no \xNN.
std::string unescape_word(std::string_view text);

/// `text` for a message: escaped, and cut at 60 bytes.
std::string shown(std::string_view text);

}  // namespace lexigrad::train
