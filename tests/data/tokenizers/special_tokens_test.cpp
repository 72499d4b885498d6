// Special tokens in texts: fixtures/special.json, written by fixtures/make_special_fixtures.py.
#include "lexigrad/data/tokenizers/special_tokens.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/fixture.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Contains;
using data::EncodeOptions;
using data::FileTokenizer;
using data::Special;
using Ids = std::vector<int64_t>;
using Json = nlohmann::json;

namespace {

const Json& fixture() { return test::fixture("special.json"); }

FileTokenizer written(const std::string& name, const std::string& bytes, const std::string& pattern = "") {
  Folder folder;
  write_file_atomically(folder / name, bytes);
  return FileTokenizer(folder / name, pattern);
}

// The ranks of patterns.json and the special tokens of this fixture, as it is saved.
FileTokenizer with_tokens(const std::string& pattern) {
  const FileTokenizer ranks =
      written("ranks.tiktoken", test::fixture("patterns.json")["ranks"].get<std::string>(), pattern);
  data::Vocabulary tokens = ranks.vocabulary();
  std::string special;
  for (const Json& token : fixture()["tokens"]) {
    tokens.add(token.get<std::string>());
    special += text(tokens.find(token.get<std::string>()), '\n');
  }
  return FileTokenizer::from_body(text(pattern, " whole ", tokens.size(), " -1 ", fixture()["tokens"].size(),
                                       '\n', tokens.to_lines(), special),
                                  "body");
}

// "all" of one list is what the other does not name.
EncodeOptions options_of(const Json& test) {
  EncodeOptions out;
  for (const auto& [list, names, all] : {std::tuple("allowed", &out.allowed, Special::read),
                                         std::tuple("refused", &out.refused, Special::refused)})
    if (test[list] == "all")
      out.special = all;
    else
      *names = test[list].get<std::vector<std::string>>();
  return out;
}

// The ids of a text that is read by blocks.
Ids by_blocks(const data::Tokenizer& tokenizer, const std::string& text, const EncodeOptions& options,
              size_t size) {
  Ids out;
  auto append = [&](auto ids) { out.insert(out.end(), ids.begin(), ids.end()); };
  int64_t bytes = data::for_each_ids(tokenizer, *data::viewing(text), options, append, "The text", size);
  CHECK(bytes == static_cast<int64_t>(text.size()));
  return out;
}

Ids of_places(const data::Tokenizer& tokenizer, const std::string& text, const EncodeOptions& options) {
  Ids out;
  size_t end = 0;
  for (const data::TokenPlace& place : tokenizer.encode_with_places(text, options)) {
    CHECK(place.begin == end);
    CHECK(text.substr(place.begin, place.end - place.begin) == tokenizer.vocabulary().token(place.id));
    end = place.end;
    out.push_back(place.id);
  }
  return out;
}

Ids written_ids(const data::Tokenizer& tokenizer, const std::string& text, const EncodeOptions& options) {
  std::vector<uint16_t> places(text.size());
  places.resize(tokenizer.encode_to(text, std::span(places), options));
  return Ids(places.begin(), places.end());
}

}  // namespace

