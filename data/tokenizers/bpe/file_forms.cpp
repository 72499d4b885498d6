#include "lexigrad/data/tokenizers/bpe/file_forms.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {
namespace {

using Json = nlohmann::ordered_json;

bool is_special(std::string_view token) { return token == kEndOfText; }

// What is left of a token's bytes when its own merge alone is not done yet.
std::pair<std::string_view, std::string_view> parts_of(const Vocabulary& tokens, int64_t id) {
  const std::string_view token = tokens.token(id);
  std::vector<size_t> ends;  // of its parts
  for (size_t i = 1; i <= token.size(); ++i) ends.push_back(i);
  while (ends.size() > 2) {
    int64_t lowest = id;
    size_t at = 0;
    for (size_t i = 0, begin = 0; i + 1 < ends.size(); begin = ends[i++])
      if (int64_t joined = tokens.find(token.substr(begin, ends[i + 1] - begin));
          joined >= 0 && joined < lowest)
        lowest = joined, at = i;
    check(lowest < id, "tokenizer", "Token ", id,
          " is not two tokens before it. Hint: it is no vocabulary of merges");
    ends.erase(ends.begin() + static_cast<ptrdiff_t>(at));
  }
  return {token.substr(0, ends[0]), token.substr(ends[0])};
}

BytePairFile with_merges(const Vocabulary& tokens) {
  BytePairFile file{.vocabulary = tokens, .rules = {}};
  file.rules.merges.emplace();
  for (int64_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens.token(id);
    if (is_special(token) || token.size() < 2) continue;
    auto [left, right] = parts_of(tokens, id);
    file.rules.merges->emplace_back(static_cast<int32_t>(tokens.find(left)),
                                    static_cast<int32_t>(tokens.find(right)));
  }
  return file;
}

// Tokens in the characters that stand for their bytes.
class Letters {
 public:
  explicit Letters(const Vocabulary& tokens) : tokens_(tokens) {}
  std::string operator()(int64_t id) const {
    std::string out;
    bytes_.append_letters(out, tokens_.token(id));
    return out;
  }

 private:
  const Vocabulary& tokens_;
  const ByteLetters bytes_;
};

Json byte_level(bool splits) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", splits}};
}

// ByteLevel itself splits by GPT-2's pattern.
Json pre_tokenizer(Pattern pattern) {
  if (pattern == Pattern::gpt2) return byte_level(true);
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", std::string(regex_of(pattern))}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level(false)})}};
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t j = i; j < i + 3; ++j)
      three = three << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
    for (size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
}

}  // namespace

std::string tokenizer_json(const Vocabulary& tokens) { return tokenizer_json(with_merges(tokens)); }

VocabularyFiles vocabulary_files(const Vocabulary& tokens) {
  const Letters letters(tokens);
  Json names = Json::object();
  for (int64_t id = 0; id < tokens.size(); ++id)
    names[is_special(tokens.token(id)) ? std::string(tokens.token(id)) : letters(id)] = id;
  std::string merges = "#version: 0.2\n";
  const BytePairFile file = with_merges(tokens);
  for (auto [left, right] : *file.rules.merges) merges += text(letters(left), ' ', letters(right), '\n');
  return {json_text(names) + "\n", std::move(merges)};
}

std::string tokenizer_json(const BytePairFile& file) {
  const Vocabulary& tokens = file.vocabulary;
  const Letters letters(tokens);
  Json special = Json::array(), names = Json::object(), merges = Json::array();
  for (int64_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens.token(id);
    if (!is_special(token)) {
      names[letters(id)] = id;
      continue;
    }
    special.push_back({{"id", id},
                       {"content", std::string(token)},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", true}});
  }
  for (auto [left, right] : *file.rules.merges)
    merges.push_back(Json::array({letters(left), letters(right)}));
  const Json model = {{"type", "BPE"},
                      {"dropout", nullptr},
                      {"unk_token", nullptr},
                      {"continuing_subword_prefix", nullptr},
                      {"end_of_word_suffix", nullptr},
                      {"fuse_unk", false},
                      {"byte_fallback", false},
                      {"ignore_merges", false},
                      {"vocab", std::move(names)},
                      {"merges", std::move(merges)}};
  return json_text(Json{{"version", "1.0"},
                        {"truncation", nullptr},
                        {"padding", nullptr},
                        {"added_tokens", std::move(special)},
                        {"normalizer", nullptr},
                        {"pre_tokenizer", pre_tokenizer(file.rules.pattern)},
                        {"post_processor", nullptr},
                        {"decoder", byte_level(true)},
                        {"model", model}},
                   2) +
         "\n";
}

std::string tiktoken_lines(const Vocabulary& tokens) {
  std::string out;
  for (int64_t id = 0; id < tokens.size(); ++id) {
    if (is_special(tokens.token(id))) continue;
    append_base64(out, tokens.token(id));
    out += text(' ', id, '\n');
  }
  return out;
}

}  // namespace lexigrad::data
