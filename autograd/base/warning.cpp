#include "lexigrad/autograd/base/warning.h"

#include <cstdio>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad {
namespace {

void print(const std::string& message) {
  std::string line = text("lexigrad: warning: ", message, '\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::function<void(const std::string&)>& handler() {
  return detail::made_once([] { return std::function<void(const std::string&)>(print); });
}

}  // namespace

void warn(std::string_view where, std::string_view message) { handler()(text("[", where, "] ", message)); }

WarningHandler::WarningHandler(std::function<void(const std::string&)> handle)
    : before_(std::exchange(handler(), std::move(handle))) {}

WarningHandler::~WarningHandler() { handler() = std::move(before_); }

}  // namespace lexigrad
