// Any bytes as text in SVG.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::train {

/// The text of an XML element or attribute: what XML cannot hold, bytes that are no UTF-8 among it, becomes
/// U+FFFD. More than `limit` characters are cut.
std::string xml_text(std::string_view text, int limit = 200);
/// Columns that a text takes, roughly: East Asian characters are twice as wide.
double text_columns(std::string_view text);

}  // namespace lexigrad::train
