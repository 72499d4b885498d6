#include "lexigrad/autograd/base/check.h"

#include <cxxabi.h>

#include <charconv>
#include <cstdlib>
#include <memory>

namespace lexigrad {
namespace detail {
namespace {
template <class T>
void append_number(std::string& out, T value) {
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}
}  // namespace

void append(std::string& out, std::string_view text) { out += text; }
void append(std::string& out, const char* text) { out += text; }
void append(std::string& out, char c) { out += c; }
void append(std::string& out, bool value) { out += value ? "true" : "false"; }
void append(std::string& out, double value) { append_number(out, value); }
void append(std::string& out, long long value) { append_number(out, value); }
void append(std::string& out, unsigned long long value) { append_number(out, value); }
void append(std::string& out, const std::type_info& type) {
  std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr),
                                               std::free);
  out += plain ? plain.get() : type.name();
}
}  // namespace detail

void fail(std::string_view where, std::string_view message) {
  throw std::invalid_argument(text("[", where, "] ", message));
}

void fail_file(std::string_view where, std::string_view message, const std::string& path, int64_t offset) {
  std::string place = offset < 0 ? text(" (", path, ")") : text(" (", path, ", byte ", offset, ")");
  throw FileError(text("[", where, "] ", message, place), path, offset);
}

void fail_numerics(const std::string& message) { throw NumericsError(message); }

void fail_memory(std::string_view where, std::string_view message) {
  throw MemoryError(text("[", where, "] ", message));
}

void fail_again(const FileError& error, std::string_view hint) {
  throw FileError(text(error.what(), hint), error.path(), error.offset());
}

void fail_training(std::string_view message) { throw std::runtime_error(text("[train] ", message)); }

}  // namespace lexigrad
