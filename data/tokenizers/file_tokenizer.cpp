#include "lexigrad/data/tokenizers/file_tokenizer.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/bpe/tiktoken_ranks.h"
#include "lexigrad/data/tokenizers/bpe/tokenizer_json.h"

namespace lexigrad::data {
namespace {
using Json = nlohmann::json;

constexpr std::string_view kWhere = "file_tokenizer";

std::optional<Pattern> wanted_pattern(std::string_view name) {
  std::optional<Pattern> pattern = pattern_named(name);
  check(name.empty() || pattern, kWhere, "There is no pattern \"", name, "\" (valid are ", pattern_names(),
        ")");
  return pattern;
}

// Rules by which a special token takes what is beside it, or is none there, as "lstrip, rstrip"; empty where it has none.
std::string rules_of(const Json& token) {
  std::string out;
  for (const char* rule : {"single_word", "lstrip", "rstrip"})
    if (auto value = token.find(rule); value != token.end() && *value == true)
      out += (out.empty() ? "" : ", ") + std::string(rule);
  return out;
}

// Keeps of a tokenizer.json, which is whole, what it adds to the vocabulary.
Json added_tokens(std::string_view bytes) {
  Json file = Json::parse(
      bytes,
      [](int depth, Json::parse_event_t event, Json& key) {
        return depth != 1 || event != Json::parse_event_t::key || key == "added_tokens";
      },
      false);
  return file.is_object() ? file.value("added_tokens", Json::array()) : Json::array();
}

// Takes body() apart. Each line of numbers has two.
class BodyReader {
 public:
  BodyReader(std::string_view body, const std::string& path) : rest_(body), path_(path) {}

  BytePairFile read() {
    std::string_view pattern = word(), pieces = word();
    const int64_t tokens = number(), merges = number(), special = number();
    std::optional<Pattern> found = pattern_named(pattern);
    if (!found || (pieces != "whole" && pieces != "merged") || tokens < 1 || merges < -1 || special < 0)
      fail();
    BytePairFile out{.vocabulary = Vocabulary::from_lines(lines(tokens), path_, 3), .rules = {}};
    auto id = [&] {
      int64_t value = number();
      if (value < 0 || value >= out.vocabulary.size()) fail();
      return value;
    };
    out.rules.pattern = *found;
    out.rules.whole_pieces = pieces == "whole";
    for (int64_t i = 0; i < special; ++i) {
      const bool has_rule = rest_.substr(std::min(rest_.find_first_of(" \n"), rest_.size())).starts_with(' ');
      out.rules.special.push_back(id());
      if (i > 0 && out.rules.special[static_cast<size_t>(i - 1)] >= out.rules.special.back()) fail();
      if (!has_rule) continue;
      std::string_view rule = lines(1);
      rules_[out.rules.special.back()] = rule.substr(0, rule.size() - 1);
    }
    if (merges >= 0) out.rules.merges.emplace();
    for (int64_t i = 0; i < merges; ++i) {
      std::string_view left = out.vocabulary.token(id()), right = out.vocabulary.token(id());
      add_merge(out, left, right, path_);
    }
    check_merges(out, path_);
    if (!rest_.empty() || out.vocabulary.size() > BytePairs::kMost) fail();
    return out;
  }
  const std::map<int64_t, std::string>& special_rules() const { return rules_; }

 private:
  [[noreturn]] void fail() const {
    fail_file(kWhere, "This is no saved tokenizer of a file. Hint: the file is damaged; write it again.",
              path_);
  }
  // Up to the next blank or line end.
  std::string_view word() {
    size_t end = rest_.find_first_of(" \n");
    if (end == rest_.npos) fail();
    std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return out;
  }
  int64_t number() {
    std::string_view digits = word();
    int64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) fail();
    return value;
  }
  std::string_view lines(int64_t count) {
    size_t end = 0;
    for (; count > 0; --count) {
      size_t stop = rest_.find('\n', end);
      if (stop == rest_.npos) fail();
      end = stop + 1;
    }
    std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }

  std::string_view rest_;
  const std::string& path_;
  std::map<int64_t, std::string> rules_;  // of special tokens
};

}  // namespace

