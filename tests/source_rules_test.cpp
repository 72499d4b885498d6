// Rules that the compiler does not hold: which way includes go, and what only one file may do.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "support/paths.h"

namespace {

using lexigrad::text;

using Strings = std::vector<std::string>;

bool in_name(const std::string& code, size_t i) {
  return i < code.size() && (std::isalnum(static_cast<unsigned char>(code[i])) || code[i] == '_');
}

// Where the literal or comment that starts at `i` ends; `i` itself where none starts there.
size_t end_of_skipped(const std::string& source, size_t i) {
  auto after = [&](const std::string& mark, size_t from) {
    size_t at = source.find(mark, from);
    return at == std::string::npos ? source.size() : at + mark.size();
  };
  if (source.compare(i, 2, "//") == 0) return std::min(source.find('\n', i), source.size());
  if (source.compare(i, 2, "/*") == 0) return after("*/", i + 2);
  if (source.compare(i, 2, "R\"") == 0) {
    std::string mark = ")";
    mark.append(source, i + 2, source.find('(', i) - i - 2).push_back('"');
    return after(mark, i);
  }
  bool digit_separator = in_name(source, i - 1);
  if (source[i] != '"' && (source[i] != '\'' || digit_separator)) return i;
  size_t end = i + 1;
  while (end < source.size() && source[end] != source[i]) end += source[end] == '\\' ? 2 : 1;
  return end + 1;
}

// The lines of a source without its comments, string and character literals; the paths of includes stay.
Strings code_lines(const std::string& source) {
  Strings lines(1);
  for (size_t i = 0; i < source.size();) {
    size_t end = lines.back().starts_with("#include") ? i : end_of_skipped(source, i);
    if (end > i) {
      i = end;
      continue;
    }
    if (source[i] == '\n')
      lines.emplace_back();
    else
      lines.back() += source[i];
    ++i;
  }
  return lines;
}

// The folder that a path belongs to, and its place in base <- kernels <- autograd <- {nn, data} <- train <-
// tools.
std::pair<std::string, int> layer_of(const std::string& path) {
  static const std::vector<std::pair<std::string, int>> layers = {
      {"autograd/base/", 0}, {"autograd/kernels/", 1}, {"autograd/", 2}, {"nn/", 3},
      {"data/", 3},          {"train/tools/", 5},      {"train/", 4}};
  for (const auto& layer : layers)
    if (path.starts_with(layer.first)) return layer;
  return {path, 9};
}

std::string include_trouble(const std::string& path, const std::string& included) {
  static const std::string own = "lexigrad/";
  if (included.starts_with(own)) {
    auto from = layer_of(path), to = layer_of(included.substr(own.size()));
    return to == from || to.second < from.second ? "" : "includes against the direction";
  }
  bool standard = included.find_first_of("./") == std::string::npos;
  if (path.ends_with(".h") && !path.ends_with("-inl.h") && !standard)
    return "a header that is not the library's own in a .h";
  if (included == "omp.h" && !path.starts_with("autograd/base/parallel."))
    return "omp.h outside autograd/base/parallel";
  if (included == "cblas.h" && path != "autograd/kernels/gemm.cpp")
    return "cblas.h outside autograd/kernels/gemm.cpp";
  return "";
}

// True where the line throws something new: a lone `throw;` passes on what was caught.
bool throws(const std::string& line) {
  for (size_t at = line.find("throw"); at != std::string::npos; at = line.find("throw", at + 1)) {
    size_t next = line.find_first_not_of(' ', at + 5);
    if (!in_name(line, at - 1) && !in_name(line, at + 5) && !(next < line.size() && line[next] == ';'))
      return true;
  }
  return false;
}

std::string trouble_in(const std::string& path, const std::string& line) {
  if (line.starts_with("#include"))
    if (size_t begin = line.find_first_of("<\""), end = line.find_first_of(">\"", begin + 1);
        end < line.size())
      return include_trouble(path, line.substr(begin + 1, end - begin - 1));
  if (path != "autograd/base/parallel.h" && line.find("pragma omp") != std::string::npos)
    return "OpenMP outside autograd/base/parallel.h";
  if (path != "autograd/base/check.cpp" && throws(line)) return "throw outside autograd/base/check.cpp";
  return "";
}

// One text for each line of the source that breaks a rule.
Strings troubles(const std::string& path, const std::string& source) {
  Strings out;
  for (const std::string& line : code_lines(source))
    if (std::string why = trouble_in(path, line); !why.empty())
      out.push_back(text(path, ": ", why, ": ", line));
  return out;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the source keeps its rules") {
  namespace fs = std::filesystem;
  const fs::path root = lexigrad::test::in_source("");
  int files = 0;
  for (const char* folder : {"autograd", "nn", "data", "train"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".h" && path.extension() != ".cpp") continue;
      ++files;
      CHECK(troubles(path.lexically_relative(root).generic_string(), read(path)) == Strings{});
    }
  }
  REQUIRE(files > 3);
}

