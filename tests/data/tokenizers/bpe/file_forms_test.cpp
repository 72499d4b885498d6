// Vocabularies as other programs read them: the merges of fixtures/bpe_merges.json are Hugging Face's own file's.
#include "lexigrad/data/tokenizers/bpe/file_forms.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/data/tokenizers/bpe/learn_merges.h"
#include "lexigrad/data/tokenizers/tokenizer.h"
#include "support/fixture.h"

using namespace lexigrad;
using nlohmann::json;

TEST_CASE("tokenizer.json has the merges of Hugging Face's own, and an id for each token", "[tokenizer]") {
  std::string text;
  for (const auto& item : test::fixture("bpe_merges.json")) {
    if (!item["text"].is_null()) text = item["text"];
    INFO(item["kind"]);
    data::PieceCounts pieces;
    pieces.add_text(text);
    data::Vocabulary tokens = data::learn_merges(pieces, item["size"], item["least"]);
    const int64_t merges = tokens.size() - 256;
    tokens.add(data::kEndOfText);
    json file = json::parse(data::tokenizer_json(tokens));
    CHECK(file["model"]["merges"] == item["merges"]);
    const json& names = file["model"]["vocab"];
    CHECK(names.size() == static_cast<size_t>(256 + merges));
    CHECK(names["!"] == 0);
    CHECK(names["\u0120"] == 220);  // a space, as in GPT-2
    for (int64_t i = 0; i < merges; ++i) {
      const json& merge = item["merges"][static_cast<size_t>(i)];
      REQUIRE(names[merge[0].get<std::string>() + merge[1].get<std::string>()] == 256 + i);
    }
    CHECK(file["added_tokens"][0]["content"] == "<|endoftext|>");
    CHECK(file["added_tokens"][0]["id"] == 256 + merges);
    const data::VocabularyFiles files = data::vocabulary_files(tokens);
    json with_end = names;
    with_end["<|endoftext|>"] = 256 + merges;
    CHECK(json::parse(files.vocab) == with_end);
    std::string lines = "#version: 0.2\n";
    for (const json& merge : item["merges"])
      lines += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
    CHECK(files.merges == lines);
  }
}

TEST_CASE("tiktoken's form has each token in base64 with its rank", "[tokenizer]") {
  data::Vocabulary tokens(
      {"f", "fo", "foo", "foob", "fooba", "foobar", "<|endoftext|>", std::string("\xff\xfe\0", 3)});
  CHECK(data::tiktoken_lines(tokens) ==  // RFC 4648, section 10
        "Zg== 0\nZm8= 1\nZm9v 2\nZm9vYg== 3\nZm9vYmE= 4\nZm9vYmFy 5\n//4A 7\n");
}

TEST_CASE("a vocabulary that is none of merges has no tokenizer.json", "[tokenizer]") {
  data::Vocabulary tokens({"a", "b", "c", "abc"});
  CHECK_THROWS_WITH(data::tokenizer_json(tokens), Catch::Contains("Token 3 is not two tokens before it"));
}
