// Any bytes as visible text, and back, in two ways; files hold both:
//   escape       a text on one line. Spaces stay, and a backslash is always doubled. Whatever is
//                printed, and the word lists of tokenizers.
//   escape_word  a text as one field of a line. Spaces go, and a backslash stays wherever it can, so
//                that the words of other programs pass unchanged. Files of vectors.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::data {

/// A text on one line for printing: control characters as \n, \t, \r, \xNN, a backslash as \\,
/// other invisible characters as \u{N...}, invalid bytes as \xNN; letters of any script stay.
std::string escape(std::string_view text);
/// A text for a terminal or a line of a message: what would steer the terminal (control characters, marks that
/// turn the direction of writing) and invalid bytes as by escape(); all else, a backslash too, as it is.
std::string visible(std::string_view text);
/// Undoes `escape`. Throws std::invalid_argument on a broken escape.
std::string unescape(std::string_view text);

/// `word` in UTF-8 without spaces, line ends or anything invisible: each such byte, and each
/// byte that is not UTF-8, becomes \xNN (two lower-case digits). A backslash stays, unless
/// what follows would make it an escape; then it becomes \x5c. The empty word is \x.
/// Different words stay different.
std::string escape_word(std::string_view word);
/// Undoes escape_word. Text of other programs comes through unchanged where it holds no \xNN.
std::string unescape_word(std::string_view text);

/// `text` for a message about a file: escape_word of its first 60 bytes.
std::string shown(std::string_view text);

}  // namespace lexigrad::data
