// What an exception says.
#pragma once
#include <exception>
#include <functional>
#include <string>

/// The text of what f throws, or "nothing was thrown".
inline std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& e) { return e.what(); }
  return "nothing was thrown";
}
