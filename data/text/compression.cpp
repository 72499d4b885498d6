#include "lexigrad/data/text/compression.h"

#include <algorithm>
#include <string_view>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
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

[[noreturn, maybe_unused]] void fail_damaged(std::string_view what, const std::string& path, size_t at) {
  fail_file(kWhere, text("The ", what, " data is damaged or cut short. Hint: copy the file anew"), path,
            static_cast<int64_t>(at));
}

[[noreturn, maybe_unused]] void fail_missing(std::string_view what, std::string_view library,
                                             const std::string& path) {
  fail_file(
      kWhere,
      text("This is a ", what, " file, and this lexigrad was built without ", library, ". Hint: unpack it (",
           what == "gzip" ? "gunzip" : "zstd -d", "), or build with ", library, " installed"),
      path);
}

// Room for twice as much as `out` has, or for a piece to begin with; `used` bytes of it are taken.
[[maybe_unused]] void grow(std::string& out, size_t used, const std::string& path) {
  size_t size = used < 65536 ? 65536 : 2 * used;
  if (static_cast<int64_t>(size) > available_memory())
    fail_memory(
        kWhere,
        text(path, " unpacks to more than ", used,
             " bytes, and there is no memory for more. Hint: unpack it first, and take a part of it"));
  out.resize(size);
}

#ifdef LEXIGRAD_ZLIB
// Several streams one behind another are one text, as for zcat.
std::string gunzip(std::string_view bytes, const std::string& path) {
  constexpr int gzip_header = 16;
  constexpr size_t most = 1u << 30;  // zlib counts in 32 bits
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + gzip_header) != Z_OK)
    fail_memory(kWhere, "No memory to unpack gzip. Hint: end other programs, or unpack the file first");
  struct End {
    z_stream& stream;
    ~End() { inflateEnd(&stream); }
  } end{stream};
  std::string out;
  size_t at = 0, used = 0;
  for (int state = Z_OK; state != Z_STREAM_END || bytes.substr(at).starts_with(kGzip);) {
    if (state == Z_STREAM_END) inflateReset(&stream);
    if (used == out.size()) grow(out, used, path);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
    stream.avail_in = static_cast<uInt>(std::min(most, bytes.size() - at));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    size_t room = std::min(most, out.size() - used);
    stream.avail_out = static_cast<uInt>(room);
    state = inflate(&stream, Z_NO_FLUSH);
    at = static_cast<size_t>(reinterpret_cast<char*>(stream.next_in) - bytes.data());
    used += room - stream.avail_out;
    if (state != Z_OK && state != Z_STREAM_END) fail_damaged("gzip", path, at);
  }
  out.resize(used);
  return out;
}
#endif

#ifdef LEXIGRAD_ZSTD
std::string unzstd(std::string_view bytes, const std::string& path) {
  struct Free {
    ZSTD_DStream* stream;
    ~Free() { ZSTD_freeDStream(stream); }
  } own{ZSTD_createDStream()};
  if (!own.stream)
    fail_memory(kWhere, "No memory to unpack zstd. Hint: end other programs, or unpack the file first");
  std::string out;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  size_t used = 0, left = 1;  // 0 where a frame has ended
  while (left != 0 || in.pos < in.size) {
    if (used == out.size()) grow(out, used, path);
    ZSTD_outBuffer to{out.data(), out.size(), used};
    size_t before = in.pos;
    left = ZSTD_decompressStream(own.stream, &to, &in);
    bool stuck = left != 0 && in.pos == before && to.pos == used;
    if (ZSTD_isError(left) || stuck) fail_damaged("zstd", path, in.pos);
    used = to.pos;
  }
  out.resize(used);
  return out;
}
#endif

}  // namespace

std::string unpacked(std::string bytes, const std::string& path) {
  for (const Packed& packed : kForeign)
    if (std::string_view(bytes).substr(std::min(packed.at, bytes.size())).starts_with(packed.magic))
      fail_file(kWhere, text("This is ", packed.name, " and no text. Hint: ", packed.hint), path, 0);
  if (bytes.starts_with(kGzip)) {
#ifdef LEXIGRAD_ZLIB
    return gunzip(bytes, path);
#else
    fail_missing("gzip", "zlib", path);
#endif
  }
  if (bytes.starts_with(kZstd)) {
#ifdef LEXIGRAD_ZSTD
    return unzstd(bytes, path);
#else
    fail_missing("zstd", "libzstd", path);
#endif
  }
  return bytes;
}

}  // namespace lexigrad::data
