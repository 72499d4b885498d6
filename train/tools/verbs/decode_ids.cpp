#include "lexigrad/train/tools/verbs/decode_ids.h"

#include <charconv>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/stream_decoder.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

constexpr size_t kSome = 1 << 16;  // bytes that are read, and ids that are decoded, at a time

// The text of one file's ids on standard output.
class Output {
 public:
  Output(const data::Tokenizer& tokenizer, std::string name)
      : decoder_(tokenizer), vocabulary_(tokenizer.vocabulary_size()), name_(std::move(name)) {}

  // `line` is 0 where there are none.
  void add(int64_t id, int64_t line = 0) {
    if (id < 0 || id >= vocabulary_)
      stop("Id ", id, " at ", place(line), " is outside the vocabulary (valid ids are 0..", vocabulary_ - 1,
           "). Hint: decode with the tokenizer that encoded.");
    ids_.push_back(id);
    if (ids_.size() == kSome) write();
  }
  // Prints what is whole of the ids so far.
  void write() {
    written_ += static_cast<int64_t>(ids_.size());
    print(decoder_.add(ids_));
    ids_.clear();
    flush_output();
  }
  void finish() {
    write();
    print(decoder_.finish());
    flush_output();
  }
  template <class... Parts>
  [[noreturn]] void stop(const Parts&... parts) {
    finish();
    fail("tokenize", text(parts...));
  }
  int64_t position() const { return written_ + static_cast<int64_t>(ids_.size()); }
  std::string place(int64_t line) const {
    return text("position ", position(), line > 0 ? text(" (line ", line, ")") : "", " of ", name_);
  }
  const std::string& name() const { return name_; }

 private:
  data::StreamDecoder decoder_;
  int64_t vocabulary_, written_ = 0;
  std::string name_;
  std::vector<int64_t> ids_;
};

// Whole numbers with blanks between.
class TextIds {
 public:
  explicit TextIds(Output& out) : out_(out) {}

  void read(data::ByteSource& source) {
    std::string part(kSome, '\0');
    while (size_t size = source.read(part)) {
      left_.append(part, 0, size);
      take_words();
      out_.write();
    }
    if (!left_.empty()) take(left_);
  }

 private:
  static constexpr std::string_view kBlanks = " \t\r\n";
  static constexpr size_t kLongest = 64;  // digits that a number may have, with zeros before it

  // All but a last one that may go on.
  void take_words() {
    size_t at = 0;
    while (true) {
      for (; at < left_.size() && kBlanks.find(left_[at]) != kBlanks.npos; ++at) line_ += left_[at] == '\n';
      size_t end = left_.find_first_of(kBlanks, at);
      if (end == left_.npos && left_.size() - at <= kLongest) break;
      take(std::string_view(left_).substr(at, end - at));
      at = end;
    }
    left_.erase(0, at);
  }
  void take(std::string_view word) {
    int64_t id = 0;
    auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (word.size() > kLongest || error != std::errc() || stop != word.data() + word.size())
      out_.stop('"', data::escape(word.substr(0, 40)), "\" at ", out_.place(line_),
                " is no id. Hint: --decode reads whole numbers with blanks between.");
    out_.add(id, line_);
  }

  Output& out_;
  std::string left_;
  int64_t line_ = 1;
};

// Calls f with a number of the type of a .npy file's ids.
template <class F>
void with_type_of(const train::NpyHeader& header, const std::string& name, const F& f) {
  const std::string_view type = header.element->npy;
  check(header.sizes.size() == 1 && !header.fortran && !header.big_endian, "tokenize", name,
        " is an array of ", header.sizes.size(), header.sizes.size() == 1 ? " dimension" : " dimensions",
        header.fortran ? ", in Fortran order" : "", header.big_endian ? ", big endian" : "",
        ". Hint: ids are one row, as np.save(path, ids.ravel()) writes it.");
  if (type == "u2") return f(uint16_t{});
  if (type == "u4") return f(uint32_t{});
  if (type == "i4") return f(int32_t{});
  if (type == "i8") return f(int64_t{});
  fail("tokenize", text(name, " is an array of ", type,
                        ". Hint: ids are u2, u4, i4 or i8, as ids.astype('int64') makes them."));
}

