// The README's programs are files of the tree, and print what it says.
//   <!-- examples/x.cpp -->            the next block is that file (up to the comment that says what it
//   prints)
//   <!-- part of examples/x.cpp -->    the next block stands in it
//   <!-- printed by examples/x.cpp --> the next block is that comment
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "support/paths.h"

namespace {

std::string read(const std::string& path) {
  std::ifstream in(lexigrad::test::in_source(path));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string without(std::string text, const std::string& what, const std::string& instead = "") {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += instead.size())
    text.replace(at, what.size(), instead);
  return text;
}

struct Example {
  std::string program, prints;
};
Example example(const std::string& path) {
  static const std::string mark = "\n// Prints:\n";
  std::string source = read(path);
  size_t end = std::min(source.find(mark), source.size());
  Example out{source.substr(0, end) + "\n", ""};
  if (end < source.size())
    out.prints = without(without("\n" + source.substr(end + mark.size()), "\n// ", "\n"), "~");
  return {without(out.program, "\n\n\n", "\n\n"), out.prints.empty() ? "" : out.prints.substr(1)};
}

// Looks at each block of C++ or text and the comment before it; returns how many it saw.
int check_blocks(const std::string& name) {
  int seen = 0;
  std::string text = read(name);
  for (size_t at = 0; (at = text.find("\n```", at)) != std::string::npos;) {
    size_t begin = text.find('\n', at + 1) + 1, end = text.find("\n```", begin);
    REQUIRE(end != std::string::npos);
    std::string language = text.substr(at + 4, begin - at - 5), block = text.substr(begin, end + 1 - begin);
    size_t line = text.rfind('\n', at - 1) + 1;
    std::string comment = text.substr(line, at - line);
    at = end + 4;
    if (language != "cpp" && language != "text") continue;
    INFO(name << ": " << comment);
    REQUIRE(comment.starts_with("<!-- "));
    std::string path = comment.substr(comment.rfind(' ', comment.size() - 5) + 1);
    path.resize(path.size() - 4);
    if (comment.starts_with("<!-- part of "))
      CHECK(("\n" + read(path)).find("\n" + block) != std::string::npos);
    else if (comment.starts_with("<!-- printed by "))
      CHECK(block == example(path).prints);
    else
      CHECK(block == example(path).program);
    ++seen;
  }
  return seen;
}

}  // namespace

TEST_CASE("the README's programs are files that run, and print what it says") {
  CHECK(check_blocks("README.md") >= 4);
}

TEST_CASE("the documents' programs are cut from files that are compiled") {
  int seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(lexigrad::test::in_source("docs")))
    if (file.path().extension() == ".md") seen += check_blocks("docs/" + file.path().filename().string());
  CHECK(seen >= 5);
}
