// The lexigrad command as a child process that is looked at, and killed, while it runs.
#pragma once
#include <signal.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "support/command.h"

namespace lexigrad::test {

/// Seconds from some beginning on.
inline double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A run of the command, its output thrown away, its errors in a file where `errors` names one. Its end kills it.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                 const std::string& errors = "/dev/null") {
    const std::string streams[3] = {"/dev/null", "/dev/null", errors};
    std::vector<std::string> words = {in_build("bin/lexigrad")}, variables = environment;
    words.insert(words.end(), arguments.begin(), arguments.end());
    for (char** each = environ; *each; ++each) variables.emplace_back(*each);
    std::vector<char*> argv = detail::pointers(words), envp = detail::pointers(variables);
    id_ = ::fork();
    if (id_ == 0) detail::become(argv[0], argv.data(), envp.data(), streams);
  }
  Child(const Child&) = delete;
  ~Child() { kill(); }

  bool running() {
    if (id_ > 0 && ::waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ > 0;
  }
  /// Waits until `come()` holds; false where the child ended before.
  template <class Condition>
  bool wait_until(const Condition& come) {
    while (running() && !come()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    return running();
  }
  /// The same for so many seconds.
  bool wait(double seconds) {
    return wait_until([end = clock_seconds() + seconds] { return clock_seconds() >= end; });
  }
  /// True where the child was still running.
  bool kill() {
    if (!running()) return false;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
    id_ = 0;
    return WIFSIGNALED(status_);
  }
  /// Waits for the end and returns the exit code, as CommandResult has it.
  int exit() {
    if (running()) ::waitpid(id_, &status_, 0);
    id_ = 0;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  /// Resident bytes of a child that runs; 0 of one that has ended.
  int64_t resident_bytes() {
    int64_t whole = 0, resident = 0;
    if (running()) std::ifstream("/proc/" + std::to_string(id_) + "/statm") >> whole >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
  }

 private:
  pid_t id_ = 0;
  int status_ = 0;
};

}  // namespace lexigrad::test
