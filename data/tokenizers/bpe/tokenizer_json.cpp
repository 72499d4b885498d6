#include "lexigrad/data/tokenizers/bpe/tokenizer_json.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/bpe/gpt2_files.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kWhere = "file_tokenizer";
constexpr std::string_view kHint =
    ". Hint: lexigrad reads byte-level BPE that takes texts as they are, with the patterns of GPT-2, Llama 3 "
    "and o200k.";

// Null where the object has no such key.
const Json* find(const Json& object, const char* key) {
  auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

bool is(const Json* value, std::string_view expected) {
  return value && value->is_string() && value->get_ref<const std::string&>() == expected;
}

bool is_off(const Json* value) {
  return !value || (value->is_boolean() && !value->get<bool>()) || is(value, "") ||
         (value->is_number() && value->get<double>() == 0);
}

// What the texts of JSON say, with errors that name the file.
class Values {
 public:
  explicit Values(const std::string& path) : path_(path) {}

  [[noreturn]] void refuse(std::string_view key, const Json* value) const {
    std::string said = value ? json_text(*value) : "not there";
    if (said.size() > 100) said = said.substr(0, 100) + "...";
    fail_file(kWhere, text(key, " is ", visible(said), kHint), path_);
  }

  const Json& object(std::string_view key, const Json* value) const {
    if (!value || !value->is_object()) refuse(key, value);
    return *value;
  }

  // An id that is too large for the number is too large for a vocabulary.
  int64_t id(std::string_view key, const Json* value) const {
    if (!value || !value->is_number_unsigned()) refuse(key, value);
    return static_cast<int64_t>(std::min<uint64_t>(value->get<uint64_t>(), BytePairs::kMost));
  }

  std::string bytes_of(std::string_view letters) const {
    std::string bytes;
    if (!letters_.append(bytes, letters))
      fail_file(kWhere, text("\"", escape(letters), "\" has a character that stands for no byte", kHint),
                path_);
    return bytes;
  }

 private:
  const std::string& path_;
  const ByteLetters letters_;
};

Json parsed(std::string_view bytes, const std::string& path) {
  Json out = parsed_json<Json>(bytes);
  if (out.is_discarded())
    fail_file(kWhere, "This is not JSON. Hint: the file is damaged; get it again.", path);
  return out;
}

// Special tokens are there in their own characters, all others in the letters of their bytes.
void add_vocabulary(TokenList& tokens, const Json& vocabulary, const std::set<std::string>& special,
                    const Values& values) {
  for (const auto& [letters, id] : vocabulary.items())
    tokens.add(special.contains(letters) ? letters : values.bytes_of(letters),
               values.id(text("The id of \"", escape(letters), "\""), &id));
}

class Reader : Values {
 public:
  Reader(const Json& file, const std::string& path) : Values(path), file_(file), path_(path), tokens_(path) {}

  BytePairFile read() {
    if (!file_.is_object()) fail_file(kWhere, text("This is no object of JSON", kHint), path_);
    const Json& model = object("model", find(file_, "model"));
    check_model(model);
    if (const Json* normalizer = find(file_, "normalizer")) refuse("normalizer", normalizer);
    if (const Json* decoder = find(file_, "decoder"); !decoder || !is(find(*decoder, "type"), "ByteLevel"))
      refuse("decoder", decoder);
    const Pattern pattern = pattern_of(object("pre_tokenizer", find(file_, "pre_tokenizer")));
    add_special();
    add_vocabulary(tokens_, object("model.vocab", find(model, "vocab")), special_, *this);
    BytePairFile out = std::move(tokens_).finish();
    out.rules.pattern = pattern;
    out.rules.whole_pieces = !is_off(find(model, "ignore_merges"));
    add_merges(out, find(model, "merges"));
    return out;
  }

 private:
  // Files from before the type was written have it from their keys.
  void check_model(const Json& model) const {
    if (const Json* type = find(model, "type"); type && !is(type, "BPE")) refuse("model.type", type);
    for (const char* key :
         {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"})
      if (const Json* value = find(model, key); !is_off(value)) refuse(text("model.", key), value);
    const Json* whole = find(model, "ignore_merges");
    if (whole && !whole->is_boolean()) refuse("model.ignore_merges", whole);
  }

  // A ByteLevel that splits, or a Split before one that does not.
  Pattern pattern_of(const Json& pre) const {
    const Json* list = is(find(pre, "type"), "Sequence") ? find(pre, "pretokenizers") : nullptr;
    const size_t count = list && list->is_array() ? list->size() : 1;
    if (list && (count < 1 || count > 2)) refuse("pre_tokenizer", &pre);
    const Json& level = list && list->is_array() ? list->back() : pre;
    const Json* prefix = find(level, "add_prefix_space");
    if (!is(find(level, "type"), "ByteLevel") || !prefix || !is_off(prefix)) refuse("pre_tokenizer", &pre);
    const Json* regex = find(level, "use_regex");
    if (regex && !regex->is_boolean()) refuse("pre_tokenizer", &pre);
    const bool splits = !regex || regex->get<bool>();
    if (count == 1 && splits) return Pattern::gpt2;
    if (count == 1 || splits) refuse("pre_tokenizer", &pre);
    return pattern_of_split(list->front());
  }

  Pattern pattern_of_split(const Json& split) const {
    const Json* pattern = find(split, "pattern");
    const Json* regex = pattern ? find(*pattern, "Regex") : nullptr;
    if (!is(find(split, "type"), "Split") || !is(find(split, "behavior"), "Isolated") ||
        !is_off(find(split, "invert")) || !regex || !regex->is_string())
      refuse("pre_tokenizer", &split);
    std::optional<Pattern> found = pattern_of_regex(regex->get_ref<const std::string&>());
    if (!found) refuse("The pre_tokenizer's pattern", regex);
    return *found;
  }

  void add_special() {
    const Json* added = find(file_, "added_tokens");
    if (!added) return;
    if (!added->is_array()) refuse("added_tokens", added);
    for (const Json& token : *added) {
      const Json *content = find(token, "content"), *special = find(token, "special");
      if (!content || !content->is_string()) refuse("A token of added_tokens", &token);
      const auto& bytes = content->get_ref<const std::string&>();
      if (!special || !special->is_boolean() || !special->get<bool>())
        refuse("A token of added_tokens that is not special, and so looked for in every text,", &token);
      for (const char* key : {"single_word", "lstrip", "rstrip"})
        if (bytes == kEndOfText && !is_off(find(token, key)))
          refuse(text("added_tokens: ", key, " of ", kEndOfText), find(token, key));
      special_.insert(bytes);
      tokens_.add_special(bytes, id("The id of a token of added_tokens", find(token, "id")));
    }
  }

  void add_merges(BytePairFile& out, const Json* merges) const {
    if (!merges || !merges->is_array()) refuse("model.merges", merges);
    out.rules.merges.emplace();
    for (const Json& merge : *merges) {
      auto [left, right] = parts_of(merge);
      add_merge(out, bytes_of(left), bytes_of(right), path_);
    }
    check_merges(out, path_);
  }

  // Two texts, or one with a blank between.
  std::pair<std::string_view, std::string_view> parts_of(const Json& merge) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
      return {merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>()};
    if (!merge.is_string()) refuse("A merge", &merge);
    std::string_view both = merge.get_ref<const std::string&>();
    size_t blank = both.find(' ');
    if (blank == both.npos || both.find(' ', blank + 1) != both.npos) refuse("A merge", &merge);
    return {both.substr(0, blank), both.substr(blank + 1)};
  }

  const Json& file_;
  const std::string& path_;
  TokenList tokens_;
  std::set<std::string> special_;
};

}  // namespace

BytePairFile read_tokenizer_json(std::string_view bytes, const std::string& path) {
  const Json file = parsed(bytes, path);
  return Reader(file, path).read();
}

BytePairFile read_vocabulary_folder(const std::string& folder) {
  auto is_there = [&](const char* name) {
    std::error_code error;
    return std::filesystem::exists(folder + name, error);
  };
  const bool gpt2 = !is_there("/vocab.json") && is_there("/encoder.json");
  const std::string path = folder + (gpt2 ? "/encoder.json" : "/vocab.json"),
                    merges = folder + (gpt2 ? "/vocab.bpe" : "/merges.txt");
  const Json file = parsed(read_utf8(path), path);
  const Values values(path);
  TokenList tokens(path);
  add_vocabulary(tokens, values.object("The vocabulary", &file), {std::string(kEndOfText)}, values);
  BytePairFile out = std::move(tokens).finish();
  out.rules.whole_pieces = false;
  out.rules.merges.emplace();
  read_merges(merges, " Hint: the file is damaged; get it again.",
              [&](const std::string& left, const std::string& right, int64_t) {
                add_merge(out, left, right, merges);
              });
  check_merges(out, merges);
  return out;
}

}  // namespace lexigrad::data
