#include "lexigrad/data/text/byte_source.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/memory/available_memory.h"

namespace lexigrad::data {
namespace {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(FileReader file) : file_(std::move(file)) {}
  size_t read(std::span<char> out) override { return file_.read(out.data(), out.size()); }
  size_t expected() const override { return file_.expected(); }

 private:
  FileReader file_;
};

class ViewSource final : public ByteSource {
 public:
  explicit ViewSource(std::string_view bytes) : rest_(bytes) {}
  size_t read(std::span<char> out) override {
    size_t n = std::min(out.size(), rest_.size());
    std::copy_n(rest_.data(), n, out.data());
    rest_.remove_prefix(n);
    return n;
  }
  size_t expected() const override { return rest_.size(); }

 private:
  std::string_view rest_;
};

// Bytes of its own, then those of another source, where there is one.
class OwnSource final : public ByteSource {
 public:
  OwnSource(std::string bytes, std::unique_ptr<ByteSource> rest)
      : bytes_(std::move(bytes)), first_(bytes_), rest_(std::move(rest)) {}
  size_t read(std::span<char> out) override {
    size_t n = first_.read(out);
    return n > 0 || !rest_ ? n : rest_->read(out);
  }
  size_t expected() const override { return first_.expected() + (rest_ ? rest_->expected() : 0); }

 private:
  std::string bytes_;
  ViewSource first_;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& path) {
  return std::make_unique<FileSource>(path == "-" ? FileReader(STDIN_FILENO, source_name(path))
                                                  : FileReader(path));
}

std::string source_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::unique_ptr<ByteSource> source_of(std::string bytes) { return with_first(std::move(bytes), nullptr); }

std::unique_ptr<ByteSource> viewing(std::string_view bytes) { return std::make_unique<ViewSource>(bytes); }

std::unique_ptr<ByteSource> with_first(std::string first, std::unique_ptr<ByteSource> rest) {
  return std::make_unique<OwnSource>(std::move(first), std::move(rest));
}

void append_bytes(std::string& out, ByteSource& source, size_t size) {
  size_t used = out.size();
  const size_t end = used + size;
  out.resize(end);
  while (used < end) {
    size_t n = source.read(std::span(out).subspan(used));
    if (n == 0) return out.resize(used);
    used += n;
  }
}

std::string read_rest(ByteSource& source, const std::string& path) {
  std::string out;
  size_t step = std::max<size_t>(source.expected() + 1, 1 << 16);
  while (true) {
    if (static_cast<int64_t>(step) > available_memory())
      fail_memory("text", text(path, " has more than ", out.size(),
                               " bytes when it is unpacked, and there is no memory for more. Hint: take a "
                               "part of it"));
    size_t before = out.size();
    append_bytes(out, source, step);
    if (out.size() < before + step) return out;
    step = out.size();
  }
}

}  // namespace lexigrad::data
