// Byte pairs of other programs' files: fixtures/patterns.json, written by fixtures/make_pattern_fixtures.py.
#include "lexigrad/data/tokenizers/file_tokenizer.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "support/fixture.h"
#include "support/fnv1a.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Contains;
using data::FileTokenizer;
using Ids = std::vector<int64_t>;
using Json = nlohmann::json;

namespace {

// One folder for each process: tests run side by side.
const Folder& scratch() {
  static Folder folder;
  return folder;
}

const Json& fixture() { return test::fixture("patterns.json"); }
const std::string kPatterns[] = {"gpt2", "cl100k", "llama3", "o200k"};

std::string written(const std::string& name, const std::string& bytes) {
  const std::string path = scratch() / ("file_tokenizer_" + name);
  write_file_atomically(path, bytes);
  return path;
}

FileTokenizer of_ranks(const std::string& pattern) {
  return FileTokenizer(written("ranks.tiktoken", fixture()["ranks"]), pattern);
}

// All bytes and all pairs of them are tokens: ids show where pieces begin.
FileTokenizer of_pairs(const std::string& pattern) {
  data::Vocabulary tokens;
  auto add = [&](std::initializer_list<int> bytes) {
    std::string token;
    for (int byte : bytes) token += static_cast<char>(byte);
    tokens.add(token);
  };
  for (int a = 0; a < 256; ++a) add({a});
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) add({a, b});
  return FileTokenizer(written("pairs.tiktoken", data::tiktoken_lines(tokens)), pattern);
}

FileTokenizer of_json(const Json& file) {
  return FileTokenizer(written("tokenizer.json", data::json_text(file)));
}

void check_texts(const FileTokenizer& tokenizer, const Json& hashes) {
  const Json& texts = fixture()["texts"];
  REQUIRE(texts.size() == hashes.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    auto text = texts[i].get<std::string>();
    INFO(data::escape(text));
    for (int again = 0; again < 2; ++again) {  // the second time from what is remembered
      Ids ids = tokenizer.encode(text);
      REQUIRE(test::fnv1a(ids) == hashes[i].get<std::string>());
      REQUIRE(tokenizer.decode(ids) == text);
    }
  }
}

// The ids of a copy that was saved and read back are the same, and its file too.
void check_saved(const FileTokenizer& tokenizer) {
  const std::string path = scratch() / "file_tokenizer_saved.txt";
  tokenizer.save(path);
  const std::string bytes = data::read_text(path);
  auto copy = data::load_tokenizer(path);
  REQUIRE(copy->kind() == "file");
  REQUIRE(copy->end_of_text() == tokenizer.end_of_text());
  for (const auto& text : fixture()["texts"])
    REQUIRE(copy->encode(text.get<std::string>()) == tokenizer.encode(text.get<std::string>()));
  copy->save(path);
  REQUIRE(data::read_text(path) == bytes);
}

}  // namespace

TEST_CASE("ids of ranks are tiktoken's by each pattern, and stay so when saved", "[tokenizer]") {
  for (const std::string& pattern : kPatterns) {
    INFO(pattern);
    check_texts(of_ranks(pattern), fixture()["tiktoken"][pattern]);
    check_texts(of_pairs(pattern), fixture()["pieces"][pattern]);
    check_saved(of_ranks(pattern));
  }
}

TEST_CASE("pieces are tiktoken's around every code point, by each pattern", "[tokenizer]") {
  std::vector<char32_t> points;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xD800 || c >= 0xE000) points.push_back(c);
  for (const std::string& pattern : kPatterns) {
    const FileTokenizer tokenizer = of_pairs(pattern);
    for (size_t first = 0; first < points.size(); first += 16384) {
      std::string text;
      for (size_t i = first; i < std::min(first + 16384, points.size()); ++i)
        for (char c : std::string_view("a?B?1? ?\n"))
          c == '?' ? data::append_utf8(text, points[i]) : text.push_back(c);
      INFO(pattern << ", code points from " << static_cast<uint32_t>(points[first]));
      REQUIRE(test::fnv1a(tokenizer.encode(text)) ==
              fixture()["every_code_point"][pattern][first / 16384].get<std::string>());
    }
  }
}