TEST_CASE("special tokens are read, left or refused as by tiktoken", "[special]") {
  for (const auto& [pattern, results] : fixture()["tiktoken"].items()) {
    const FileTokenizer tokenizer = with_tokens(pattern);
    REQUIRE(tokenizer.special_tokens().size() == fixture()["tokens"].size());
    for (size_t i = 0; i < results.size(); ++i) {
      const EncodeOptions options = options_of(fixture()["cases"][i]);
      for (size_t j = 0; j < results[i].size(); ++j) {
        const auto text = fixture()["texts"][j].get<std::string>();
        const Json& expected = results[i][j];
        INFO(pattern << ", case " << i << ": " << data::escape(text));
        if (expected.is_array()) {
          const auto ids = expected.get<Ids>();
          REQUIRE(tokenizer.encode(text, options) == ids);
          REQUIRE(written_ids(tokenizer, text, options) == ids);
          REQUIRE(of_places(tokenizer, text, options) == ids);
          for (size_t size : {1, 2, 5, 13, 40}) REQUIRE(by_blocks(tokenizer, text, options, size) == ids);
          continue;
        }
        const std::string why =
            lexigrad::text("[tokenizer] The text has the special token \"",
                           data::escape(expected["token"].get<std::string>()), "\" at byte ",
                           expected["byte"].get<int64_t>(), ", which is refused.");
        auto check = [&](auto encode) {
          CHECK_THAT(message_of<std::invalid_argument>(encode), Catch::StartsWith(why));
        };
        check([&] { tokenizer.encode(text, options); });
        check([&] { written_ids(tokenizer, text, options); });
        check([&] { tokenizer.encode_with_places(text, options); });
        for (size_t size : {1, 7, 20}) check([&] { by_blocks(tokenizer, text, options, size); });
      }
    }
  }
}

TEST_CASE("of special tokens that begin each other the longest is read, as by tokenizers", "[special]") {
  Json file = test::fixture("patterns.json")["tokenizer"];
  file["added_tokens"] = fixture()["added_tokens"];
  const FileTokenizer tokenizer = written("tokenizer.json", data::json_text(file));
  std::vector<bool> special(static_cast<size_t>(tokenizer.vocabulary_size()));
  for (const data::SpecialToken& token : tokenizer.special_tokens())
    special[static_cast<size_t>(token.id)] = true;
  const EncodeOptions all = {.special = Special::read};
  std::string joined;
  for (size_t i = 0; i < fixture()["nested_texts"].size(); ++i) {
    const auto text = fixture()["nested_texts"][i].get<std::string>();
    const Json& expected = fixture()["tokenizers"][i];
    INFO(data::escape(text));
    const auto ids = expected["ids"].get<Ids>();
    REQUIRE(tokenizer.encode(text, all) == ids);
    for (size_t size : {1, 3, 8, 30}) REQUIRE(by_blocks(tokenizer, text, all, size) == ids);
    Json places = Json::array();
    for (const data::TokenPlace& place : tokenizer.encode_with_places(text, all))
      if (special[static_cast<size_t>(place.id)]) places.push_back({place.begin, place.end});
    REQUIRE(places == expected["places"]);
  }
}

TEST_CASE("options that a tokenizer cannot follow are refused by name", "[special]") {
  const FileTokenizer tokenizer = with_tokens("gpt2");
  auto message = [](const data::Tokenizer& of, const EncodeOptions& options) {
    return message_of<std::invalid_argument>([&] { of.encode("a", options); });
  };
  CHECK(message(tokenizer, {.allowed = {"<s>", "<t>"}}) ==
        "[tokenizer] There is no special token \"<t>\" (there are \"<|endoftext|>\", \"<|im_start|>\", "
        "\"<|im_end|>\", \"<s>\", \"[INST]\", \"\\n\\n\\n\", \" \u732b\", \"[a b c]\").");
  CHECK_THAT(message(tokenizer, {.refused = {"a"}}), Contains("There is no special token \"a\""));
  CHECK_THAT(message(tokenizer, {.allowed = {"<s>"}, .refused = {"<s>"}}),
             Contains("\"<s>\" is both allowed and refused"));
  const auto words = data::WordTokenizer::from_text("a b");
  CHECK_THAT(message(words, {.allowed = {"<s>"}}), Contains("(there are \"<|unk|>\", \"<|endoftext|>\")"));
}

TEST_CASE("words and characters have the special tokens of their vocabulary", "[special]") {
  const auto words = data::WordTokenizer::from_text("the cat");
  const EncodeOptions all = {.special = Special::read};
  CHECK(words.encode("cat<|unk|>the<|endoftext|>", all) == Ids{0, 2, 1, 3});
  CHECK(words.encode("cat<|unk|>", {.allowed = {"<|endoftext|>"}}).size() == 6);
  const auto letters = data::CharTokenizer::from_text("abc|<>");
  CHECK(letters.encode("a<|endoftext|><", all) == Ids{2, letters.end_of_text(), 0});
  CHECK(letters.encode("<|unk|>", all) == Ids{6});
}

