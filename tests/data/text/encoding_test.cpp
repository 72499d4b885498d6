#include "lexigrad/data/text/encoding.h"

#include <cmath>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/data/text/compression.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/text/text.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using std::string_literals::operator""s;

namespace {

// One of each length in UTF-8, and both halves of a surrogate pair.
const std::u32string kCodes = U"a\n\u00e9\u732b\U0001f600z\uffff\U0010ffff";

std::string utf8(const std::u32string& codes) {
  std::string out;
  for (char32_t c : codes) data::append_utf8(out, c);
  return out;
}

std::string units(const std::u32string& codes, size_t bytes, bool big) {
  std::string out;
  auto put = [&](uint32_t value) {
    for (size_t k = 0; k < bytes; ++k) out += static_cast<char>(value >> 8 * (big ? bytes - 1 - k : k));
  };
  for (char32_t c : codes)
    if (bytes == 2 && c > 0xFFFF)
      put(0xD7C0 + (c >> 10)), put(0xDC00 + (c & 0x3FF));
    else
      put(c);
  return out;
}

struct Texts {
  Folder folder;
  std::vector<std::string> warnings;
  std::string read(const std::vector<std::string>& texts, const std::string& encoding = "auto") {
    std::vector<std::string> paths;
    for (const std::string& each : texts) {
      paths.push_back(folder / text("t", paths.size()));
      spill(paths.back(), each);
    }
    WarningHandler handler([this](const std::string& message) { warnings.push_back(message); });
    return data::read_texts(paths, {.encoding = encoding});
  }
};

}  // namespace

TEST_CASE("texts of every encoding with a mark are read as the same text", "[encoding]") {
  for (size_t bytes : {2, 4})
    for (bool big : {false, true}) {
      INFO(bytes << " bytes, big-endian " << big);
      Texts texts;
      CHECK(texts.read({units(U'\ufeff' + kCodes, bytes, big)}) == utf8(kCodes));
      CHECK(texts.warnings.empty());
      CHECK_THAT(message_of<FileError>([&] { texts.read({units(U'\ufeff' + kCodes, bytes, big) + "x"}); }),
                 Contains("ends within a character"));
      CHECK_THAT(
          message_of<FileError>([&] { texts.read({units(U'\ufeff' + kCodes, bytes, big)}, "latin-1"); }),
          Contains(bytes == 2 ? "the mark of utf-16" : "the mark of utf-32"));
    }
  Texts texts;
  CHECK(texts.read({"\xef\xbb\xbf" + utf8(kCodes)}) == utf8(kCodes));
  CHECK(texts.read({units(kCodes + U"plain words", 2, true)}, "utf-16") == utf8(kCodes + U"plain words"));
  CHECK(texts.read({units(kCodes + U"plain words", 2, false)}, "utf-16") == utf8(kCodes + U"plain words"));
  CHECK(texts.read({"caf\xe9 \xdf"
                    "a"},
                   "latin-1") == "café ßa");
  CHECK(texts.read({"\xff\xfe"
                    "a\0\0\xd8"
                    "b\0"s}) ==
        "a\xef\xbf\xbd"
        "b");  // half a pair
  CHECK(texts.warnings.empty());
}

TEST_CASE("bytes that are no UTF-8 are one warning with share, place and flag", "[encoding]") {
  Texts texts;
  CHECK(texts.read({"one\ntwo caf\xe9 \xdf\n"}) == "one\ntwo caf\xe9 \xdf\n");
  REQUIRE(texts.warnings.size() == 1);
  CHECK_THAT(texts.warnings[0], Contains("2 of 15 bytes (13.3 %)") && Contains("line 2, byte 11") &&
                                    Contains("--encoding latin-1") && Contains("/t0"));
  texts.read({"one\ntwo caf\xe9 \xdf\n"}, "utf-8");
  CHECK(texts.warnings.size() == 1);
  texts.read({"w\0o\0r\0d\0s\0"s});
  REQUIRE(texts.warnings.size() == 2);
  CHECK_THAT(texts.warnings[1], Contains("5 zeros in 10 bytes (50 %)") && Contains("utf-16"));
  texts.read({std::string(2000, 'a') + "\xff"});
  CHECK_THAT(texts.warnings.back(), Contains("(0.05 %)"));
}

TEST_CASE("several texts are one, each from a line of its own", "[encoding]") {
  Texts texts;
  CHECK(texts.read({"one", "\xef\xbb\xbftwo\n", units(U"\ufeffthree", 2, true)}) == "one\ntwo\nthree");
}

TEST_CASE("a text without a word says so", "[encoding]") {
  Texts texts;
  for (const std::string& blank :
       {" \n\t \r\n"s, "\xef\xbb\xbf \n"s, "\xef\xbb\xbf"s, "\0\0\n"s, "\xe3\x80\x80"s, "\xff\xfe \0"s})
    CHECK_THAT(message_of<FileError>([&] {
                 texts.read({"words", blank});
               }),
               Contains("blank") && Contains("/t1"));
  CHECK(texts.read({"."}) == ".");
}

TEST_CASE("packed texts are unpacked, or refused by name", "[encoding]") {
  const std::string formats = lexigrad::test::in_source("tests/fixtures/formats/"),
                    plain = slurp(formats + "gensim.vec");
  for (const char* ending : {".gz", ".zst"}) {
    std::string packed = slurp(formats + "gensim_packed.vec" + ending);
    CHECK(data::unpacked(packed, "x") == plain);
    CHECK(data::unpacked(packed + packed, "x") == plain + plain);
    for (size_t size = 4; size < packed.size(); ++size)
      CHECK_THROWS_AS(data::unpacked(packed.substr(0, size), "x"), FileError);
  }
  const std::pair<std::string, const char*> foreign[] = {{"PK\x03\x04rest", "zip"},
                                                         {"\xfd"
                                                          "7zXZ\0"s,
                                                          "xz"},
                                                         {"BZh91AY&SY", "bzip2"},
                                                         {"7z\xbc\xaf\x27\x1c", "7z"},
                                                         {"%PDF-1.7", "PDF"}};
  for (const auto& [bytes, name] : foreign)
    CHECK_THAT(message_of<FileError>([&, &bytes = bytes] { data::unpacked(bytes, "some/file"); }),
               Contains(name) && Contains("some/file") && Contains("Hint: "));
  CHECK(data::unpacked("BZh is no magic", "x") == "BZh is no magic");
}
