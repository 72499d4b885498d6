#include "lexigrad/train/formats/safetensors/header.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/safetensors/header_text.h"

namespace lexigrad::train {
namespace {

using namespace safetensors;
constexpr const char* kWhere = "safetensors";
constexpr const char* kDamaged =
    ". Hint: the file was damaged or cut short; copy it anew or use the one before";

// Takes the parser through the header.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  explicit Cursor(HeaderText* text) : text_(text) {}
  reference operator*() const { return text_->byte(); }
  Cursor& operator++() {
    text_->advance();
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_end() == other.at_end(); }
  bool operator!=(const Cursor& other) const { return at_end() != other.at_end(); }

 private:
  bool at_end() const { return !text_ || text_->ended(); }

  HeaderText* text_;  // null: the end
};

// Takes the parser's events and accepts exactly the format:
//   {"__metadata__": {text: text}, name: {"dtype": text, "shape": [n...], "data_offsets": [n, n]}}
class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  // `skipped`: where the caller's metadata stay empty.
  Handler(SafetensorsHeader& out, std::string& problem, HeaderText* skipped)
      : out_(out), problem_(problem), skipped_(skipped) {}

  bool null() override { return (depth_ == 1 && key_ == "__metadata__") || unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a fraction"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) return unexpected("a number");
    if (value > INT64_MAX / 2) return problem("A number is too large");
    if (list_.size() == 64) return problem("A list has more than 64 numbers");
    list_.push_back(static_cast<int64_t>(value));
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      out_.metadata[key_] = value;
      return true;
    }
    if (depth_ != 2 || in_list_ || key_ != "dtype") return unexpected("a text");
    for (const Element& each : elements())
      if (each.name == value) entry_.element = &each;
    return entry_.element ||
           problem(text("Tensor \"", data::shown(entry_.name), "\" has dtype ", data::shown(value), "; ",
                        element_list(&Element::name), " are read. Hint: convert it to one of these"));
  }
  bool start_object(size_t) override {
    if (++depth_ == 1) return true;
    if (depth_ > 2 || in_list_) return problem("Objects are nested too deep");
    in_metadata_ = key_ == "__metadata__";
    entry_ = {};
    entry_.name = key_;
    fields_.clear();
    return true;
  }
  bool key(string_t& name) override {
    std::set<std::string>& seen = depth_ == 1 ? names_ : fields_;
    if (!seen.insert(name).second) return problem(text("\"", data::shown(name), "\" occurs twice"));
    key_ = name;
    if (skipped_ && depth_ == 2 && in_metadata_ && !is_own(name)) skipped_->skip_next_text();
    return true;
  }
  bool end_object() override {
    if (--depth_ == 0 || in_metadata_) return true;
    if (fields_ != std::set<std::string>{"data_offsets", "dtype", "shape"})
      return problem(text("Tensor \"", data::shown(entry_.name),
                          "\" needs dtype, shape and data_offsets, and nothing else"));
    out_.entries.push_back(entry_);
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ != 2 || in_metadata_ || in_list_ || (key_ != "shape" && key_ != "data_offsets"))
      return unexpected("a list");
    in_list_ = true;
    list_.clear();
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    if (key_ == "shape") {
      entry_.shape = Shape(list_);
      return true;
    }
    if (list_.size() != 2 || list_[0] > list_[1])
      return problem(
          text("Tensor \"", data::shown(entry_.name), "\" has data_offsets that are not [begin, end]"));
    entry_.begin = list_[0];
    entry_.end = list_[1];
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override {
    return problem("The header is not valid JSON in UTF-8");
  }

 private:
  bool problem(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  bool unexpected(const char* what) { return problem(text("The header has ", what, " where none belongs")); }

  SafetensorsHeader& out_;
  std::string& problem_;
  HeaderText* skipped_;
  SafetensorsEntry entry_;
  std::vector<int64_t> list_;
  std::string key_;
  std::set<std::string> names_, fields_;
  int depth_ = 0;
  bool in_metadata_ = false, in_list_ = false;
};

uint64_t read_length(const InputFile& file) {
  uint64_t length = 0;
  if (file.size() < 8)
    fail_file(kWhere, text("The file has ", file.size(), " bytes, too few for a header", kDamaged),
              file.path(), 0);
  file.read(0, &length, 8);
  if (length > kLargestHeader || length > static_cast<uint64_t>(file.size()) - 8)
    fail_file(kWhere,
              text("The header should have ", length, " bytes, the file has ", file.size() - 8,
                   " after the length (at most ", kLargestHeader, " are read)", kDamaged),
              file.path(), 0);
  return length;
}

