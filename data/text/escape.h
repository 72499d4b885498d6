// Any bytes as visible text, and back. Two ways, for two places; what is on disk depends on both:
//   escape       a text on one line. Spaces stay, a backslash is always doubled: what is printed and what the
//                word lists of tokenizers hold.
//   escape_word  a text as one field of a line, as word2vec's files have it. Spaces go, and a backslash stays
//                wherever it can, so that other programs' words pass unchanged: files of vectors.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::data {

/// A text on one line for printing: control characters as \n, \t, \r, \xNN, a backslash as \\, other
/// invisible characters as \u{N...}, invalid bytes as \xNN; letters of any script stay.
std::string escape(std::string_view text);
/// Undoes `escape`. Throws std::invalid_argument on a broken escape.
std::string unescape(std::string_view text);

/// `word` in UTF-8 without spaces, line ends or anything invisible: each such byte, and each byte that is not
/// UTF-8, becomes \xNN (two lower-case digits). A backslash stays, unless what follows would make it an
/// escape; then it becomes \x5c. The empty word is \x. Different words stay different.
std::string escape_word(std::string_view word);
/// Undoes escape_word. Text of other programs comes through unchanged where it holds no \xNN.
std::string unescape_word(std::string_view text);

/// `text` for a message about a file: escape_word of its first 60 bytes.
std::string shown(std::string_view text);

}  // namespace lexigrad::data