// Numbers, little endian; `most` of them where that is not -1.
template <class Id>
void read_numbers(data::ByteSource& source, Output& out, int64_t most = -1) {
  std::string part(kSome * sizeof(Id), '\0');
  size_t left = 0;  // bytes of a number that is not whole
  while (size_t size = source.read(std::span(part).subspan(left))) {
    size += left;
    left = size % sizeof(Id);
    for (size_t at = 0; at + sizeof(Id) <= size; at += sizeof(Id)) {
      Id id;
      std::memcpy(&id, part.data() + at, sizeof id);
      if (out.position() == most)
        out.stop(out.name(), " has more than the ", most, " ids that its header says.");
      out.add(static_cast<int64_t>(id));
    }
    std::memmove(part.data(), part.data() + size - left, left);
    out.write();
  }
  if (left > 0)
    out.stop(out.name(), " has ",
             out.position() * static_cast<int64_t>(sizeof(Id)) + static_cast<int64_t>(left),
             " bytes of ids, and each takes ", sizeof(Id),
             ". Hint: decode with the tokenizer that encoded, and all of what it wrote.");
  if (out.position() < most)
    out.stop(out.name(), " has ", out.position(), " ids where its header says ", most,
             ". Hint: it was cut short; copy it anew.");
}

// Reads on as long as the beginning may be one of the kinds of files.
std::string beginning(data::ByteSource& source) {
  std::string out;
  auto may_be = [&](std::string_view magic) { return out.size() < magic.size() && magic.starts_with(out); };
  for (char c; (may_be(data::TokenFile::kMagic) || may_be(train::kNpyMagic)) && source.read({&c, 1}) == 1;)
    out += c;
  return out;
}

void decode_token_file(const std::string& path) {
  const data::TokenFile file(path);
  std::unique_ptr<data::Tokenizer> tokenizer = file.tokenizer();
  Output out(*tokenizer, path);
  file.tokens().for_each_part([&](auto ids) {
    for (auto id : ids) out.add(static_cast<int64_t>(id));
  });
  out.finish();
}

}  // namespace

void decode_ids(const std::vector<std::string>& paths, DecodeOptions options,
                const std::function<std::unique_ptr<data::Tokenizer>()>& tokenizer) {
  std::unique_ptr<data::Tokenizer> named;
  for (const std::string& path : paths) {
    const std::string name = data::source_name(path);
    std::unique_ptr<data::ByteSource> source = data::open_source(path);
    const std::string first = beginning(*source);
    const bool is_tokens = first == data::TokenFile::kMagic, is_array = first == train::kNpyMagic;
    check(!options.binary || (!is_tokens && !is_array), "tokenize", name, " is ",
          is_tokens ? "a token file" : "NumPy's array", ", not numbers alone. Hint: leave --binary out.");
    if (is_tokens) {
      check(path != "-", "tokenize", "Standard input is a token file. Hint: name the file.");
      check(!options.has_tokenizer, "tokenize", name, " has its tokenizer in it. Hint: name no other.");
      decode_token_file(path);
      continue;
    }
    if (!named) named = tokenizer();
    Output out(*named, name);
    source = data::with_first(first, std::move(source));
    if (is_array) {
      const train::NpyHeader header = train::read_npy_header(*source, name);
      with_type_of(header, name, [&]<class Id>(Id) { read_numbers<Id>(*source, out, header.sizes[0]); });
    } else if (options.binary) {
      data::with_id_type(named->vocabulary_size(), [&]<class Id>(Id) { read_numbers<Id>(*source, out); });
    } else {
      TextIds(out).read(*source);
    }
    out.finish();
  }
}

}  // namespace lexigrad::tools
