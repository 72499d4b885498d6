// The memory that a command takes at its peak.
#pragma once
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace lexigrad::test {

/// Peak resident bytes of a program that ends well, its output thrown away; -1 for one that does not.
/// Where AddressSanitizer is built in, freed memory is not kept from use: that would count.
inline double peak_memory(const std::string& program, const std::vector<std::string>& arguments) {
  pid_t child = ::fork();
  if (child == 0) {
    const char* options = std::getenv("ASAN_OPTIONS");
    const std::string no_quarantine = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0";
    ::setenv("ASAN_OPTIONS", (options ? options + (":" + no_quarantine) : no_quarantine).c_str(), 1);
    int null = ::open("/dev/null", O_WRONLY);
    if (null < 0 || ::dup2(null, 1) < 0 || ::dup2(null, 2) < 0) std::_Exit(126);
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& each : arguments) words.push_back(const_cast<char*>(each.c_str()));
    words.push_back(nullptr);
    ::execv(program.c_str(), words.data());
    std::_Exit(127);
  }
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child || status != 0) return -1;
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

/// The number behind "peak" in what --plan prints; -1 where there is none.
inline double planned_peak(const std::string& printed) {
  size_t line = printed.find("\npeak ");
  return line == std::string::npos ? -1 : std::strtod(printed.c_str() + line + 6, nullptr);
}

/// How far a run may be from its plan: 5 % of it, and for the program itself 16 MiB.
inline double plan_tolerance(double planned) { return 0.05 * planned + (16 << 20); }

}  // namespace lexigrad::test
