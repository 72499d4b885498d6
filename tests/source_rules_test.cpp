// Rules that the compiler does not hold: which way includes go, and what only one file may do.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

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

// The room that a path belongs to, and its rank: base < kernels < tensor < tape < ops < checks < {nn, data} <
// {optim, formats} < {tables, vectors, pictures} < tensorboard < loop < runs < tools.
std::pair<std::string, int> room_of(const std::string& path) {
  static const std::vector<std::pair<std::string, int>> rooms = {{"autograd/base/", 0},
                                                                 {"autograd/kernels/", 1},
                                                                 {"autograd/tensor/", 2},
                                                                 {"autograd/tape/", 3},
                                                                 {"autograd/ops/", 4},
                                                                 {"autograd/checks/", 5},
                                                                 {"autograd/", 6},
                                                                 {"nn/", 7},
                                                                 {"data/", 7},
                                                                 {"train/optim/", 8},
                                                                 {"train/formats/", 8},
                                                                 {"train/vectors/", 9},
                                                                 {"train/pictures/", 9},
                                                                 {"train/tables/", 9},
                                                                 {"train/tensorboard/", 10},
                                                                 {"train/loop/", 11},
                                                                 {"train/runs/", 12},
                                                                 {"train/tools/", 14},
                                                                 {"train/", 13}};
  for (const auto& room : rooms)
    if (path.starts_with(room.first)) return room;
  return {path, 99};
}

bool starts_with_any(const std::string& path, const Strings& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& each) { return path.starts_with(each); });
}

// Sources of autograd's upper rooms may use each other; everything else looks down only.
bool looks_up(const std::string& path, const std::string& included) {
  static const Strings engine = {"autograd/tensor/", "autograd/tape/", "autograd/ops/", "autograd/checks/"};
  if (path.ends_with(".cpp") && starts_with_any(path, engine) && starts_with_any(included, engine))
    return false;
  auto from = room_of(path), to = room_of(included);
  return to != from && to.second >= from.second;
}

std::string include_trouble(const std::string& path, const std::string& included) {
  static const std::string own = "lexigrad/";
  if (included.starts_with(own)) {
    std::string header = included.substr(own.size());
    static const Strings inside = {"autograd/tensor/tensor_body.h", "autograd/tape/node.h",
                                   "autograd/tape/observer.h"};
    if (!path.starts_with("autograd/") && starts_with_any(header, inside)) return "the inside of autograd";
    return looks_up(path, header) ? "includes against the direction" : "";
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
  bool dumps = line.find(".dump(") != std::string::npos || line.find("->dump(") != std::string::npos;
  if (dumps && path != "data/text/json_text.cpp" && path != "train/formats/safetensors.cpp")
    return "JSON is written by data/text/json_text.h, which takes any bytes";
  if (line.find("directory_iterator") != std::string::npos || line.find("remove_all(") != std::string::npos)
    return "names_in() reads folders; what std::filesystem has for it ends the process without memory";
  bool closes = line.find("::close(") != std::string::npos;
  if (closes && path != "autograd/base/file.cpp") return "Descriptor closes files";
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

// The text of a line that is a comment alone; empty for others.
std::string comment_of(const std::string& line) {
  size_t begin = line.find_first_not_of(' ');
  if (begin == std::string::npos || line.compare(begin, 2, "//") != 0) return "";
  begin = line.find_first_not_of("/<", begin);
  return begin == std::string::npos || line[begin] != ' ' ? "" : line.substr(begin + 1);
}

// A comment's last line that holds a word or two, behind a line that was filled to its end; a comment that begins
// with a pronoun or with "Of".
Strings comment_troubles(const std::string& path, const std::string& source) {
  static const Strings openings = {"Of ", "It ", "Its ", "They ", "Their ", "This is ", "These ", "Those "};
  Strings out, lines(1);
  std::istringstream in(source);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  lines.emplace_back();
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    std::string now = comment_of(lines[i]), before = comment_of(lines[i - 1]);
    if (now.empty()) continue;
    bool last = comment_of(lines[i + 1]).empty();
    auto words = std::count(now.begin(), now.end(), ' ') + 1;
    if (!before.empty() && last && words <= 2 && now.size() <= 16 && lines[i - 1].size() >= 88)
      out.push_back(text(path, ":", i, ": an orphan: ", now));
    if (before.empty() && starts_with_any(now, openings))
      out.push_back(text(path, ":", i, ": opens without a subject: ", now));
  }
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
      std::string name = path.lexically_relative(root).generic_string();
      CHECK(troubles(name, read(path)) == Strings{});
      CHECK(comment_troubles(name, read(path)) == Strings{});
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
    CHECK(breaks("nn/module.cpp", "#include \"lexigrad/autograd/tape/node.h\"\n") == 1);
    CHECK(breaks("train/loop/audit.cpp", "#include \"lexigrad/autograd/tape/reader.h\"\n") == 0);
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
  SECTION("files and folders are read in one place") {
    CHECK(breaks("train/runs/run.cpp", "for (auto& file : fs::directory_iterator(folder))\n") == 1);
    CHECK(breaks("train/runs/run.cpp", "fs::remove_all(folder, error);\n") == 1);
    CHECK(breaks("train/runs/run.cpp", "::close(file);\n") == 1);
    CHECK(breaks("autograd/base/file.cpp", "::close(file);\nbase::closer(1);\n") == 0);
  }
  SECTION("JSON is written in one place") {
    CHECK(breaks("train/runs/run.cpp", "print(json.dump(1));\n") == 1);
    CHECK(breaks("data/text/json_text.cpp", "return json.dump(1);\n") == 0);
  }
  SECTION("comments have no orphans and open with a subject") {
    std::string full = "// " + std::string(90, 'x') + "\n";
    CHECK(comment_troubles("a.h", full + "// nodes.\n\n").size() == 1);
    CHECK(comment_troubles("a.h", full + "// nodes.\n// And more of them here.\n").empty());
    CHECK(comment_troubles("a.h", "// Short.\n// nodes.\n").empty());
    CHECK(comment_troubles("a.h", "/// Of this thread; 0: none.\nint a;\n").size() == 1);
    CHECK(comment_troubles("a.h", "// The count\n// Of threads.\n").empty());
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
