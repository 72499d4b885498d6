// Files of byte pairs that are damaged, or state what is not known: each is refused with what is wrong.
#include <nlohmann/json.hpp>
#include <random>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "support/fixture.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Contains;
using data::FileTokenizer;
using Json = nlohmann::json;

namespace {

// One folder for each process: tests run side by side.
const Folder& scratch() {
  static Folder folder;
  return folder;
}

std::string refused(const std::string& bytes, const std::string& pattern = "") {
  const std::string path = scratch() / "file_damage";
  write_file_atomically(path, bytes);
  std::string message = message_of<FileError>([&] { FileTokenizer(path, pattern).encode("a"); });
  CHECK_THAT(message, Contains("[file_tokenizer]") && Contains(path) && Contains("Hint: "));
  return message;
}

}  // namespace

TEST_CASE("a tokenizer.json with a rule that is not known is refused by its key", "[tokenizer]") {
  const Json good = test::fixture("patterns.json")["tokenizer"];
  const std::string regex = "/pre_tokenizer/pretokenizers/0/pattern/Regex";
  struct Change {
    std::string place;
    Json value;
    std::string message;
  };
  const Change changes[] = {
      {"/model/type", "WordPiece", "model.type is \"WordPiece\""},
      {"/model/byte_fallback", true, "model.byte_fallback is true"},
      {"/model/dropout", 0.1, "model.dropout is 0.1"},
      {"/model/unk_token", "<unk>", "model.unk_token is \"<unk>\""},
      {"/model/continuing_subword_prefix", "##", "model.continuing_subword_prefix is \"##\""},
      {"/model/end_of_word_suffix", "</w>", "model.end_of_word_suffix is \"</w>\""},
      {"/model/ignore_merges", 1, "model.ignore_merges is 1"},
      {"/model/vocab", Json::array(), "model.vocab is []"},
      {"/model/vocab/a", "x", "The id of \"a\" is \"x\""},
      {"/model/vocab/a", -1, "The id of \"a\" is -1"},
      {"/model/vocab/a", uint64_t{1} << 63, "\"a\" has id 2097151 (valid: 0..2097150)"},
      {"/model/vocab/a", 5, "Id 5 is both"},
      {"/model/vocab/", 9999, "is empty"},
      {"/model/vocab/\u65e5", 9999, "has a character that stands for no byte"},
      {"/model/vocab/zzzz", 5000, "No token has id"},
      {"/model/merges", "a b", "model.merges is \"a b\""},
      {"/model/merges/0", Json::array({"a"}), "A merge is [\"a\"]"},
      {"/model/merges/0", "a b c", "A merge is \"a b c\""},
      {"/model/merges/0", Json::array({"q", "qzq"}), "Merge 0 has \"qzq\", which is no token"},
      {"/model/merges/1", good["model"]["merges"][0], "are merged twice"},
      {"/model", 3, "model is 3"},
      {"/normalizer", {{"type", "NFC"}}, "normalizer is {\"type\":\"NFC\"}"},
      {"/decoder", nullptr, "decoder is not there"},
      {"/decoder/type", "WordPiece", "decoder is {"},
      {"/pre_tokenizer", nullptr, "pre_tokenizer is not there"},
      {"/pre_tokenizer", {{"type", "Whitespace"}}, "pre_tokenizer is {\"type\":\"Whitespace\"}"},
      {"/pre_tokenizer",
       {{"type", "ByteLevel"}, {"add_prefix_space", true}},
       "pre_tokenizer is {\"add_prefix_space\":true"},
      {"/pre_tokenizer",
       {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}},
       "pre_tokenizer is {"},
      {"/pre_tokenizer/pretokenizers", Json::array(), "pre_tokenizer is {"},
      {"/pre_tokenizer/pretokenizers/0/behavior", "Removed", "pre_tokenizer is {\"behavior\":\"Removed\""},
      {"/pre_tokenizer/pretokenizers/0/invert", true, "pre_tokenizer is {"},
      {"/pre_tokenizer/pretokenizers/1/use_regex", true, "pre_tokenizer is {"},
      {regex, "\\p{N}{1,3}+", "The pre_tokenizer's pattern is"},
      {"/added_tokens", 1, "added_tokens is 1"},
      {"/added_tokens/0", 1, "A token of added_tokens is 1"},
      {"/added_tokens/0/special", false, "not special, and so looked for in every text"},
      {"/added_tokens/0/id", "x", "The id of a token of added_tokens is \"x\""},
      {"/added_tokens/0/content", "a", "\"a\" has the ids"},
      {"/added_tokens/1/lstrip", true, "lstrip of <|endoftext|> is true"},
  };
  for (const Change& change : changes) {
    INFO(change.place << " " << data::json_text(change.value));
    Json bad = good;
    bad[Json::json_pointer(change.place)] = change.value;
    CHECK_THAT(refused(data::json_text(bad)), Contains(change.message));
  }
  Json few = good;
  few["model"]["vocab"].erase("!");
  few["model"]["vocab"]["zzzz"] = good["model"]["vocab"]["!"];
  CHECK_THAT(refused(data::json_text(few)), Contains("No token is the single byte 33"));
  CHECK_THAT(refused("{\"model\": "), Contains("This is not JSON"));
  CHECK_THAT(refused(data::json_text(good), "o200k"), Contains("states the pattern llama3, not o200k"));
}

