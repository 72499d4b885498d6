// JSON as text, whatever bytes the texts in it hold, and back.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::data {

/// A value of nlohmann's JSON, ordered or not, as text: on one line, or indented; bytes that are no UTF-8 become U+FFFD.
template <class Json>
std::string json_text(const Json& json, int indent = -1);

/// The value that `text` is; discarded where it is none.
template <class Json>
Json parsed_json(std::string_view text);

}  // namespace lexigrad::data
