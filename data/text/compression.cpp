#include "lexigrad/data/text/compression.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#ifdef LEXIGRAD_ZLIB
#include <zlib.h>
#endif
#ifdef LEXIGRAD_ZSTD
#include <zstd.h>
#endif

namespace lexigrad::data {
namespace {

using std::string_view_literals::operator""sv;
constexpr std::string_view kWhere = "text";
constexpr std::string_view kGzip = "\x1f\x8b", kZstd = "\x28\xb5\x2f\xfd";

struct Packed {
  std::string_view magic, name, hint;
  size_t at = 0;  // of the magic bytes
};
constexpr Packed kForeign[] = {{"PK\x03\x04"sv, "a zip archive (or an office document, which is one)",
                                "unzip it, or save it as plain text"},
                               {"PK\x05\x06"sv, "an empty zip archive", "name the text itself"},
                               {"\xfd"
                                "7zXZ\0"sv,
                                "an xz file", "unpack it: xz -d"},
                               {"1AY&SY"sv, "a bzip2 file", "unpack it: bunzip2", 4},
                               {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive", "unpack it: 7z x"},
                               {"\x04\x22\x4d\x18"sv, "an lz4 file", "unpack it: lz4 -d"},
                               {"%PDF-"sv, "a PDF document", "save it as plain text: pdftotext"}};

[[noreturn, maybe_unused]] void fail_missing(std::string_view what, std::string_view library,
                                             const std::string& path) {
  fail_file(
      kWhere,
      text("This is a ", what, " file, and this lexigrad was built without ", library, ". Hint: unpack it (",
           what == "gzip" ? "gunzip" : "zstd -d", "), or build with ", library, " installed"),
      path);
}

// Bytes of a packed source that wait to be unpacked.
class Input {
 public:
  Input(std::unique_ptr<ByteSource> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)) {}
  /// What waits, read where nothing does; empty at the end.
  std::string_view bytes() {
    if (at_ == used_) passed_ += used_, used_ = source_->read(buffer_), at_ = 0;
    return {buffer_.data() + at_, used_ - at_};
  }
  void take(size_t count) { at_ += count; }
  [[noreturn]] void fail_damaged(std::string_view what) const {
    fail_file(kWhere, text("The ", what, " data is damaged or cut short. Hint: copy the file anew"), path_,
              static_cast<int64_t>(passed_ + at_));
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string path_, buffer_ = std::string(1 << 16, '\0');
  size_t at_ = 0, used_ = 0, passed_ = 0;
};

#ifdef LEXIGRAD_ZLIB
class Gunzip final : public ByteSource {
 public:
  explicit Gunzip(Input input) : input_(std::move(input)) {
    constexpr int gzip_header = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_header) != Z_OK)
      fail_memory(kWhere, "No memory to unpack gzip. Hint: end other programs, or unpack the file first");
  }
  ~Gunzip() override { inflateEnd(&stream_); }

  // What stands behind the last stream and is none itself is left out, as zcat does.
  size_t read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1u << 30));  // zlib counts in 32 bits
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room && !ended_) step();
    return room - stream_.avail_out;
  }

 private:
  void step() {
    std::string_view in = input_.bytes();
    if (between_) {
      ended_ = in.empty() || in[0] != kGzip[0];
      if (ended_) return;
      inflateReset(&stream_);
    }
    if (in.empty()) input_.fail_damaged("gzip");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    int state = inflate(&stream_, Z_NO_FLUSH);
    input_.take(in.size() - stream_.avail_in);
    if (state != Z_OK && state != Z_STREAM_END) input_.fail_damaged("gzip");
    between_ = state == Z_STREAM_END;
  }

  Input input_;
  z_stream stream_{};
  bool between_ = false, ended_ = false;  // a stream has ended; all have
};
#endif

#ifdef LEXIGRAD_ZSTD
class Unzstd final : public ByteSource {
 public:
  explicit Unzstd(Input input) : input_(std::move(input)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (!stream_)
      fail_memory(kWhere, "No memory to unpack zstd. Hint: end other programs, or unpack the file first");
  }

  size_t read(std::span<char> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos == 0) {
      std::string_view bytes = input_.bytes();
      if (bytes.empty() && left_ == 0) return 0;
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      left_ = ZSTD_decompressStream(stream_.get(), &to, &in);
      input_.take(in.pos);
      bool stuck = bytes.empty() && to.pos == 0;
      if (ZSTD_isError(left_) || stuck) input_.fail_damaged("zstd");
    }
    return to.pos;
  }

 private:
  Input input_;
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
  size_t left_ = 1;  // 0 where a frame has ended
};
#endif

bool is_packed(std::string_view bytes) { return bytes.starts_with(kGzip) || bytes.starts_with(kZstd); }

// By the first bytes.
void refuse_foreign(std::string_view bytes, const std::string& path) {
  for (const Packed& packed : kForeign)
    if (bytes.substr(std::min(packed.at, bytes.size())).starts_with(packed.magic))
      fail_file(kWhere, text("This is ", packed.name, " and no text. Hint: ", packed.hint), path, 0);
}

}  // namespace

std::unique_ptr<ByteSource> unpacking(std::unique_ptr<ByteSource> packed, const std::string& path) {
  constexpr size_t longest = 16;  // of the magic bytes and what stands before them
  std::string first;
  append_bytes(first, *packed, longest);
  refuse_foreign(first, path);
  bool gzip = first.starts_with(kGzip), zstd = first.starts_with(kZstd);
  std::unique_ptr<ByteSource> whole = with_first(std::move(first), std::move(packed));
  if (gzip) {
#ifdef LEXIGRAD_ZLIB
    return std::make_unique<Gunzip>(Input(std::move(whole), path));
#else
    fail_missing("gzip", "zlib", path);
#endif
  }
  if (zstd) {
#ifdef LEXIGRAD_ZSTD
    return std::make_unique<Unzstd>(Input(std::move(whole), path));
#else
    fail_missing("zstd", "libzstd", path);
#endif
  }
  return whole;
}

std::string unpacked(std::string bytes, const std::string& path) {
  refuse_foreign(bytes, path);
  if (!is_packed(bytes)) return bytes;
  return read_rest(*unpacking(source_of(std::move(bytes)), path), path);
}

}  // namespace lexigrad::data
