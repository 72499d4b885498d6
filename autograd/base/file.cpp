#include "lexigrad/autograd/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/memory/huge_pages.h"

namespace lexigrad {
namespace {

constexpr size_t kLargestCall = size_t{1} << 30;  // one read() moves at most 2 GiB
constexpr size_t kFirst = size_t{1} << 16;        // bytes that a pipe is thought to have
constexpr size_t kStep = size_t{1} << 18;         // bytes read at once: they stay in the cache
constexpr size_t kLarge = size_t{4} << 20;        // bytes for which huge pages pay
constexpr int kPatience = 3000;                   // milliseconds in which a pipe must get a writer

[[noreturn]] void fail_read(int code, const std::string& path, int64_t offset = -1) {
  const char* hint = code == ENOENT || code == ENOTDIR ? "check the path: it starts at the current folder"
                     : code == EACCES || code == EPERM ? "you may not read it: change its permissions"
                     : code == ELOOP                   ? "name the file that the link should lead to"
                     : code == ENAMETOOLONG            ? "a name has at most 255 bytes"
                                                       : "it cannot be read as it is; copy the file anew, "
                                                         "the disk may be failing";
  fail_file("file", text("Cannot read: ", std::generic_category().message(code), ". Hint: ", hint), path,
            offset);
}

[[noreturn]] void fail_short(int64_t missing, const std::string& path, int64_t offset) {
  fail_file("file", text("The file ends ", missing, " bytes too early. Hint: it was cut short; copy it anew"),
            path, offset);
}

[[noreturn]] void fail_empty(const std::string& path) {
  fail_file("file", "The file is empty. Hint: was the program that wrote it stopped? Write it again", path);
}

// Opens without waiting for the other end of a pipe.
Descriptor open_for_reading(const std::string& path, struct stat& info) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file || ::fstat(file.number(), &info) != 0) fail_read(errno, path);
  if (S_ISDIR(info.st_mode))
    fail_file("file", "This is a folder (a directory). Hint: name a file in it", path);
  return file;
}

// A device may have no end; a terminal has one, and /dev/null is one.
void refuse_device(int descriptor, const struct stat& info, const std::string& path) {
  bool ends = !S_ISCHR(info.st_mode) || ::isatty(descriptor) != 0 || info.st_rdev == makedev(1, 3);
  if (S_ISBLK(info.st_mode) || !ends)
    fail_file("file", "This is a device. Hint: name a plain file or a pipe", path);
}

// A read() that waits where a pipe has nothing yet; 0 at the end.
size_t read_some(int descriptor, char* out, size_t size, const std::string& path, int64_t offset) {
  while (true) {
    ssize_t n = ::read(descriptor, out, std::min(size, kLargestCall));
    if (n >= 0) return static_cast<size_t>(n);
    pollfd wait{descriptor, POLLIN, 0};
    if (errno == EAGAIN)
      ::poll(&wait, 1, -1);
    else if (errno != EINTR)
      fail_read(errno, path, offset);
  }
}

// All that a file still has.
std::string read_rest(FileReader& file) {
  std::string out;
  size_t size = 0;
  for (size_t room = file.expected() + 1;; room *= 2) {
    if (static_cast<int64_t>(room - size) > available_memory())
      fail_memory("file",
                  text(file.path(), " has more than the ", size,
                       " bytes read so far, and there is no memory for more. Hint: take a smaller file"));
    out.reserve(room);
    if (room >= kLarge) prefer_huge_pages(out.data(), room);
    while (size < room) {
      out.resize(std::min(room, size + kStep));
      size_t n = file.read(out.data() + size, out.size() - size);
      size += n;
      if (n > 0) continue;
      out.resize(size);
      return out;
    }
  }
}

// The first byte of a pipe, where it had to be read to learn that some program writes there.
std::string await_writer(int descriptor, const std::string& path) {
  pollfd wait{descriptor, POLLIN, 0};
  if (::poll(&wait, 1, kPatience) != 0) return {};
  char first;
  ssize_t n = ::read(descriptor, &first, 1);
  if (n == 0)
    fail_file("file", "No program writes to this pipe. Hint: start that first, or name a file", path);
  return std::string(n == 1 ? 1 : 0, first);
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

// A std::filesystem::directory_iterator ends the process where memory runs out.
std::vector<std::string> names_in(const std::string& folder, std::error_code& error) {
  std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  std::vector<std::string> out;
  errno = open ? 0 : errno;
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    if (std::string_view name = entry->d_name; name != "." && name != "..") out.emplace_back(name);
    errno = 0;
  }
  error.assign(errno, std::generic_category());
  std::sort(out.begin(), out.end());
  return out;
}

FileReader::FileReader(std::string path) : path_(std::move(path)), expected_(kFirst) {
  struct stat info;
  own_ = open_for_reading(path_, info);
  descriptor_ = own_.number();
  refuse_device(descriptor_, info, path_);
  if (S_ISFIFO(info.st_mode)) first_ = await_writer(descriptor_, path_);
  if (!S_ISREG(info.st_mode)) return;
  size_ = info.st_size;
  expected_ = static_cast<size_t>(size_);
}

FileReader::FileReader(int descriptor, std::string path)
    : path_(std::move(path)), descriptor_(descriptor), expected_(kFirst) {
  struct stat info;
  if (::fstat(descriptor, &info) != 0) fail_read(errno, path_);
  refuse_device(descriptor, info, path_);
}

size_t FileReader::read(char* out, size_t size) {
  size_t n = first_.size();
  if (n > 0) {
    *out = first_[0];
    first_.clear();
  } else {
    n = read_some(descriptor_, out, size, path_, read_);
  }
  read_ += static_cast<int64_t>(n);
  if (n == 0 && read_ < size_) fail_short(size_ - read_, path_, read_);
  if (n == 0 && read_ == 0 && own_) fail_empty(path_);
  return n;
}

std::string read_to_end(int descriptor, const std::string& path) {
  FileReader file(descriptor, path);
  return read_rest(file);
}

std::string read_file(const std::string& path) {
  FileReader file(path);
  return read_rest(file);
}

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  struct stat info;
  file_ = open_for_reading(path_, info);
  if (!S_ISREG(info.st_mode))
    fail_file("file", "This is a pipe or a device. Hint: copy it to a plain file first", path_);
  if (info.st_size == 0) fail_empty(path_);
  size_ = info.st_size;
}

void InputFile::read(int64_t offset, void* out, size_t size) const {
  auto* bytes = static_cast<char*>(out);
  while (size > 0) {
    ssize_t n = ::pread(file_.number(), bytes, std::min(size, kLargestCall), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_read(errno, path_, offset);
    if (n == 0) fail_short(static_cast<int64_t>(size), path_, offset);
    bytes += n;
    offset += n;
    size -= static_cast<size_t>(n);
  }
}

// The pages are not the file's own: those of a file that shrinks would be a SIGBUS to touch.
MappedFile::MappedFile(const std::string& path) {
  InputFile file(path);
  auto size = static_cast<size_t>(file.size());
  void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) fail_read(errno, path);
  bytes_ = {static_cast<const char*>(mapped), size};
  try {
    file.read(0, mapped, size);
  } catch (...) {
    ::munmap(mapped, size);
    throw;
  }
}

MappedFile::~MappedFile() { ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }

}  // namespace lexigrad
