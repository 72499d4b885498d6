#include "lexigrad/train/formats/safetensors/sentence_model.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/text_lines.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::train {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kWhere = "convert";

// What WordScanner takes as a token, for Oniguruma. Soft hyphens are gone before.
std::string word_pattern() {
  const std::string ideographs = R"(\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF})";
  const std::string letters = R"([\p{L}\p{N}&&[^)" + ideographs + "]]";
  const std::string inside = R"([\p{L}\p{N}\p{M}&&[^)" + ideographs + "]]";
  return inside + "(?:" + inside + R"(|[\x{200C}\x{200D}]|['\x{2019}\-\x{2010}](?=)" + letters +
         R"()|(?<=\p{N})[.,](?=\p{N}))*|-+|\.+|[^\s\p{Cc}\p{Cf}][\p{M}\x{200D}]*)";
}

// The tokenizer.json of Hugging Face's tokenizers whose ids are the words' places.
std::string word_level(const std::vector<std::string>& words, std::string_view unknown, bool lowercase) {
  Json vocabulary = Json::object(), normalizers = Json::array();
  for (size_t i = 0; i < words.size(); ++i) vocabulary[words[i]] = i;
  normalizers.push_back({{"type", "Replace"}, {"pattern", {{"String", "\u00ad"}}}, {"content", ""}});
  if (lowercase) normalizers.push_back({{"type", "Lowercase"}});
  const Json cut = {
      {"type", "Split"}, {"pattern", {{"Regex", word_pattern()}}}, {"behavior", "Removed"}, {"invert", true}};
  const Json model = {{"type", "WordLevel"}, {"vocab", std::move(vocabulary)}, {"unk_token", unknown}};
  return data::json_text(Json{{"version", "1.0"},
                              {"truncation", nullptr},
                              {"padding", nullptr},
                              {"added_tokens", Json::array()},
                              {"normalizer", {{"type", "Sequence"}, {"normalizers", std::move(normalizers)}}},
                              {"pre_tokenizer", cut},
                              {"post_processor", nullptr},
                              {"decoder", nullptr},
                              {"model", model}},
                         2) +
         "\n";
}

std::string form_of(const data::Tokenizer& tokenizer, const WordVectors& vectors) {
  check(tokenizer.vocabulary_size() == vectors.rows.size(0), kWhere, "The tokenizer has ",
        tokenizer.vocabulary_size(), " tokens, the vectors ", vectors.rows.size(0), " rows");
  if (const auto* words = dynamic_cast<const data::WordTokenizer*>(&tokenizer))
    return word_level(vectors.words, data::kUnknown, words->lowercase());
  const bool pairs = dynamic_cast<const data::BpeTokenizer*>(&tokenizer) ||
                     dynamic_cast<const data::Gpt2Tokenizer*>(&tokenizer);
  check(pairs, kWhere,
        "Sentences are embedded by words or byte pairs of our own, the tokenizer is of the kind \"",
        tokenizer.kind(),
        "\". Hint: convert the run's vectors.safetensors, whose tokens are then taken as words");
  return data::tokenizer_json(tokenizer.vocabulary());
}

// The word that stands for all others; a row of zeros for it where there was none.
std::string_view with_unknown(WordVectors& vectors) {
  for (std::string_view name : {data::kUnknown, std::string_view("<unk>"), std::string_view("[UNK]")})
    if (std::find(vectors.words.begin(), vectors.words.end(), name) != vectors.words.end()) return name;
  vectors.words.emplace_back(data::kUnknown);
  vectors.rows = cat({vectors.rows, zeros({1, vectors.rows.size(1)})}, 0);
  return data::kUnknown;
}

}  // namespace

std::vector<std::string> save_sentence_model(const std::string& folder, WordVectors vectors,
                                             const data::Tokenizer* tokenizer) {
  NoGrad off;
  vectors.rows = checked_rows(vectors);
  std::string form;
  if (tokenizer) {
    form = form_of(*tokenizer, vectors);
  } else {
    const std::string_view unknown = with_unknown(vectors);
    form = word_level(vectors.words, unknown, false);
  }
  const Json config = {{"model_type", "model2vec"},
                       {"architectures", Json::array({"StaticModel"})},
                       {"normalize", false},
                       {"hidden_dim", vectors.rows.size(1)},
                       {"embedding_dtype", "float32"}};
  const Json modules = Json::array(
      {{{"idx", 0}, {"name", "0"}, {"path", "."}, {"type", "sentence_transformers.models.StaticEmbedding"}}});
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    fail_file(kWhere, text("Cannot make the folder: ", error.message(), ". Hint: give another"), folder);
  std::vector<std::string> paths;
  for (const char* name : {"model.safetensors", "tokenizer.json", "config.json", "modules.json"})
    paths.push_back((std::filesystem::path(folder) / name).string());
  write_files_together([&] {
    save_safetensors(paths[0], {{"embeddings", vectors.rows}},
                     {{"vectors", "embeddings"}, {"words", word_lines(vectors.words)}});
    write_file_atomically(paths[1], form);
    write_file_atomically(paths[2], data::json_text(config, 2) + "\n");
    write_file_atomically(paths[3], data::json_text(modules, 2) + "\n");
  });
  return paths;
}

}  // namespace lexigrad::train
