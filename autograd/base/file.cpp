#include "lexigrad/autograd/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {
namespace {

constexpr size_t kBuffer = size_t{1} << 18;
constexpr size_t kLargestCall = size_t{1} << 30;  // one read() or write() moves at most 2 GiB

const char* write_hint(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or write to another disk";
    case EFBIG:
      return "this disk or the shell's `ulimit -f` forbids files of that size";
    case EACCES:
    case EPERM:
    case EROFS:
      return "write to a folder that you may write to, or change its permissions";
    case ENOENT:
    case ENOTDIR:
      return "make the folder first (mkdir -p)";
    case EEXIST:
      return "remove the folder of that name with .tmp at its end";
    case EISDIR:
      return "that name is a folder: give a file's name";
    default:
      return "try another folder";
  }
}

[[noreturn]] void fail_write(const char* what, int code, const std::string& path, int64_t offset = -1) {
  fail_file("file",
            text(what, ": ", std::generic_category().message(code),
                 ". What was at this place before is untouched. Hint: ", write_hint(code)),
            path, offset);
}

[[noreturn]] void fail_read(int code, const std::string& path, int64_t offset = -1) {
  const char* hint = code == ENOENT || code == ENOTDIR ? "check the path: it starts at the current folder"
                     : code == EACCES                  ? "you may not read it: change its permissions"
                                                       : "copy the file anew, the disk may be failing";
  fail_file("file", text("Cannot read: ", std::generic_category().message(code), ". Hint: ", hint), path,
            offset);
}

struct Descriptor {
  int number;
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

// The file that is about to become `path`. Until committed, its end removes it.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : path_(path), name_(path + ".tmp"), file_(create()) {
    ::fstat(file_.number, &made_);
  }
  ~Temporary() {
    if (!committed_ && is_ours()) ::unlink(name_.c_str());
  }
  int descriptor() const { return file_.number; }
  void commit() {
    if (::fsync(file_.number) != 0) fail_write("Cannot finish writing", errno, path_);
    if (!is_ours())
      fail_file("file",
                "Another process wrote this file at the same time. Hint: give each run its own folder",
                path_);
    if (std::rename(name_.c_str(), path_.c_str()) != 0)
      fail_write("Cannot put the file in place", errno, path_);
    committed_ = true;
    sync_folder();
  }

 private:
  int create() {
    struct stat info;
    if (::stat(path_.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
      fail_file("file", "This is a pipe or a device. Hint: give a plain file of another name", path_);
    ::unlink(name_.c_str());  // what a killed writer left
    int number = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number < 0) fail_write("Cannot write", errno, path_);
    return number;
  }
  bool is_ours() const {
    struct stat now;
    return ::lstat(name_.c_str(), &now) == 0 && now.st_ino == made_.st_ino && now.st_dev == made_.st_dev;
  }
  void sync_folder() {
    size_t slash = path_.rfind('/');
    std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some file systems cannot sync a folder and say EINVAL; a folder may be writable but not readable.
    if (open.number >= 0 && ::fsync(open.number) != 0 && errno != EINVAL)
      fail_file("file",
                text("The file is written, but its folder could not be synced: ",
                     std::generic_category().message(errno), ". Hint: the disk may be failing"),
                path_);
  }

  std::string path_, name_;
  Descriptor file_;
  struct stat made_ {};
  bool committed_ = false;
};

}  // namespace

FileWriter::FileWriter(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {
  buffer_.reserve(kBuffer);
}

void FileWriter::write(const void* data, size_t size) {
  if (buffer_.size() + size > kBuffer) flush();
  if (size > kBuffer)
    put(data, size);
  else
    buffer_.append(static_cast<const char*>(data), size);
}

void FileWriter::flush() {
  put(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void FileWriter::put(const void* data, size_t size) {
  auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    size_t part = std::min(size, kBuffer);  // summed while it is in the cache
    ssize_t n = ::write(descriptor_, bytes, part);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_write("Cannot write on", n < 0 ? errno : ENOSPC, path_, put_);
    sum_.update(bytes, static_cast<size_t>(n));
    bytes += n;
    size -= static_cast<size_t>(n);
    put_ += n;
  }
}

std::string FileWriter::checksum() {
  flush();
  return sum_.hex();
}

void FileWriter::patch(int64_t offset, std::string_view bytes) {
  flush();
  check(offset >= 0 && offset + static_cast<int64_t>(bytes.size()) <= put_, "file", "A patch of ",
        bytes.size(), " bytes at ", offset, " is outside the ", put_, " bytes written");
  while (!bytes.empty()) {
    ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_write("Cannot write on", n < 0 ? errno : ENOSPC, path_, offset);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += n;
  }
}

void write_file_atomically(const std::string& path, const std::function<void(FileWriter&)>& write) {
  Temporary file(path);
  FileWriter writer(file.descriptor(), path);
  write(writer);
  writer.flush();
  file.commit();
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  write_file_atomically(path, [bytes](FileWriter& out) { out.write(bytes); });
}

InputFile::InputFile(std::string path) : path_(std::move(path)), descriptor_(-1) {
  Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number < 0) fail_read(errno, path_);
  struct stat info;
  if (::fstat(file.number, &info) != 0) fail_read(errno, path_);
  if (S_ISDIR(info.st_mode)) fail_file("file", "This is a folder. Hint: name a file in it", path_);
  if (!S_ISREG(info.st_mode))
    fail_file("file", "This is a pipe or a device. Hint: copy it to a plain file first", path_);
  if (info.st_size == 0)
    fail_file("file", "The file is empty. Hint: was the program that wrote it stopped? Write it again",
              path_);
  size_ = info.st_size;
  descriptor_ = std::exchange(file.number, -1);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(int64_t offset, void* out, size_t size) const {
  auto* bytes = static_cast<char*>(out);
  while (size > 0) {
    ssize_t n = ::pread(descriptor_, bytes, std::min(size, kLargestCall), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_read(errno, path_, offset);
    if (n == 0)
      fail_file("file",
                text("The file ends ", size, " bytes too early. Hint: it was cut short; copy it anew"), path_,
                offset);
    bytes += n;
    offset += n;
    size -= static_cast<size_t>(n);
  }
}

MappedFile::MappedFile(const std::string& path) {
  InputFile file(path);
  auto size = static_cast<size_t>(file.size());
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (mapped == MAP_FAILED) fail_read(errno, path);
  bytes_ = {static_cast<const char*>(mapped), size};
}

MappedFile::~MappedFile() { ::munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }

}  // namespace lexigrad