void parse(const InputFile& file, bool texts, SafetensorsHeader& out) {
  HeaderText json(file, 8, out.data_begin);
  if (json.ended() || json.byte() != '{')
    fail_file(kWhere, "The header does not start with {. Hint: is this a safetensors file?", file.path(), 8);
  std::string problem;
  Handler handler(out, problem, texts ? nullptr : &json);
  if (!nlohmann::json::sax_parse(Cursor(&json), Cursor(nullptr), &handler))
    fail_file(kWhere, problem.find("Hint: ") == std::string::npos ? problem + kDamaged : problem, file.path(),
              json.place());
}

// Bytes of a tensor of that shape, or -1 where they do not fit into 63 bits, empty dimensions
// counted as 1.
int64_t byte_size(const SafetensorsEntry& entry) {
  int64_t bound = entry.element->bytes;
  for (int64_t d : entry.shape)
    if (__builtin_mul_overflow(bound, std::max<int64_t>(d, 1), &bound)) return -1;
  return entry.shape.numel() * entry.element->bytes;
}

void check_places(const SafetensorsHeader& header, const InputFile& file) {
  int64_t next = 0, size = file.size() - header.data_begin;
  for (size_t i : by_place(header.entries)) {
    const SafetensorsEntry* entry = &header.entries[i];
    auto fail_entry = [&](const std::string& what) {
      fail_file(kWhere, text("Tensor \"", data::shown(entry->name), "\" ", what, kDamaged), file.path(),
                header.data_begin + next);
    };
    if (entry->begin != next)
      fail_entry(text("starts at ", entry->begin, " of the data, where ", next,
                      " is next: bytes overlap or are unused"));
    if (entry->end > size)
      fail_entry(text("ends at ", entry->end, " of the data, which has ", size, " bytes"));
    if (byte_size(*entry) != entry->end - entry->begin)
      fail_entry(text("of shape ", to_string(entry->shape), " does not fill its ", entry->end - entry->begin,
                      " bytes"));
    next = entry->end;
  }
  if (next != size)
    fail_file(kWhere, text("The data has ", size, " bytes, the header accounts for ", next, kDamaged),
              file.path(), header.data_begin + next);
}

// Takes our own keys out of the metadata.
void take_own(SafetensorsHeader& header, const InputFile& file) {
  const std::string& path = file.path();
  Metadata& metadata = header.metadata;
  auto version = metadata.find("lexigrad");
  auto sum = metadata.find("checksum");
  if (version == metadata.end() && (sum == metadata.end() || !sum->second.starts_with("xxh64:"))) return;
  std::string start(std::min(kChecksumStart.size(), static_cast<size_t>(header.data_begin - 8)), '\0');
  file.read(8, start.data(), start.size());
  if (version == metadata.end() || sum == metadata.end() || start != kChecksumStart ||
      sum->second.size() != 6 + kNoChecksum.size())
    fail_file(kWhere,
              "The checksum is not at the file's start. Hint: the file was altered; if another program "
              "rewrote it, let that drop the metadata \"checksum\", \"lexigrad\" and \"alias_of:...\"",
              path, 8);
  if (version->second != kVersion)
    fail_file(kWhere,
              text("The file has version ", data::shown(version->second), ", this lexigrad reads ", kVersion,
                   ". Hint: use a newer lexigrad"),
              path, 8);
  header.checksum = sum->second.substr(6);
  metadata.erase(version);
  metadata.erase(sum);
  for (auto it = metadata.lower_bound(std::string(kAlias));
       it != metadata.end() && it->first.starts_with(kAlias);) {
    header.alias[it->first.substr(kAlias.size())] = it->second;
    it = metadata.erase(it);
  }
}

void check_aliases(const SafetensorsHeader& header, const std::string& path) {
  std::set<std::string_view> names;
  for (const SafetensorsEntry& entry : header.entries) names.insert(entry.name);
  for (const auto& [name, target] : header.alias)
    if (names.contains(name) || !names.contains(target))
      fail_file(kWhere,
                text("Alias \"", data::shown(name), "\" of \"", data::shown(target),
                     "\" has no such tensor, or is one itself", kDamaged),
                path, 8);
}

}  // namespace

std::vector<size_t> by_place(const std::vector<SafetensorsEntry>& entries) {
  std::vector<size_t> order(entries.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(entries[a].begin, entries[a].end) < std::pair(entries[b].begin, entries[b].end);
  });
  return order;
}

bool is_safetensors(std::string_view start) {
  uint64_t length = 0;
  if (start.size() < 9) return false;
  std::memcpy(&length, start.data(), 8);
  return length <= kLargestHeader && start[8] == '{';
}

SafetensorsHeader read_safetensors_header(const std::string& path) {
  return read_safetensors_header(InputFile(path), true);
}

SafetensorsHeader read_safetensors_header(const InputFile& file, bool texts) {
  SafetensorsHeader header;
  header.data_begin = static_cast<int64_t>(8 + read_length(file));
  parse(file, texts, header);
  take_own(header, file);
  check_aliases(header, file.path());
  check_places(header, file);
  return header;
}

}  // namespace lexigrad::train
