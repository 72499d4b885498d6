#include "lexigrad/data/datasets/token_file.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::data {
namespace {

constexpr std::string_view kWhere = "token file";
constexpr std::string_view kMagic = TokenFile::kMagic;
constexpr uint32_t kVersion = 1;

// What a file begins with, in the byte order of the machines that lexigrad runs on: little endian.
struct Header {
  char magic[8];
  uint32_t version, width;  // bytes of an id
  int64_t tokens, documents, tokenizer_bytes, text_bytes;
  uint64_t vocabulary_sum;
  uint64_t sum;  // of the header before it and the XXH64 of all that is behind the header
};
static_assert(sizeof(Header) == 64);

Xxh64 sum_of(const Header& header, uint64_t rest) {
  Xxh64 sum;
  sum.update(&header, offsetof(Header, sum));
  sum.update(&rest, sizeof rest);
  return sum;
}

Xxh64 sum_of(std::string_view bytes) {
  Xxh64 sum;
  sum.update(bytes);
  return sum;
}

int64_t padding(int64_t bytes) { return -bytes & 7; }

// Writes the parts of a file and sums them up.
class Writer {
 public:
  Writer(FileWriter& file, const Tokenizer& tokenizer) : file_(file), saved_(tokenizer.saved()) {
    std::memcpy(head_.magic, kMagic.data(), kMagic.size());
    head_.version = kVersion;
    head_.width = has_narrow_ids(tokenizer.vocabulary_size()) ? 2 : 4;
    head_.tokenizer_bytes = static_cast<int64_t>(saved_.size());
    head_.vocabulary_sum = sum_of(saved_).digest();
    file_.write(&head_, sizeof head_);
  }

  template <class Id>
  void append(std::span<const Id> ids) {
    put(ids.data(), ids.size_bytes());
    head_.tokens += static_cast<int64_t>(ids.size());
  }
  void end_document(int64_t text_bytes) {
    ends_.push_back(head_.tokens);
    head_.text_bytes += text_bytes;
  }
  TokenFileSizes finish() {
    constexpr char zeros[8] = {};
    put(zeros, static_cast<size_t>(padding(head_.tokens * head_.width)));
    put(ends_.data(), ends_.size() * sizeof(int64_t));
    put(saved_.data(), saved_.size());
    head_.documents = static_cast<int64_t>(ends_.size());
    head_.sum = sum_of(head_, sum_.digest()).digest();
    file_.patch(0, {reinterpret_cast<const char*>(&head_), sizeof head_});
    return {head_.tokens, head_.documents, head_.text_bytes};
  }

 private:
  void put(const void* data, size_t size) {
    file_.write(data, size);
    sum_.update(data, size);
  }

  FileWriter& file_;
  std::string saved_;
  Header head_{};
  std::vector<int64_t> ends_;
  Xxh64 sum_;
};

[[noreturn]] void fail_damaged(std::string_view what, const std::string& path) {
  fail_file(kWhere, text(what, ". Hint: the file was cut short or changed; write it again"), path);
}

int64_t ends_at(const Header& head) {
  const int64_t ids = head.tokens * head.width;
  return static_cast<int64_t>(sizeof head) + ids + padding(ids);
}

Header read_header(const InputFile& file) {
  Header head;
  if (file.size() < static_cast<int64_t>(sizeof head))
    fail_damaged("It is shorter than its header", file.path());
  file.read(0, &head, sizeof head);
  if (std::string_view(head.magic, sizeof head.magic) != kMagic)
    fail_file(kWhere, "This is no token file. Hint: lexigrad tokenize TEXT --out NAME.tokens makes one",
              file.path(), 0);
  if (head.version != kVersion)
    fail_file(kWhere,
              text("This is version ", head.version, ", and this lexigrad reads version ", kVersion,
                   ". Hint: use the newest lexigrad"),
              file.path(), 8);
  // Each below the file's size, so that no sum of them overflows.
  for (int64_t count : {head.tokens, head.documents, head.tokenizer_bytes})
    if (count < 0 || count > file.size()) fail_damaged("Its header does not fit its size", file.path());
  if (head.width != 2 && head.width != 4) fail_damaged("Its ids have no width of 2 or 4 bytes", file.path());
  if (ends_at(head) + 8 * head.documents + head.tokenizer_bytes != file.size())
    fail_damaged("Its header does not fit its size", file.path());
  return head;
}

std::string read_tokenizer(const InputFile& file, const Header& head) {
  std::string saved(static_cast<size_t>(head.tokenizer_bytes), '\0');
  file.read(ends_at(head) + 8 * head.documents, saved.data(), saved.size());
  return saved;
}

uint64_t sum_behind_header(const InputFile& file) {
  Xxh64 sum;
  std::string part(1 << 20, '\0');
  for (auto at = static_cast<int64_t>(sizeof(Header)); at < file.size();
       at += static_cast<int64_t>(part.size())) {
    part.resize(static_cast<size_t>(std::min(file.size() - at, static_cast<int64_t>(part.size()))));
    file.read(at, part.data(), part.size());
    sum.update(part);
  }
  return sum.digest();
}

}  // namespace

TokenFileSizes encode_file(const Tokenizer& tokenizer, Documents& documents, const std::string& out,
                           const EncodeOptions& options) {
  TokenFileSizes sizes;
  write_file_atomically(out, [&](FileWriter& file) {
    Writer writer(file, tokenizer);
    while (std::unique_ptr<ByteSource> document = documents.next())
      writer.end_document(for_each_ids(
          tokenizer, *document, options, [&](auto ids) { writer.append(ids); }, documents.path()));
    sizes = writer.finish();
  });
  return sizes;
}

bool TokenFile::is_one(const std::string& path) {
  std::error_code unseen;
  if (!std::filesystem::is_regular_file(path, unseen)) return false;  // a pipe would notice
  try {
    InputFile file(path);
    char magic[kMagic.size()];
    if (file.size() < static_cast<int64_t>(sizeof magic)) return false;
    file.read(0, magic, sizeof magic);
    return std::string_view(magic, sizeof magic) == kMagic;
  } catch (const FileError&) { return false; }
}

std::string TokenFile::tokenizer_kind(const std::string& path) {
  InputFile file(path);
  const std::string saved = read_tokenizer(file, read_header(file));
  return std::string(split_tokenizer_file(saved, path).kind);
}

TokenFile::TokenFile(const std::string& path) : path_(path) {
  auto file = std::make_shared<const InputFile>(path);
  const Header head = read_header(*file);
  const Xxh64 sum = sum_of(head, sum_behind_header(*file));
  if (sum.digest() != head.sum) fail_damaged("Its checksum does not fit", path);
  tokens_ = TokenArray(file, sizeof head, head.tokens, head.width);
  ends_.resize(static_cast<size_t>(head.documents));
  file->read(ends_at(head), ends_.data(), ends_.size() * sizeof(int64_t));
  if (!ends_.empty() &&
      (!std::is_sorted(ends_.begin(), ends_.end()) || ends_.front() < 0 || ends_.back() != head.tokens))
    fail_damaged("Its texts' ends are not those of its ids", path);
  saved_tokenizer_ = read_tokenizer(*file, head);
  sizes_ = {head.tokens, head.documents, head.text_bytes};
  vocabulary_sum_ = sum_of(saved_tokenizer_).hex();
  sum_ = sum.hex();
}

std::unique_ptr<Tokenizer> TokenFile::tokenizer() const { return tokenizer_of(saved_tokenizer_, path_); }

}  // namespace lexigrad::data