TEST_CASE("a file of ranks that is damaged is refused by its line", "[tokenizer]") {
  const std::string good = test::fixture("patterns.json")["ranks"];
  CHECK_THAT(refused(good), Contains("does not state the pattern"));
  for (const std::string line : {"Zg== x", "Zg==", "Zg==  900", "Zg= 900", "Z*== 900", "=Zg= 900", "Zg== 9 9",
                                 "Zg== 99999999999999999999"})
    CHECK_THAT(refused("IQ== 0\n" + line + "\n", "gpt2"), Contains("Line 2 is not \"base64 rank\""));
  CHECK_THAT(refused(good + "YWJjZGVm -4\n", "gpt2"), Contains("\"abcdef\" has id -4"));
  CHECK_THAT(refused(good + "YWJjZGVm 4\n", "gpt2"), Contains("Id 4 is both"));
  CHECK_THAT(refused(good + "YWJjZGVm 5000\n", "gpt2"), Contains("No token has id"));
  CHECK_THAT(refused(good + "YQ== 903\n", "gpt2"), Contains("\"a\" has the ids"));
  CHECK_THAT(refused("YQ== 0\n", "gpt2"), Contains("No token is the single byte"));
  CHECK_THAT(
      message_of<std::invalid_argument>([] { FileTokenizer none("x", "gpt4"); }),
      Contains("There is no pattern \"gpt4\" (valid are gpt2, r50k, p50k, cl100k, llama3, o200k, phrases)"));
  CHECK_THAT(message_of<std::invalid_argument>([] { FileTokenizer none(""); }),
             Contains("--tokenizer-file PATH"));
  CHECK_THAT(message_of<FileError>([] { FileTokenizer none("/nowhere/x"); }), Contains("/nowhere/x"));
}

TEST_CASE("bytes changed anywhere in a file are read or refused, never worse", "[tokenizer]") {
  const Json& fixture = test::fixture("patterns.json");
  const std::string path = scratch() / "file_damage", saved = scratch() / "file_damage_saved";
  write_file_atomically(path, data::json_text(fixture["tokenizer"]));
  FileTokenizer whole(path);
  whole.save(saved);
  const std::string bytes = read_file(saved), body(data::split_tokenizer_file(bytes, saved).body);
  std::mt19937 random(4);
  size_t refusals = 0;
  for (int round = 0; round < 100; ++round) {
    std::string json = data::json_text(fixture["tokenizer"]), ranks = fixture["ranks"], own = body;
    for (std::string* each : {&json, &ranks, &own}) {
      size_t at = random() % (round % 2 ? each->size() : std::min<size_t>(each->size(), 400));
      round % 5 ? void((*each)[at] = static_cast<char>(random())) : each->resize(at);
    }
    auto attempt = [&](auto make) {
      try {
        FileTokenizer read = make();
        REQUIRE(read.decode(read.encode("The whale\xff")) == "The whale\xff");
      } catch (const FileError&) { ++refusals; }
    };
    write_file_atomically(path, json);
    attempt([&] { return FileTokenizer(path); });
    write_file_atomically(path, ranks);
    attempt([&] { return FileTokenizer(path, "gpt2"); });
    attempt([&] { return FileTokenizer::from_body(own, "own"); });
  }
  CHECK(refusals > 150);
}
