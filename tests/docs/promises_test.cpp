// docs/promises.md: each promise names what keeps it, and that is there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/data/text/encoding.h"
#include "support/paths.h"

using namespace lexigrad::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> rows_of_page() {
  std::vector<std::string> rows;
  std::ifstream page(in_source("docs/promises.md"));
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| ") && !line.starts_with("| promise |")) rows.push_back(line.substr(2));
  return rows;
}

std::string second_column(const std::string& row) { return row.substr(row.find(" | ") + 3); }

// Names of tests that the build makes beside Catch2's.
std::set<std::string> ctest_names() {
  std::set<std::string> out;
  std::regex name(R"(NAME\s+(\w+))");
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(in_source("tests")))
    if (file.path().filename() == "CMakeLists.txt") {
      std::string text = lexigrad::data::read_utf8(file.path().string());
      for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
        out.insert((*it)[1]);
    }
  return out;
}

std::vector<std::string> names_in(const std::string& text) {
  static const std::regex quoted(R"(`(\w+)`)");
  std::vector<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), quoted), end; it != end; ++it)
    out.push_back((*it)[1]);
  return out;
}

bool is_in_tests(const std::string& name) {
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(in_source("tests")))
    if (file.path().filename() == name) return true;
  return false;
}

}  // namespace

TEST_CASE("every promise names what keeps it, and every name is there", "[docs]") {
  std::regex path(R"([\w./]+\.(cpp|h|mjs|md|py|sh)\b)"), ctest(R"(ctest ((`\w+`(, | and )?)+))");
  std::set<std::string> tests = ctest_names();
  REQUIRE(tests.contains("install"));
  size_t promises = 0;
  for (const std::string& row : rows_of_page()) {
    INFO(row);
    std::string keepers = second_column(row);
    size_t found = 0;
    for (std::sregex_iterator it(keepers.begin(), keepers.end(), path), end; it != end; ++it, ++found) {
      std::string name = it->str();
      INFO(name);
      CHECK((name.find('/') == std::string::npos ? is_in_tests(name) : fs::exists(in_source(name))));
    }
    for (std::sregex_iterator it(keepers.begin(), keepers.end(), ctest), end; it != end; ++it)
      for (std::string all = it->str(); auto& name : names_in(all)) {
        INFO(name);
        CHECK(tests.contains(name));
        ++found;
      }
    CHECK(found > 0);
    ++promises;
  }
  CHECK(promises > 50);
}
