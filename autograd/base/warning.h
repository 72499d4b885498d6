// What a user should hear of though nothing failed.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lexigrad {

/// Says "lexigrad: warning: [where] message" as one line on standard error, or what the handler makes of it.
void warn(std::string_view where, std::string_view message);

/// Gets each warning's "[where] message" while it lives, in place of the handler before.
class [[nodiscard]] WarningHandler {
 public:
  explicit WarningHandler(std::function<void(const std::string&)> handle);
  WarningHandler(const WarningHandler&) = delete;
  WarningHandler& operator=(const WarningHandler&) = delete;
  ~WarningHandler();

 private:
  std::function<void(const std::string&)> before_;
};

}  // namespace lexigrad
