#include "lexigrad/data/text/documents.h"

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/warning.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;

namespace {

Strings texts_of(data::Documents documents) {
  Strings out;
  while (auto document = documents.next()) out.push_back(data::read_rest(*document, documents.path()));
  return out;
}

Strings lines_of(const Folder& folder, const std::string& lines) {
  spill(folder / "a.jsonl", lines);
  return texts_of(data::Documents({folder / "a.jsonl"}, {.field = "text"}));
}

}  // namespace

TEST_CASE("a folder stands for the files in it, by name", "[documents]") {
  Folder folder;
  std::filesystem::create_directories(folder / "b/c");
  std::filesystem::create_directories(folder / "empty");
  for (const char* name : {"z.txt", "a.txt", "b/2", "b/1", "b/c/3", ".hidden"}) spill(folder / name, name);
  spill(folder / "b/nothing", "");
  CHECK(data::files_of({folder / "z.txt", folder / ""}) == Strings{folder / "z.txt", folder / "a.txt",
                                                                   folder / "b/1", folder / "b/2",
                                                                   folder / "b/c/3", folder / "z.txt"});
  CHECK(texts_of(data::Documents({folder / "b"})) == Strings{"b/1", "b/2", "b/c/3"});
  CHECK(data::read_texts({folder / "b"}) == "b/1\nb/2\nb/c/3");
  CHECK_THAT(message_of<FileError>([&] { data::files_of({folder / "empty"}); }),
             Contains("no file in this folder") && Contains("empty"));
  CHECK_THAT(message_of<FileError>([&] { data::Documents({folder / "none"}).next(); }), Contains("none"));
}

TEST_CASE("each line of JSON lines is a document", "[documents]") {
  Folder folder;
  CHECK(lines_of(folder,
                 "{\"text\": \"one\\ntwo\", \"id\": 3}\n\n  \r\n{\"id\": {}, \"text\": \"caf\\u00e9\"}\r\n"
                 "{\"text\": \"\"}") == Strings{"one\ntwo", "café", ""});
  std::string many;
  Strings expected;
  for (int i = 0; i < 3000; ++i) {
    expected.push_back(std::string(static_cast<size_t>(i % 97), 'x') + std::to_string(i));
    many += "{\"text\":\"" + expected.back() + "\"}\n";
  }
  expected.push_back(std::string(300'000, 'y'));  // longer than what is read at a time
  many += "{\"text\":\"" + expected.back() + "\"}\n";
  CHECK(lines_of(folder, many) == expected);
}

TEST_CASE("a line that is none is named", "[documents]") {
  Folder folder;
  const std::pair<const char*, const char*> bad[] = {
      {"{\"txt\": \"a\"}", "Line 2 has no field \"text\""},
      {"{\"text\": 7}", "Line 2 has a field \"text\" that is no text"},
      {"[1]", "Line 2 is no object"},
      {"{\"text\": \"a", "Line 2 is no object"},
      {"plain", "Line 2 is no object"}};
  for (const auto& [line, message] : bad) {
    INFO(line);
    CHECK_THAT(message_of<FileError>([&, &line = line] {
                 lines_of(folder, "{\"text\": \"good\"}\n" + std::string(line) + "\n");
               }),
               Contains(message) && Contains("a.jsonl") && Contains("Hint: "));
  }
  for (const char* name : {"x.jsonl", "x.ndjson", "x.jsonl.gz", "x.ndjson.zst"}) {
    spill(folder / name, "{}");
    CHECK_THAT(message_of<FileError>([&] { data::Documents({folder / name}); }), Contains("--field text"));
  }
}

TEST_CASE("a source that is cut into any pieces is decoded the same", "[documents]") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 60'000; ++i)
    text += i % 7 == 0 ? "猫é😀\n" : "ab";  // some 400 kB: characters across reads
  spill(folder / "t", text);
  Strings warnings;
  WarningHandler handler([&](const std::string& message) { warnings.push_back(message); });
  CHECK(texts_of(data::Documents({folder / "t"})) == Strings{text});
  CHECK(warnings.empty());
  spill(folder / "t", text + "\xe7\x8c");
  CHECK(texts_of(data::Documents({folder / "t"})) == Strings{text + "\xe7\x8c"});
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("2 of ") && Contains(lexigrad::text("byte ", text.size())));
  texts_of(data::Documents({folder / "t"}, {.warns = false}));
  CHECK(warnings.size() == 1);
}