TokenizerKind FileTokenizer::row() {
  const std::string file = "tokenizer-file", pattern = "pattern";
  return {
      .name = std::string(kKind),
      .help = "reads byte pairs from --tokenizer-file",
      .options = {{file, std::string(), std::monostate(),
                   "tokenizer.json, tiktoken's ranks, or a folder with vocab.json and merges.txt (file "
                   "tokenizer)",
                   true},
                  {pattern, std::string(), std::monostate(),
                   "how the file cuts texts, where it does not state it (file tokenizer): " +
                       pattern_names()}},
      .make =
          [=](ByteSource&, const OptionValues& options) {
            return std::make_unique<FileTokenizer>(options.get<std::string>(file),
                                                   options.get<std::string>(pattern));
          },
      .load = [](std::string_view body,
                 const std::string& path) { return std::make_unique<FileTokenizer>(from_body(body, path)); }};
}

FileTokenizer::Contents FileTokenizer::read(const std::string& path, std::string_view name) {
  check(!path.empty(), kWhere,
        "No file is named. Hint: --tokenizer-file PATH, a tokenizer.json, a file of tiktoken's ranks or a "
        "folder with vocab.json and merges.txt");
  const std::optional<Pattern> wanted = wanted_pattern(name);
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  const std::string bytes = folder ? "" : read_utf8(path);
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool json = first != bytes.npos && bytes[first] == '{';
  Contents out{folder ? read_vocabulary_folder(path)
               : json ? read_tokenizer_json(bytes, path)
                      : read_tiktoken_ranks(bytes, path),
               {}};
  BytePairFile& file = out.pairs;
  if (json && wanted && *wanted != file.rules.pattern)
    fail_file(kWhere,
              text("The file states the pattern ", name_of(file.rules.pattern), ", not ", name,
                   ". Hint: leave --pattern out."),
              path);
  if (!json && !wanted)
    fail_file(kWhere,
              text("It does not state the pattern by which texts are cut. Hint: --pattern NAME (",
                   pattern_names(), "), the one that its maker says."),
              path);
  if (!json) file.rules.pattern = *wanted;
  if (json)
    for (const Json& token : added_tokens(bytes))
      if (std::string rules = rules_of(token); !rules.empty())
        out.special[file.vocabulary.find(token["content"].get_ref<const std::string&>())] = rules;
  return out;
}

FileTokenizer::FileTokenizer(Contents file)
    : BytePairTokenizer(std::move(file.pairs.vocabulary), std::move(file.pairs.rules)),
      special_rules_(std::move(file.special)) {}

FileTokenizer::FileTokenizer(const std::string& path, std::string_view pattern)
    : FileTokenizer(read(path, pattern)) {}

FileTokenizer::FileTokenizer(BytePairFile file) : FileTokenizer(Contents{std::move(file), {}}) {}

FileTokenizer FileTokenizer::from_body(std::string_view body, const std::string& path) {
  BodyReader reader(body, path);
  BytePairFile file = reader.read();
  check_body(kWhere, file.vocabulary, path);
  return FileTokenizer(Contents{std::move(file), reader.special_rules()});
}

// Without those that stand for the ids that the file left free.
std::vector<SpecialToken> FileTokenizer::special_tokens() const {
  std::vector<SpecialToken> out;
  for (int64_t id : rules().special) {
    std::string_view token = vocabulary().token(id);
    if (token == text("<|unused ", id, "|>")) continue;
    auto rule = special_rules_.find(id);
    out.push_back({id, token, rule == special_rules_.end() ? std::string_view() : rule->second});
  }
  return out;
}

// A first line "PATTERN whole|merged TOKENS MERGES SPECIAL", where -1 merges mean that ids are ranks; then the lines of
// the vocabulary, the ids of special tokens, each with its rules where it has some, and those of the merges.
std::string FileTokenizer::body() const {
  const BytePairRules& how = rules();
  const int64_t merges = how.merges ? static_cast<int64_t>(how.merges->size()) : -1;
  std::string out = text(name_of(how.pattern), how.whole_pieces ? " whole " : " merged ", vocabulary_size(),
                         ' ', merges, ' ', how.special.size(), '\n', vocabulary().to_lines());
  for (int64_t id : how.special) {
    auto rule = special_rules_.find(id);
    out += rule == special_rules_.end() ? text(id, '\n') : text(id, ' ', rule->second, '\n');
  }
  for (int64_t i = 0; i < merges; ++i) {
    auto [left, right] = (*how.merges)[static_cast<size_t>(i)];
    out += text(left, ' ', right, '\n');
  }
  return out;
}

}  // namespace lexigrad::data
