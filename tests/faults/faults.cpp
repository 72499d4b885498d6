// Preloaded into the command: the N-th call of one function of the system, on a path or descriptor under the folder
// LEXIGRAD_FAULT_UNDER, fails. LEXIGRAD_FAULT is "function:N:errno"; with errno 0 it kills the process. Of "malloc",
// which stands for all that give memory, the calls count that are made once the libraries are there; "malloc:N-:errno"
// fails from the N-th on. LEXIGRAD_FAULT_MARK is a file that is made when the call comes.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
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

// Sets the errno that was asked for, or ends the process.
void come_to_pass(const char* code) {
  if (const char* mark = std::getenv("LEXIGRAD_FAULT_MARK"))
    ::syscall(SYS_close, ::syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0600));
  if ((errno = std::atoi(code)) == 0) std::raise(SIGKILL);
}

// What stands behind "function:" where that is the fault; else null.
const char* fault_of(const char* function) {
  const char* fault = std::getenv("LEXIGRAD_FAULT");
  size_t size = std::strlen(function);
  bool is = fault && std::strncmp(fault, function, size) == 0 && fault[size] == ':';
  return is ? fault + size + 1 : nullptr;
}

template <class Where>
bool fails(const char* function, Where where) {
  static std::atomic<int> calls = 0;
  const char* fault = fault_of(function);
  if (!fault || !is_under(where)) return false;
  char* code = nullptr;
  bool now = ++calls == std::strtol(fault, &code, 10);
  if (now) come_to_pass(code + 1);
  return now;
}

struct Allocations {
  std::atomic<long> left = 0;  // until the one that fails
  bool armed = false, from_then_on = false;
  const char* code = nullptr;
} allocations;

[[gnu::constructor]] void arm_allocations() {
  const char* fault = fault_of("malloc");
  if (!fault) return;
  char* end = nullptr;
  allocations.left = std::strtol(fault, &end, 10);
  allocations.from_then_on = *end == '-';
  allocations.code = std::strchr(end, ':') + 1;
  allocations.armed = true;
}

// OpenBLAS 0.3 writes to the buffers of its kernels for small matrices without a look at whether it got them.
bool is_in_blas(const void* caller) {
  Dl_info library;
  return allocations.armed && dladdr(caller, &library) != 0 && std::strstr(library.dli_fname, "openblas");
}

bool allocation_fails() {
  if (!allocations.armed) return false;
  long left = --allocations.left;
  if (left > 0 || (left < 0 && !allocations.from_then_on)) return false;
  if (left == 0) come_to_pass(allocations.code);
  errno = ENOMEM;
  return true;
}

template <class F>
F* real(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  return !is_in_blas(__builtin_return_address(0)) && allocation_fails() ? nullptr : __libc_malloc(size);
}
void* calloc(size_t count, size_t size) noexcept {
  return allocation_fails() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) noexcept {
  return allocation_fails() ? nullptr : __libc_realloc(block, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return allocation_fails() ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  *block = aligned_alloc(alignment, size);
  return *block ? 0 : ENOMEM;
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if ((flags & MAP_ANONYMOUS) != 0 && allocation_fails()) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, file, offset));
}

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
ssize_t writev(int file, const iovec* parts, int count) {
  static auto* next = real(&writev, "writev");
  return fails("write", file) ? -1 : next(file, parts, count);
}
// What std::fstream opens with.
FILE* fopen64(const char* path, const char* mode) {
  static auto* next = real(&fopen64, "fopen64");
  return fails("open", path) ? nullptr : next(path, mode);
}
FILE* fopen(const char* path, const char* mode) {
  static auto* next = real(&fopen, "fopen");
  return fails("open", path) ? nullptr : next(path, mode);
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
