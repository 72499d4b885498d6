// Runs the lexigrad command as a child process.
#pragma once
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "catch.h"
#include "support/paths.h"
#include "train/formats/folder.h"

namespace lexigrad::test {

struct CommandResult {
  int exit;  ///< 128 + the signal's number where one ended it
  std::string out, err;
};

struct CommandOptions {
  std::string input = {};                     ///< of standard input
  std::vector<std::string> environment = {};  ///< "NAME=value" on top of this process's
  std::string output = {};                    ///< file that gets standard output instead of `out`
};

namespace detail {
[[noreturn]] inline void become(const char* program, char** arguments, char** environment,
                                const std::string (&streams)[3]) {
  for (int stream = 0; stream < 3; ++stream) {
    int file = ::open(streams[stream].c_str(), stream == 0 ? O_RDONLY : O_WRONLY | O_CREAT, 0600);
    if (file < 0 || ::dup2(file, stream) < 0) ::_exit(126);
  }
  ::execve(program, arguments, environment);
  ::_exit(127);
}

inline std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}
}  // namespace detail

/// Runs the built command with these arguments to its end.
inline CommandResult run_command(const std::vector<std::string>& arguments,
                                 const CommandOptions& options = {}) {
  Folder folder;
  const std::string streams[3] = {folder / "in", options.output.empty() ? folder / "out" : options.output,
                                  folder / "err"};
  spill(streams[0], options.input);
  std::vector<std::string> words = {lexigrad::test::in_build("bin/lexigrad")},
                           variables = options.environment;
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (char** each = environ; *each; ++each) variables.emplace_back(*each);  // the first of a name counts
  std::vector<char*> argv = detail::pointers(words), envp = detail::pointers(variables);
  pid_t child = ::fork();
  if (child == 0) detail::become(argv[0], argv.data(), envp.data(), streams);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  int exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit, options.output.empty() ? slurp(streams[1]) : "", slurp(streams[2])};
}

/// The same, with a check that it went wrong as it should: this exit code and one line "lexigrad: [...] ..."
/// on standard error, but for warnings and lines of progress; that is returned without its end.
inline std::string failed_command(int exit, const std::vector<std::string>& arguments,
                                  const CommandOptions& options = {}) {
  CommandResult result = run_command(arguments, options);
  std::string line = result.err;
  while (line.starts_with("reading ") || line.starts_with("lexigrad: warning: "))
    line.erase(0, line.find('\n') + 1);
  INFO(line);
  CHECK(result.exit == exit);
  CHECK(line.starts_with("lexigrad: ["));
  CHECK(line.find('\n') == line.size() - 1);
  return line.substr(0, line.size() - 1);
}

}  // namespace lexigrad::test
