// JSON as text, whatever bytes the texts in it hold.
#pragma once
#include <string>

namespace lexigrad::data {

/// A value of nlohmann's JSON as text: on one line, or indented; bytes that are no UTF-8 become U+FFFD.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lexigrad::data