TEST_CASE("the rules see what they are for") {
  auto breaks = [](const std::string& path, const std::string& source) {
    return troubles(path, source).size();
  };
  SECTION("includes go one way") {
    CHECK(breaks("autograd/base/rng.h", "#include \"lexigrad/autograd/tensor/tensor.h\"\n") == 1);
    CHECK(breaks("autograd/kernels/exp.cpp", "#include \"lexigrad/autograd/ops/shared/op.h\"\n") == 1);
    CHECK(breaks("autograd/ops/add.cpp", "int a;\n#include <lexigrad/nn/nn.h>\n") == 1);
    CHECK(breaks("nn/nn.h", "#include \"lexigrad/data/data.h\"\n") == 1);
    CHECK(breaks("data/data.h", "#include \"lexigrad/nn/nn.h\"\n") == 1);
    CHECK(breaks("train/train.h", "#include \"lexigrad/train/tools/cli.h\"\n") == 1);
    CHECK(breaks("train/train.h", "#include \"lexigrad/lexigrad.h\"\n") == 1);
    CHECK(breaks("train/tools/main.cpp", "#include \"lexigrad/nn/nn.h\"\n#include <CLI/CLI.hpp>\n") == 0);
    CHECK(breaks("autograd/ops/add.cpp", "#include \"lexigrad/autograd/kernels/add.h\"\n") == 0);
  }
  SECTION("headers of others stay in .cpp files") {
    CHECK(breaks("nn/module.h", "#include <fmt/format.h>\n#include <vector>\n") == 1);
    CHECK(breaks("nn/module.cpp", "#include <fmt/format.h>\n#include <vector>\n") == 0);
    CHECK(breaks("autograd/ops/matmul.cpp", "#include <cblas.h>\n") == 1);
    CHECK(breaks("autograd/kernels/gemm.cpp", "#include <cblas.h>\n") == 0);
    CHECK(breaks("data/loader.cpp", "#include <omp.h>\n") == 1);
  }
  SECTION("OpenMP and throw have one place each") {
    CHECK(breaks("nn/init.cpp", "#pragma omp parallel for\n") == 1);
    CHECK(breaks("nn/init.cpp", "if (bad) throw 1;\n") == 1);
    CHECK(breaks("nn/init.cpp", "try { f(); } catch (...) { throw; }\nbool throws = rethrow(1);\n") == 0);
    CHECK(breaks("nn/init.cpp", "catch (...) { throw ; throw Bad(); }\nreturn bad ? throw\n 1 : 2;\n") == 2);
  }
  SECTION("comments and literals are no code, and end where they end") {
    CHECK(breaks(
              "nn/init.cpp",
              "// throw 1\n/* throw\n 2 */ f(\"throw \\\" 3\", '\"'); g(1'000, R\"x(throw \")\" 4)x\");\n") ==
          0);
    CHECK(
        breaks(
            "nn/init.cpp",
            "// a\nthrow 1; /* b */ throw 2;\nf(\"\"); throw 3;\ng('\"'); throw 4;\nh(1'000); throw 5;\n") ==
        5 - 1);
  }
}
