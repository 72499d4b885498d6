// What an exception says.
#pragma once
#include <exception>
#include <functional>
#include <string>

/// The text of the Error that f throws, or "nothing was thrown".
template <class Error = std::exception>
std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) { return e.what(); }
  return "nothing was thrown";
}