TEST_CASE("ids of a tokenizer.json are those of tokenizers, with ignore_merges and without", "[tokenizer]") {
  Json file = fixture()["tokenizer"];
  for (const auto& [name, expected] : fixture()["tokenizers"].items()) {
    INFO(name);
    file["pre_tokenizer"] = expected["pre_tokenizer"];
    file["model"]["ignore_merges"] = name.ends_with("whole");
    const FileTokenizer tokenizer = of_json(file);
    check_texts(tokenizer, expected["ids"]);
    check_saved(tokenizer);
    for (Json& merge : file["model"]["merges"])  // the older form
      if (merge.is_array()) merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
    check_texts(of_json(file), expected["ids"]);
    CHECK(tokenizer.encode(" whale").size() == (name.ends_with("whole") ? 1 : 3));
    CHECK(tokenizer.encode("x<|endoftext|>", {.special = data::Special::read}).back() ==
          tokenizer.end_of_text());
    CHECK(tokenizer.encode("<|start|>").size() > 1);
  }
}

TEST_CASE("a folder's vocabulary and merges are read as a tokenizer.json's", "[tokenizer]") {
  const Json& file = fixture()["tokenizer"];
  std::string merges = "#version: 0.2\n";
  for (const Json& merge : file["model"]["merges"])
    merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
  for (auto [vocabulary, pairs] :
       {std::pair("/vocab.json", "/merges.txt"), {"/encoder.json", "/vocab.bpe"}}) {
    const std::string folder = scratch() / "file_tokenizer_folder";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    write_file_atomically(folder + vocabulary, data::json_text(file["model"]["vocab"]));
    write_file_atomically(folder + pairs, merges);
    CHECK_THAT(message_of<FileError>([&] { FileTokenizer none(folder); }),
               Contains("does not state the pattern") && Contains("--pattern NAME (gpt2"));
    const FileTokenizer tokenizer(folder, "o200k");
    check_texts(tokenizer, fixture()["tokenizers"]["o200k merged"]["ids"]);
    CHECK(tokenizer.end_of_text() == static_cast<int64_t>(file["model"]["vocab"].size()));
    write_file_atomically(folder + pairs, merges + "zz qq\n");
    CHECK_THAT(message_of<FileError>([&] { FileTokenizer none(folder, "gpt2"); }),
               Contains("\"zz\", which is no token") && Contains(pairs));
  }
}

TEST_CASE("what lexigrad writes for others reads back to the same ids", "[tokenizer]") {
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += "The whale's 12 seas, " + std::to_string(i * i) + " of them;\n\t\u65e5\u672c ";
  const auto own = data::BpeTokenizer::from_text(text, {.vocabulary_size = 700});
  const Folder folder;
  const data::VocabularyFiles files = data::vocabulary_files(own.vocabulary());
  write_file_atomically(folder / "vocab.json", files.vocab);
  write_file_atomically(folder / "merges.txt", files.merges);
  const FileTokenizer ranks(written("own.tiktoken", data::tiktoken_lines(own.vocabulary())), "gpt2"),
      json(written("own.json", data::tokenizer_json(own.vocabulary()))), pair(folder.path, "gpt2");
  for (const FileTokenizer* tokenizer : {&ranks, &json, &pair}) {
    CHECK(tokenizer->vocabulary_size() == own.vocabulary_size());
    CHECK(tokenizer->end_of_text() == own.end_of_text());
    CHECK(tokenizer->encode(text) == own.encode(text));
    for (const auto& each : fixture()["texts"])
      REQUIRE(tokenizer->encode(each.get<std::string>()) == own.encode(each.get<std::string>()));
  }
}

