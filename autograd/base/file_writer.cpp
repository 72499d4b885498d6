// The writing half of file.h: files appear whole, under their names, or not at all.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"

namespace lexigrad {
namespace {

constexpr size_t kBuffer = size_t{1} << 18;

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

// Where `path` leads: a symbolic link is a name for its target, which may not be there yet.
std::string target_of(const std::string& path) {
  std::filesystem::path target = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(target, error); ++links) {
    if (links == 40) fail_write("Cannot write", ELOOP, path);
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
    if (error) fail_write("Cannot write", error.value(), path);
  }
  return target.string();
}

// The file that is about to become `path`. Until it is in place, its end removes it.
class Temporary {
 public:
  explicit Temporary(const std::string& path)
      : path_(path), target_(target_of(path)), name_(temporary_path(target_)), old_(name_ + "-old") {
    refuse_devices();
    create();
  }
  Temporary(const Temporary&) = delete;
  ~Temporary() {
    if (!in_place_ && is_ours()) ::unlink(name_.c_str());
  }
  int descriptor() const { return file_.number(); }
  const std::string& path() const { return path_; }
  void sync() const {
    if (::fsync(file_.number()) != 0) fail_write("Cannot finish writing", errno, path_);
  }
  /// Moves the file that is there aside, for take_back(): who is killed now leaves no new file beside an old one.
  void keep_old() {
    struct stat info;
    int code = ::stat(target_.c_str(), &info) == 0 ? 0 : errno;
    if (code == ENOENT) ::unlink(old_.c_str());  // of a writer that was killed
    if (code == ENOENT || (code == 0 && !S_ISREG(info.st_mode))) return;
    if (code == 0 && std::rename(target_.c_str(), old_.c_str()) != 0) code = errno;
    if (code != 0) fail_write("Cannot put the file in place", code, path_);
    has_old_ = true;
  }
  void put_in_place() {
    if (!is_ours())
      fail_file("file",
                "Another process wrote this file at the same time. Hint: give each run its own folder",
                path_);
    if (std::rename(name_.c_str(), target_.c_str()) != 0)
      fail_write("Cannot put the file in place", errno, path_);
    in_place_ = true;
  }
  /// Undoes keep_old() and put_in_place(); false where that fails.
  bool take_back() {
    if (has_old_) return std::rename(old_.c_str(), target_.c_str()) == 0;
    return !in_place_ || ::unlink(target_.c_str()) == 0;
  }
  void forget_old() const {
    if (has_old_) ::unlink(old_.c_str());
  }
  void sync_folder() const {
    size_t slash = target_.rfind('/');
    std::string folder = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
    Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open) return;  // a folder may be writable but not readable
    int code = ::fsync(open.number()) == 0 ? 0 : errno;
    if (code != 0 && code != EINVAL)  // some file systems cannot sync a folder
      fail_file("file",
                text("The file is written, but its folder could not be synced: ",
                     std::generic_category().message(code), ". Hint: the disk may be failing"),
                path_);
  }

 private:
  void refuse_devices() const {
    struct stat info;
    if (::stat(target_.c_str(), &info) != 0) return;
    if (S_ISDIR(info.st_mode)) fail_write("Cannot write", EISDIR, path_);
    if (!S_ISREG(info.st_mode))
      fail_file("file", "This is a pipe or a device. Hint: give a plain file of another name", path_);
  }
  void create() {
    remove_leftover();
    file_ = Descriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    int code = !file_ || ::fstat(file_.number(), &made_) != 0 ? errno : 0;
    if (code != 0 && file_) ::unlink(name_.c_str());
    if (code != 0) fail_write("Cannot write", code, path_);
    ::flock(file_.number(), LOCK_EX | LOCK_NB);  // for as long as this writer lives
  }
  // What a killed writer left has no lock any more.
  void remove_leftover() const;
  bool is_ours() const {
    struct stat now;
    return ::lstat(name_.c_str(), &now) == 0 && now.st_ino == made_.st_ino && now.st_dev == made_.st_dev;
  }

  std::string path_, target_, name_, old_;
  Descriptor file_;
  struct stat made_ {};
  bool in_place_ = false, has_old_ = false;
};

using Temporaries = std::vector<std::unique_ptr<Temporary>>;
thread_local Temporaries* together = nullptr;  // those that write_files_together() waits for

void Temporary::remove_leftover() const {
  Descriptor left(::open(name_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!left && errno == ENOENT) return;
  struct stat info {};
  bool busy = left && ::flock(left.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  bool own = busy && together && ::fstat(left.number(), &info) == 0 &&
             std::any_of(together->begin(), together->end(), [&](const auto& file) {
               return file->made_.st_ino == info.st_ino && file->made_.st_dev == info.st_dev;
             });
  left = Descriptor();
  if (own) fail_file("file", "Two of the files to write are this one. Hint: name two", path_);
  if (busy)
    fail_file("file", "Another process is writing this file now. Hint: give each run its own folder", path_);
  ::unlink(name_.c_str());
}

// Either all are in place, or all is as it was.
void put_in_place(const Temporaries& files) {
  try {
    if (files.size() > 1)
      for (const auto& file : files) file->keep_old();
    for (const auto& file : files) file->put_in_place();
  } catch (const FileError& error) {
    std::string lost;
    for (const auto& file : files)
      if (!file->take_back()) lost += text(lost.empty() ? "" : ", ", file->path());
    if (lost.empty()) throw;
    fail_again(error, text(". But ", lost, " could not be put back: write it again"));
  }
  for (const auto& file : files) file->forget_old();
  for (const auto& file : files) file->sync_folder();
}

}  // namespace

std::string temporary_path(const std::string& path) {
  constexpr size_t longest = 200;  // bytes; a name has at most 255
  size_t name = path.rfind('/') + 1;
  return text(path.substr(0, name), ".", path.substr(name, longest), ".lexigrad-tmp");
}

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
  auto file = std::make_unique<Temporary>(path);
  FileWriter writer(file->descriptor(), path);
  write(writer);
  writer.flush();
  file->sync();
  if (together) return together->push_back(std::move(file));
  Temporaries one;
  one.push_back(std::move(file));
  put_in_place(one);
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  write_file_atomically(path, [bytes](FileWriter& out) { out.write(bytes); });
}

void write_files_together(const std::function<void()>& body) {
  Temporaries files;
  struct Collecting {
    Temporaries* before;
    explicit Collecting(Temporaries* files) : before(std::exchange(together, files)) {}
    ~Collecting() { together = before; }
  };
  {
    Collecting collecting(&files);
    body();
  }
  if (!files.empty()) put_in_place(files);
}

}  // namespace lexigrad
