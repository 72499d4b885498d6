#include "lexigrad/data/text/documents.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kWhere = "text";

void add_files(const std::string& folder, std::vector<std::string>& out) {
  std::error_code error;
  for (const std::string& name : names_in(folder, error)) {
    if (name.starts_with('.')) continue;
    const std::string path = folder + (folder.ends_with('/') ? "" : "/") + name;
    std::error_code unseen;
    if (fs::is_directory(path, unseen))
      add_files(path, out);
    else if (fs::is_regular_file(path, unseen) && fs::file_size(path, unseen) > 0)
      out.push_back(path);
  }
  if (error)
    fail_file(kWhere, text("Cannot read the folder: ", error.message(), ". Hint: check its permissions"),
              folder);
}

bool is_json_lines(std::string_view path) {
  for (std::string_view packed : {".gz", ".zst"})
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  return path.ends_with(".jsonl") || path.ends_with(".ndjson");
}

bool is_blank(std::string_view text) {
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    CharClass kind = char_class(c.value);
    if (!c.valid || (kind != CharClass::space && kind != CharClass::control)) return false;
    p += c.length;
  }
  return true;
}

class JoinedTexts final : public ByteSource {
 public:
  explicit JoinedTexts(Documents documents) : documents_(std::move(documents)), now_(documents_.next()) {}
  size_t read(std::span<char> out) override {
    while (now_) {
      if (size_t n = now_->read(out); n > 0) {
        blank_ = blank_ && is_blank({out.data(), n});
        ends_line_ = out[n - 1] == '\n';
        return n;
      }
      if (blank_)
        fail_file(kWhere,
                  "The text is blank: there is not one word in it. Hint: name a text of a few hundred words",
                  documents_.path());
      blank_ = true;
      now_ = documents_.next();
      if (!now_ || std::exchange(ends_line_, true)) continue;
      out[0] = '\n';
      return 1;
    }
    return 0;
  }
  size_t expected() const override { return now_ ? now_->expected() + documents_.expected() : 0; }

 private:
  Documents documents_;
  std::unique_ptr<ByteSource> now_;
  bool blank_ = true, ends_line_ = true;
};

}  // namespace

std::vector<std::string> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code unseen;
    if (!fs::is_directory(path, unseen)) {
      out.push_back(path);
      continue;
    }
    size_t before = out.size();
    add_files(path, out);
    if (out.size() == before)
      fail_file(kWhere, "There is no file in this folder that has any text. Hint: name a folder of texts",
                path);
  }
  return out;
}

Documents::Documents(const std::vector<std::string>& paths, DocumentOptions options)
    : files_(files_of(paths)), options_(std::move(options)) {
  auto lines = std::find_if(files_.begin(), files_.end(), is_json_lines);
  if (lines != files_.end() && options_.field.empty())
    fail_file(kWhere,
              "These are JSON lines, and which field is the text is not said. Hint: --field text names it",
              *lines);
}

std::unique_ptr<ByteSource> Documents::next() {
  if (!kept_.empty()) {
    const Kept& kept = kept_.front();
    kept_ = kept_.subspan(1);
    path_ = kept.path;
    return viewing(kept.text);
  }
  std::string line;
  while (lines_) {
    if (!next_line(line)) {
      lines_.reset();
    } else if (line.find_first_not_of(" \t\r") != std::string::npos) {
      return source_of(text_of(line));
    }
  }
  if (opened_ == files_.size()) return nullptr;
  const std::string& file = files_[opened_++];
  path_ = source_name(file);
  std::unique_ptr<ByteSource> source = open_text(file, options_.encoding, options_.warns);
  if (options_.field.empty()) return source;
  lines_ = std::move(source);
  line_ = 0;
  return next();
}

size_t Documents::expected() const {
  size_t out = 0;
  for (const Kept& each : kept_) out += each.text.size();
  for (size_t i = opened_; i < files_.size(); ++i) {
    std::error_code unseen;
    if (auto size = fs::file_size(files_[i], unseen); !unseen) out += static_cast<size_t>(size);
  }
  return out;
}

bool Documents::next_line(std::string& line) {
  constexpr size_t some = 1 << 16;
  size_t end = read_.find('\n', at_);
  while (end == std::string::npos) {
    read_.erase(0, std::exchange(at_, 0));
    size_t before = read_.size();
    append_bytes(read_, *lines_, std::max(some, before));
    if (read_.size() == before) break;
    end = read_.find('\n', before);
  }
  if (end == std::string::npos && at_ == read_.size()) return false;
  end = std::min(end, read_.size());
  line.assign(read_, at_, end - at_);
  at_ = std::min(end + 1, read_.size());
  ++line_;
  return true;
}

std::string Documents::text_of(std::string_view line) const {
  auto refuse = [&](std::string_view what) {
    fail_file(kWhere,
              text("Line ", line_, " ", what, ". Hint: each line is to be an object such as {\"",
                   options_.field, "\": \"a text\"}"),
              path_);
  };
  auto object = parsed_json<nlohmann::json>(line);
  if (!object.is_object()) refuse("is no object of JSON");
  auto field = object.find(options_.field);
  if (field == object.end()) refuse(text("has no field \"", visible(options_.field), '"'));
  if (!field->is_string()) refuse(text("has a field \"", visible(options_.field), "\" that is no text"));
  return std::move(field->get_ref<std::string&>());
}

Texts::Texts(const std::vector<std::string>& paths, DocumentOptions options)
    : files_(files_of(paths)), options_(std::move(options)) {
  auto is_plain = [](const std::string& path) {
    std::error_code unseen;
    return fs::is_regular_file(path, unseen);
  };
  Documents all(files_, options_);
  if (std::all_of(files_.begin(), files_.end(), is_plain)) return;
  while (std::unique_ptr<ByteSource> document = all.next())
    kept_.push_back({all.path(), read_rest(*document, all.path())});
}

Documents Texts::documents(bool warns) const {
  if (!kept_.empty()) return Documents(std::span(kept_));
  DocumentOptions options = options_;
  options.warns = options.warns && warns;
  return Documents(files_, options);
}

int64_t Texts::kept_bytes() const {
  int64_t bytes = 0;
  for (const Documents::Kept& each : kept_) bytes += std::ssize(each.text);
  return bytes;
}

std::unique_ptr<ByteSource> joined_texts(Documents documents) {
  return std::make_unique<JoinedTexts>(std::move(documents));
}

std::string read_texts(const std::vector<std::string>& paths, const DocumentOptions& options) {
  std::unique_ptr<ByteSource> all = joined_texts(Documents(paths, options));
  return read_rest(*all, paths.empty() ? "" : source_name(paths[0]));
}

}  // namespace lexigrad::data
