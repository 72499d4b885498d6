#include "lexigrad/data/text/json_text.h"

#include <nlohmann/json.hpp>

namespace lexigrad::data {

template <class Json>
std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

template <class Json>
Json parsed_json(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

// Here alone: each takes seconds to compile.
template std::string json_text(const nlohmann::json&, int);
template std::string json_text(const nlohmann::ordered_json&, int);
template nlohmann::json parsed_json(std::string_view);
template nlohmann::ordered_json parsed_json(std::string_view);

}  // namespace lexigrad::data
