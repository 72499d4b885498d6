// What docs/house.md says of files and functions is there.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "catch.h"
#include "support/paths.h"

using lexigrad::test::in_source;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(in_source(path), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The part of docs/house.md under a title.
std::string section(const std::string& title) {
  std::string page = read("docs/house.md");
  size_t begin = page.find("## " + title + "\n");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find("\n## ", begin) - begin);
}

}  // namespace

TEST_CASE("each step of a batch's journey is in the file that the page names", "[house]") {
  std::string text = section("The journey of a batch");
  std::regex step("`([a-z_0-9/]+\\.(?:h|cpp))`\\s+`([A-Za-z_]+)`");
  int steps = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), step), end; at != end; ++at, ++steps) {
    INFO((*at)[0].str());
    CHECK(std::regex_search(read((*at)[1]), std::regex("\\b" + (*at)[2].str() + "\\b")));
  }
  CHECK(steps >= 25);
}

TEST_CASE("every path and link of the house's page leads somewhere", "[house]") {
  std::string page = read("docs/house.md");
  std::regex path("`((?:autograd|nn|data|train|tests|examples|bench|include|docs)/[a-z_0-9/.]*)`"),
      link("\\]\\(([^)]+)\\)");
  for (std::sregex_iterator at(page.begin(), page.end(), path), end; at != end; ++at) {
    INFO((*at)[1].str());
    CHECK(std::filesystem::exists(in_source((*at)[1])));
  }
  for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end; ++at) {
    INFO((*at)[1].str());
    CHECK(std::filesystem::exists(in_source("docs/" + (*at)[1].str())));
  }
}

TEST_CASE("every folder of sources is a room of the page, and no room is crowded", "[house]") {
  std::string rooms = section("Rooms");
  const std::set<std::string> large = {"autograd/ops", "nn/layers", "nn/losses", "train/optim/methods"};
  for (const char* top : {"autograd", "nn", "data", "train"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(in_source(top))) {
      if (!entry.is_directory()) continue;
      std::string folder = entry.path().lexically_relative(in_source("")).generic_string();
      std::string last = folder.substr(folder.rfind('/') + 1) + "/";
      INFO(folder);
      CHECK(rooms.find(last) != std::string::npos);
      std::set<std::string> names;
      for (const auto& file : std::filesystem::directory_iterator(entry.path()))
        names.insert(file.path().stem().string());
      CHECK((large.contains(folder) || names.size() <= 16));
    }
}
