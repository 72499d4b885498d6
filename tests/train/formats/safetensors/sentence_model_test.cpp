// What a model of sentences holds; read_sentence_models.py loads it with model2vec and sentence-transformers themselves.
#include "lexigrad/train/formats/safetensors/sentence_model.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

WordVectors rows_for(const data::Tokenizer& tokenizer) {
  WordVectors out{{}, randn({tokenizer.vocabulary_size(), 3})};
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    out.words.emplace_back(tokenizer.vocabulary().token(id));
  return out;
}

json read(const std::string& path) { return json::parse(slurp(path)); }

}  // namespace

TEST_CASE("a model of sentences has the rows by the ids of the run's words", "[sentence_model]") {
  for (bool lowercase : {false, true}) {
    Folder folder;
    const auto tokenizer =
        data::WordTokenizer::from_text("The größe of the \"whale\"", {.lowercase = lowercase});
    const WordVectors vectors = rows_for(tokenizer);
    const auto paths = save_sentence_model(folder / "m/", vectors, &tokenizer);
    REQUIRE(paths.size() == 4);
    SafetensorsFile file = load_safetensors(folder / "m/model.safetensors");
    REQUIRE(file.tensors.size() == 1);
    CHECK(equal(*file.find("embeddings"), vectors.rows));
    const json form = read(folder / "m/tokenizer.json");
    CHECK(form["model"]["type"] == "WordLevel");
    CHECK(form["model"]["unk_token"] == "<|unk|>");
    CHECK(form["model"]["vocab"].size() == vectors.words.size());
    for (size_t i = 0; i < vectors.words.size(); ++i) CHECK(form["model"]["vocab"][vectors.words[i]] == i);
    const json& normalizers = form["normalizer"]["normalizers"];
    CHECK(normalizers.size() == (lowercase ? 2 : 1));
    CHECK((normalizers.back()["type"] == "Lowercase") == lowercase);
    CHECK(form["pre_tokenizer"]["invert"] == true);
    CHECK(read(folder / "m/config.json")["normalize"] == false);
    const json module = read(folder / "m/modules.json");
    REQUIRE(module.size() == 1);
    CHECK(module[0]["path"] == ".");
    CHECK(module[0]["type"] == "sentence_transformers.models.StaticEmbedding");
    WordVectors back = load_vectors(folder / "m/model.safetensors");
    CHECK(back.words == vectors.words);
    CHECK(equal(back.rows, vectors.rows));
  }
}

TEST_CASE("words of a file get a row of zeros for all others unless they have one", "[sentence_model]") {
  Folder folder;
  WordVectors vectors{{"whale", "sea"}, randn({2, 3})};
  save_sentence_model(folder / "m", vectors);
  Tensor rows = *load_safetensors(folder / "m/model.safetensors").find("embeddings");
  CHECK(equal(rows, cat({vectors.rows, zeros({1, 3})})));
  CHECK(read(folder / "m/tokenizer.json")["model"]["vocab"] ==
        json{{"whale", 0}, {"sea", 1}, {"<|unk|>", 2}});
  vectors.words[1] = "<unk>";
  save_sentence_model(folder / "m", vectors);
  CHECK(equal(*load_safetensors(folder / "m/model.safetensors").find("embeddings"), vectors.rows));
  CHECK(read(folder / "m/tokenizer.json")["model"]["unk_token"] == "<unk>");
}

TEST_CASE("byte pairs go along as their own tokenizer.json, other tokenizers are refused",
          "[sentence_model]") {
  Folder folder;
  const auto pairs =
      data::BpeTokenizer::from_text("the whale and the sea, the whale", {.vocabulary_size = 262});
  save_sentence_model(folder / "m", rows_for(pairs), &pairs);
  CHECK(slurp(folder / "m/tokenizer.json") == data::tokenizer_json(pairs.vocabulary()));
  const auto characters = data::CharTokenizer::from_text("abc");
  CHECK_THAT(
      message_of<std::invalid_argument>(
          [&] { save_sentence_model(folder / "c", rows_for(characters), &characters); }),
      Contains(
          "[convert] Sentences are embedded by words or byte pairs of our own, the tokenizer is of the kind "
          "\"char\". Hint: convert the run's vectors.safetensors"));
  const auto words = data::WordTokenizer::from_text("a b");
  CHECK_THAT(
      message_of<std::invalid_argument>([&] { save_sentence_model(folder / "c", rows_for(pairs), &words); }),
      Contains("[convert] The tokenizer has 4 tokens, the vectors 262 rows"));
  CHECK_THAT(message_of<std::invalid_argument>([&] {
               save_sentence_model(folder / "c", {{"a"}, zeros({2, 3})});
             }),
             Contains("[vectors] 1 words do not fit 2 rows"));
  CHECK_FALSE(std::filesystem::exists(folder / "c"));
  spill(folder / "file", "x");
  CHECK_THAT(message_of<FileError>([&] { save_sentence_model(folder / "file/m", rows_for(words), &words); }),
             Contains("[convert] Cannot make the folder: "));
}