TEST_CASE("any bytes come back, and threads, blocks and cuts do not change the ids", "[tokenizer]") {
  std::mt19937 random(8);
  std::string bytes;
  const std::string parts[] = {"\xC3",   "\xE2\x82", " the", "THE", "1234", "'S",
                               "\n",     "\r\n",     "  ",   "/",   "!\n",  "\u65e5\u672c\u3002\n",
                               "\u3000", "a"};
  while (bytes.size() < 1'500'000)
    bytes += random() % 50 ? parts[random() % std::size(parts)] : std::string(1, static_cast<char>(random()));
  for (const std::string& pattern : kPatterns) {
    INFO(pattern);
    const FileTokenizer tokenizer = of_ranks(pattern);
    const int before = num_threads();
    set_num_threads(1);
    const Ids ids = tokenizer.encode(bytes);
    set_num_threads(3);
    CHECK((tokenizer.encode(bytes) == ids));
    set_num_threads(before);
    CHECK((tokenizer.decode(ids) == bytes));
    Ids joined;
    size_t cuts = 0;
    for (std::string_view rest = bytes; !rest.empty(); ++cuts) {
      size_t cut = rest.size() > 900 ? tokenizer.cut(rest, 900) : rest.size();
      for (int64_t id : tokenizer.encode(rest.substr(0, cut))) joined.push_back(id);
      rest.remove_prefix(cut);
    }
    CHECK((joined == ids));
    CHECK(cuts > 800);
  }
}

TEST_CASE("ids that a file leaves free go to <|endoftext|>, then to unused tokens", "[tokenizer]") {
  auto ranks = [](const std::vector<int>& left_out) {
    std::string out;
    data::Vocabulary bytes;
    for (int b = 0; b < 256; ++b) bytes.add(std::string(1, static_cast<char>(b)));
    for (const char* token : {"ab", "cd", "ef"}) bytes.add(token);
    std::istringstream lines(data::tiktoken_lines(bytes));
    for (std::string line; std::getline(lines, line);) {
      size_t blank = line.find(' ');
      int rank = std::stoi(line.substr(blank)), moved = rank;
      for (int gap : left_out) moved += moved >= gap;
      out += line.substr(0, blank) + " " + std::to_string(moved) + "\n";
    }
    return written("gaps.tiktoken", out);
  };
  CHECK(FileTokenizer(ranks({}), "gpt2").end_of_text() == 259);
  CHECK(FileTokenizer(ranks({257}), "p50k").end_of_text() == 257);
  CHECK(FileTokenizer(ranks({257}), "p50k").encode("ef") == Ids{259});
  CHECK_THAT(message_of<FileError>([&] {
               FileTokenizer none(ranks({100, 257}), "gpt2");
             }),
             Contains("No token has id 257"));

  Json file = fixture()["tokenizer"];
  const auto size = static_cast<int64_t>(file["model"]["vocab"].size());
  file["added_tokens"] = {{{"id", size + 3}, {"content", "<s>"}, {"special", true}}};
  const FileTokenizer none = of_json(file);
  CHECK(none.vocabulary_size() == size + 4);
  CHECK(none.end_of_text() == size);
  CHECK(none.decode(Ids{size + 1, size + 3}) == "<|unused " + std::to_string(size + 1) + "|><s>");
  CHECK(none.decode(none.encode("<s>")) == "<s>");
  CHECK(none.encode("<s>").size() == 3);
}

TEST_CASE("no piece and no merge makes a special token", "[tokenizer]") {
  data::Vocabulary tokens;
  for (int b = 0; b < 256; ++b) tokens.add(std::string(1, static_cast<char>(b)));
  for (const char* token : {"ab", "abc", "xy", "<|endoftext|>"}) tokens.add(token);
  const FileTokenizer tokenizer =
      FileTokenizer::from_body("gpt2 whole 260 -1 2\n" + tokens.to_lines() + "256\n259\n", "body");
  CHECK(tokenizer.encode("ab") == Ids{'a', 'b'});
  CHECK(tokenizer.encode("abab") == Ids{'a', 'b', 'a', 'b'});
  CHECK(tokenizer.encode("abc") == Ids{257});
  CHECK(tokenizer.encode("abcab") == Ids{'a', 'b', 'c', 'a', 'b'});
  CHECK(tokenizer.encode("xyab") == Ids{258, 'a', 'b'});
  CHECK(tokenizer.decode(Ids{256}) == "ab");
}
