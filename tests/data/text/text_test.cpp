#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/escape.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "support/paths.h"

using namespace lexigrad;
using Catch::Contains;

namespace {
const std::string kFolder = lexigrad::test::in_build("text_test");

std::string read_error(const std::string& path) {
  try {
    data::read_text(path);
  } catch (const FileError& error) {
    REQUIRE(error.path() == path);
    return error.what();
  }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("a file is read as its bytes are", "[text]") {
  std::filesystem::create_directories(kFolder);
  std::string bytes("\xEF\xBB\xBFone\r\ntwo\0three\xFF\n", 19), path = kFolder + "/bytes.txt";
  std::ofstream(path, std::ios::binary) << bytes;
  REQUIRE(data::read_text(path) == bytes);
  std::string large(300001, 'x');
  std::ofstream(path, std::ios::binary) << large;
  REQUIRE(data::read_text(path) == large);
}

TEST_CASE("what cannot be read says why", "[text]") {
  std::filesystem::create_directories(kFolder);
  std::ofstream(kFolder + "/empty.txt").flush();
  REQUIRE_THAT(read_error(kFolder + "/none.txt"),
               Contains("No such file") && Contains("none.txt") && Contains("Hint"));
  REQUIRE_THAT(read_error(kFolder), Contains("directory"));
  REQUIRE_THAT(read_error(kFolder + "/empty.txt"), Contains("empty"));
  REQUIRE_THAT(read_error(kFolder + "/empty.txt/x"), Contains("Not a directory"));
  REQUIRE_THAT(read_error("/proc/self/mem"), Contains("cannot be read"));
}

TEST_CASE("UTF-8 is decoded strictly", "[text]") {
  auto decode = [](std::string_view bytes) {
    return data::decode_utf8(bytes.data(), bytes.data() + bytes.size());
  };
  for (char32_t c : {0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}) {
    std::string bytes;
    data::append_utf8(bytes, c);
    REQUIRE(decode(bytes).valid);
    REQUIRE(decode(bytes).value == c);
    REQUIRE(decode(bytes).length == static_cast<int>(bytes.size()));
    bytes.pop_back();
    if (!bytes.empty()) REQUIRE_FALSE(decode(bytes).valid);
  }
  for (std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x82("}) {
    REQUIRE_FALSE(decode(bad).valid);
    REQUIRE(decode(bad).length == 1);
    REQUIRE(decode(bad).value == data::kReplacement);
  }
}

TEST_CASE("escaped text is one readable line and comes back", "[text]") {
  REQUIRE(data::escape("a b\n\t\r\\") == "a b\\n\\t\\r\\\\");
  REQUIRE(data::escape(std::string_view("\0\x1F\x7F", 3)) == "\\x00\\x1f\\x7f");
  REQUIRE(data::escape("\u00e9\u4e16\u00a0\u200d\xFF") == "\u00e9\u4e16\\u{a0}\\u{200d}\\xff");
  std::string all;
  for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
  all += "\u00a0\u2028\U000e0001\\x41 \\u{41}";
  REQUIRE(data::unescape(data::escape(all)) == all);
  for (auto bad : {"\\", "\\q", "\\x", "\\xg1", "\\u{", "\\u", "\\u{}", "\\u{110000}"})
    REQUIRE_THROWS_WITH(data::unescape(bad), Contains("Broken escape"));
}

TEST_CASE("visible text steers no terminal, and is else as it was", "[text]") {
  REQUIRE(data::visible("a \\ b \u00e9\u732b\U0001f469\u200d\U0001f680 \\x1b") ==
          "a \\ b \u00e9\u732b\U0001f469\u200d\U0001f680 \\x1b");
  REQUIRE(data::visible("\x1b[31m\n\t\r\x7f\xff\u009b\u202e") ==
          "\\x1b[31m\\n\\t\\r\\x7f\\xff\\u{9b}\\u{202e}");
  for (int b = 0; b < 256; ++b)
    for (char c : data::visible(std::string(1, static_cast<char>(b)))) REQUIRE((c >= 0x20 && c < 0x7f));
}
