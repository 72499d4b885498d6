// Errors: every throw of the library goes through here, in one shape.
//   [embedding] Id 50257 is outside table "wte" (valid ids are 0..50256). Hint: ...
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

namespace lexigrad {

/// A file that cannot be read, written or trusted. `offset` is the byte where the trouble is,
/// -1 where none applies.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& text, std::string path, int64_t offset)
      : std::runtime_error(text), path_(std::move(path)), offset_(offset) {}
  const std::string& path() const { return path_; }
  int64_t offset() const { return offset_; }

 private:
  std::string path_;
  int64_t offset_;
};

/// A value that is not finite where all should be.
class NumericsError : public std::runtime_error {
 public:
  explicit NumericsError(const std::string& message)
      : std::runtime_error("[check_numerics] " + message), message_(message) {}
  /// Without the bracket.
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

/// More memory was asked for than the machine has.
class MemoryError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
void append(std::string& out, std::string_view text);
void append(std::string& out, const char* text);
void append(std::string& out, char c);
void append(std::string& out, bool value);
void append(std::string& out, double value);  // shortest text that reads back, independent of the locale
void append(std::string& out, long long value);
void append(std::string& out, unsigned long long value);
void append(std::string& out, const std::type_info& type);  // as it is written in a program
inline void append(std::string& out, float value) { append(out, static_cast<double>(value)); }
inline void append(std::string& out, int value) { append(out, static_cast<long long>(value)); }
inline void append(std::string& out, long value) { append(out, static_cast<long long>(value)); }
inline void append(std::string& out, unsigned value) { append(out, static_cast<unsigned long long>(value)); }
inline void append(std::string& out, unsigned long value) {
  append(out, static_cast<unsigned long long>(value));
}
}  // namespace detail

/// Joins its arguments as text. A type takes part by an append(std::string&, const Type&) beside it.
template <class... Parts>
std::string text(const Parts&... parts) {
  using detail::append;
  std::string out;
  (append(out, parts), ...);
  return out;
}

/// Throws std::invalid_argument reading "[where] message".
[[noreturn]] void fail(std::string_view where, std::string_view message);
/// Throws FileError reading "[where] message (path, byte offset)".
[[noreturn]] void fail_file(std::string_view where, std::string_view message, const std::string& path,
                            int64_t offset = -1);
/// Throws `error` again with `hint` behind its text.
[[noreturn]] void fail_again(const FileError& error, std::string_view hint);
/// Throws std::runtime_error reading "[train] message": a run that cannot go on.
[[noreturn]] void fail_training(std::string_view message);
/// Throws NumericsError reading "[check_numerics] message".
[[noreturn]] void fail_numerics(const std::string& message);
/// Throws MemoryError reading "[where] message".
[[noreturn]] void fail_memory(std::string_view where, std::string_view message);

/// Throws as `fail` unless `condition`; the message parts are joined only then.
template <class... Parts>
inline void check(bool condition, std::string_view where, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(where, text(parts...));
}

}  // namespace lexigrad