TEST_CASE("a rule for what is beside a special token is refused where the token is read", "[special]") {
  Json file = test::fixture("patterns.json")["tokenizer"];
  const std::string mask = file["added_tokens"][0]["content"];
  file["added_tokens"][0]["lstrip"] = true;
  file["added_tokens"][0]["single_word"] = true;
  const FileTokenizer read = written("tokenizer.json", data::json_text(file));
  auto saved = data::tokenizer_of(read.saved(), "saved");
  CHECK(saved->saved() == read.saved());
  const data::Tokenizer *first = &read, *second = saved.get();
  for (const data::Tokenizer* tokenizer : {first, second}) {
    auto encode = [&](const EncodeOptions& options) { return tokenizer->encode("a " + mask, options); };
    CHECK(encode({}).size() > 3);
    CHECK(encode({.allowed = {"<|endoftext|>"}}) == encode({}));
    for (const EncodeOptions& options :
         {EncodeOptions{.special = Special::read}, EncodeOptions{.allowed = {mask}}})
      CHECK_THAT(
          message_of<std::invalid_argument>([&] { encode(options); }),
          Contains("\"" + mask + "\" has the rule single_word, lstrip, which lexigrad does not follow"));
    CHECK_THAT(message_of<std::invalid_argument>([&] { encode({.special = Special::refused}); }),
               Contains("at byte 2, which is refused"));
  }
}

TEST_CASE("ids that a file leaves free are no special tokens of a text", "[special]") {
  Json file = test::fixture("patterns.json")["tokenizer"];
  const auto size = static_cast<int64_t>(file["model"]["vocab"].size());
  file["added_tokens"] = {{{"id", size + 3}, {"content", "<s>"}, {"special", true}}};
  const FileTokenizer tokenizer = written("tokenizer.json", data::json_text(file));
  const std::string unused = text("<|unused ", size + 1, "|>");
  REQUIRE(tokenizer.decode(Ids{size + 1}) == unused);
  CHECK(tokenizer.encode(unused, {.special = Special::read}) == tokenizer.encode(unused));
  CHECK(tokenizer.encode("<s><|endoftext|>", {.special = Special::read}) == Ids{size + 3, size});
}

TEST_CASE("a token file has the special tokens of its texts, or names the text", "[special]") {
  const FileTokenizer tokenizer = with_tokens("o200k");
  Folder folder;
  std::string first;
  for (const Json& each : fixture()["texts"]) first += each.get<std::string>();
  write_file_atomically(folder / "a", first);
  write_file_atomically(folder / "b", "x [INST] y");
  data::Documents both({folder / "a", folder / "b"});
  const EncodeOptions all = {.special = Special::read};
  data::encode_file(tokenizer, both, folder / "c.tokens", all);
  Ids expected = tokenizer.encode(first, all);
  for (int64_t id : tokenizer.encode("x [INST] y", all)) expected.push_back(id);
  const data::TokenFile file(folder / "c.tokens");
  Ids ids(expected.size());
  REQUIRE(file.tokens().size() == static_cast<int64_t>(ids.size()));
  file.tokens().copy(0, file.tokens().size(), ids.data());
  CHECK(ids == expected);

  data::Documents second({folder / "b"});
  CHECK_THAT(message_of<std::invalid_argument>(
                 [&] { data::encode_file(tokenizer, second, folder / "d.tokens", {.refused = {"[INST]"}}); }),
             Contains((folder / "b") + " has the special token \"[INST]\" at byte 2, which is refused"));
  CHECK_FALSE(data::TokenFile::is_one(folder / "d.tokens"));
}
