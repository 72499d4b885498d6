#include "lexigrad/train/pictures/graph_page.h"

#include <string_view>

namespace lexigrad::train {

extern const char graph_page_text[];  // train/pictures/pages/graph.html, with its style and script

std::string graph_page(std::string json) {
  for (size_t at = 0; (at = json.find('<', at)) != std::string::npos; at += 6)
    json.replace(at, 1, "\\u003c");  // or "</script>" in a name would end it
  constexpr std::string_view place = "/*graph*/";
  std::string page = graph_page_text;
  return page.replace(page.find(place), place.size(), json);
}

}  // namespace lexigrad::train
