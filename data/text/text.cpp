#include "lexigrad/data/text/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "text";

[[noreturn]] void fail_system(std::string_view what, const std::string& path, int error) {
  fail_file(kWhere, text(what, ": ", std::generic_category().message(error), "."), path);
}

struct Descriptor {
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int number;
};

int open_for_reading(const std::string& path) {
  int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0 && errno == ENOENT)
    fail_file(kWhere, "No such file. Hint: check the spelling; paths are relative to the current folder.",
              path);
  if (number < 0) fail_system("The file cannot be opened", path, errno);
  return number;
}

}  // namespace

std::string read_text(const std::string& path) {
  Descriptor file(open_for_reading(path));
  struct stat info;
  if (::fstat(file.number, &info) < 0) fail_system("The file cannot be read", path, errno);
  if (S_ISDIR(info.st_mode)) fail_file(kWhere, "This is a directory. Hint: name a text file in it.", path);
  std::string bytes;
  size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(std::max(size * 2, static_cast<size_t>(info.st_size) + 4096));
    ssize_t n = ::read(file.number, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_system("The file cannot be read", path, errno);
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size == 0)
    fail_file(kWhere, "The file is empty. Hint: a text of at least a few words is needed.", path);
  bytes.resize(size);
  return bytes;
}

CodePoint detail::decode_multibyte(const char* p, const char* end) {
  auto byte = [&](int i) { return static_cast<unsigned char>(p[i]); };
  int length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  constexpr CodePoint invalid{kReplacement, 1, false};
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || end - p < length) return invalid;
  char32_t code = byte(0) & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return invalid;
  return {code, length, true};
}

void append_utf8(std::string& out, char32_t code) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

}  // namespace lexigrad::data
