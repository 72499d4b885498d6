// The page around a graph. For graph.cpp.
#pragma once
#include <string>

namespace lexigrad::train {

/// One HTML file with `json`, what GraphReader writes, and the script that draws it.
std::string graph_page(std::string json);

}  // namespace lexigrad::train
