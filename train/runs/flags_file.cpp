#include "lexigrad/train/runs/flags_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"

namespace lexigrad::train {
namespace {

using Json = nlohmann::ordered_json;

std::string value_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : data::json_text(value);
}

// TEXT is one text in config.json, its paths a line each.
std::vector<std::string> values_of(const std::string& name, const Json& value) {
  std::vector<std::string> out;
  if (value.is_array()) {
    for (const Json& each : value) out.push_back(value_of(each));
    return out;
  }
  std::string whole = value_of(value);
  size_t begin = 0;
  if (name == "text")
    for (size_t end; (end = whole.find('\n', begin)) != std::string::npos; begin = end + 1)
      out.push_back(whole.substr(begin, end - begin));
  out.push_back(whole.substr(begin));
  return out;
}

std::vector<FlagLine> flags_of_json(const Json& object) {
  std::vector<FlagLine> out;
  for (const auto& [name, value] : object.items())
    if (!value.is_array() || !value.empty()) out.push_back({name, values_of(name, value)});
  return out;
}

// Reads the lines from front to back.
class Reader {
 public:
  Reader(const std::string& file, const std::string& path) : file_(file), path_(path) {}

  std::vector<FlagLine> read() {
    std::vector<FlagLine> out;
    for (skip_empty_lines(); !at_end(); skip_empty_lines()) {
      std::string name = taken_until("=\n#");
      bool alone = !take('=');
      std::vector<std::string> values = alone ? std::vector<std::string>{"true"} : values_here();
      skip_blanks();
      skip_comment();
      if (!at_end() && !take('\n')) refuse("there is more behind the value");
      if (name.empty()) refuse("it has no name of a flag");
      add(out, name, values);
    }
    return out;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    auto here = file_.begin() + static_cast<int64_t>(std::min(at_, file_.size()));
    auto line = 1 + std::count(file_.begin(), at_ > 0 && *(here - 1) == '\n' ? here - 1 : here, '\n');
    fail_file("config",
              text("Line ", line, " cannot be read: ", why,
                   R"(. Hint: one flag a line, as dim = 64 or vectors = "a b")"),
              path_);
  }
  // A flag that is given again has all the values.
  static void add(std::vector<FlagLine>& out, const std::string& name,
                  const std::vector<std::string>& values) {
    if (values.empty()) return;
    auto same = std::find_if(out.begin(), out.end(), [&](const FlagLine& each) { return each.name == name; });
    if (same == out.end())
      out.push_back({name, values});
    else
      same->values.insert(same->values.end(), values.begin(), values.end());
  }
  bool at_end() const { return at_ == file_.size(); }
  bool is(char c) const { return !at_end() && file_[at_] == c; }
  bool take(char c) { return is(c) && ++at_; }
  bool is_blank() const { return is(' ') || is('\t') || is('\r'); }
  void skip_blanks() {
    while (is_blank()) ++at_;
  }
  void skip_comment() {
    if (is('#')) at_ = std::min(file_.find('\n', at_), file_.size());
  }
  void skip_empty_lines() {
    do {
      skip_blanks();
      if (is(';')) at_ = std::min(file_.find('\n', at_), file_.size());
      skip_comment();
    } while (take('\n'));
  }
  // Up to one of `ends`, where a # ends behind a blank alone, without the blanks around.
  std::string taken_until(const std::string& ends) {
    skip_blanks();
    size_t begin = at_;
    for (; !at_end() && ends.find(file_[at_]) == std::string::npos; ++at_)
      if (is('#') && at_ > begin && (file_[at_ - 1] == ' ' || file_[at_ - 1] == '\t')) break;
    size_t end = at_;
    while (end > begin && (file_[end - 1] == ' ' || file_[end - 1] == '\t' || file_[end - 1] == '\r')) --end;
    return file_.substr(begin, end - begin);
  }

  std::vector<std::string> values_here() {
    skip_blanks();
    if (take('[')) return list();
    if (is('"') || is('\'')) return {quoted()};
    std::string words = taken_until("\n");
    std::vector<std::string> out;
    for (size_t begin = 0; begin <= words.size();) {
      size_t end = std::min(words.find_first_of(" \t,", begin), words.size());
      if (end > begin || words.empty()) out.push_back(words.substr(begin, end - begin));
      begin = end + 1;
    }
    return out;
  }
  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (skip_empty_lines(); !take(']'); skip_empty_lines()) {
      out.push_back(is('"') || is('\'') ? quoted() : taken_until(",]\n"));
      skip_empty_lines();
      if (!take(',') && !is(']')) refuse("the list has no ]");
    }
    return out;
  }
  std::string quoted() {
    char mark = file_[at_];
    size_t end = at_ + 1;
    while (end < file_.size() && file_[end] != mark && file_[end] != '\n')
      end += mark == '"' && file_[end] == '\\' ? 2 : 1;
    if (end >= file_.size() || file_[end] != mark) refuse(text("the text has no second ", mark));
    std::string inside = file_.substr(at_ + 1, end - at_ - 1);
    if (mark == '"') {
      Json parsed = data::parsed_json<Json>('"' + inside + '"');
      if (!parsed.is_string()) refuse(R"(the text holds an escape that is none; a backslash is \\)");
      inside = parsed.get<std::string>();
    }
    at_ = end + 1;
    return inside;
  }

  const std::string& file_;
  const std::string& path_;
  size_t at_ = 0;
};

}  // namespace

std::string flags_text(const TrainConfig& config) {
  std::string out = "# The flags of a run. To train it again: lexigrad train --config THIS_FILE --out RUN\n";
  const Json object = data::parsed_json<Json>(config_json(config));
  for (const auto& [name, value] : object.items()) {
    std::vector<std::string> texts = values_of(name, value);
    out += text(name, " = ", data::json_text(name == "text" && texts.size() > 1 ? Json(texts) : value), "\n");
  }
  return out;
}

std::vector<FlagLine> parse_flags(const std::string& file, const std::string& path) {
  Json object = data::parsed_json<Json>(file);
  if (object.is_object()) return flags_of_json(object);
  return Reader(file, path).read();
}

}  // namespace lexigrad::train
