// Preloaded into the command: the N-th call of one function of the system, on a path or descriptor under the folder
// LEXIGRAD_FAULT_UNDER, fails. LEXIGRAD_FAULT is "function:N:errno"; with errno 0 it
// kills the process.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Errors of the program's own start do not count.
bool is_under(const char* path) {
  const char* under = std::getenv("LEXIGRAD_FAULT_UNDER");
  return under && std::strncmp(path, under, std::strlen(under)) == 0;
}

bool is_under(int descriptor) {
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return is_under(path);
}

template <class Where>
bool fails(const char* function, Where where) {
  static int calls = 0;
  const char* fault = std::getenv("LEXIGRAD_FAULT");
  size_t size = std::strlen(function);
  if (!fault || std::strncmp(fault, function, size) != 0 || fault[size] != ':' || !is_under(where))
    return false;
  char* code = nullptr;
  bool now = ++calls == std::strtol(fault + size + 1, &code, 10);
  if (now && (errno = std::atoi(code + 1)) == 0) std::raise(SIGKILL);
  return now;
}

template <class F>
F* real(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  static auto next = reinterpret_cast<int (*)(const char*, int, ...)>(::dlsym(RTLD_NEXT, "open"));
  return fails("open", path) ? -1 : next(path, flags, mode);
}
ssize_t write(int file, const void* data, size_t size) {
  static auto* next = real(&write, "write");
  return fails("write", file) ? -1 : next(file, data, size);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  static auto* next = real(&pwrite, "pwrite");
  return fails("pwrite", file) ? -1 : next(file, data, size, at);
}
ssize_t read(int file, void* data, size_t size) {
  static auto* next = real(&read, "read");
  return fails("read", file) ? -1 : next(file, data, size);
}
ssize_t pread(int file, void* data, size_t size, off_t at) {
  static auto* next = real(&pread, "pread");
  return fails("pread", file) ? -1 : next(file, data, size, at);
}
int fsync(int file) {
  static auto* next = real(&fsync, "fsync");
  return fails("fsync", file) ? -1 : next(file);
}
int rename(const char* from, const char* to) noexcept {
  static auto* next = real(&rename, "rename");
  return fails("rename", to) ? -1 : next(from, to);
}
int link(const char* from, const char* to) noexcept {
  static auto* next = real(&link, "link");
  return fails("link", to) ? -1 : next(from, to);
}
int unlink(const char* path) noexcept {
  static auto* next = real(&unlink, "unlink");
  return fails("unlink", path) ? -1 : next(path);
}
int mkdir(const char* path, mode_t mode) noexcept {
  static auto* next = real(&mkdir, "mkdir");
  return fails("mkdir", path) ? -1 : next(path, mode);
}
int stat(const char* path, struct stat* info) noexcept {
  static auto next = reinterpret_cast<int (*)(const char*, struct stat*)>(::dlsym(RTLD_NEXT, "stat"));
  return fails("stat", path) ? -1 : next(path, info);
}
int fstat(int file, struct stat* info) noexcept {
  static auto next = reinterpret_cast<int (*)(int, struct stat*)>(::dlsym(RTLD_NEXT, "fstat"));
  return fails("fstat", file) ? -1 : next(file, info);
}
}
