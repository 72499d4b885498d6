// The lexigrad command, for programs that add to it: verbs, and whatever else stands in a table (tokenizers,
// formats, optimizers, positions), which the command's flags then know.
#pragma once
#include <functional>
#include <string>

#include "lexigrad/autograd/base/table.h"

namespace CLI {
class App;
}

namespace lexigrad::tools {

/// What `lexigrad NAME ...` does.
struct Verb {
  std::string name;  ///< "inspect"
  std::string help;  ///< its line in `lexigrad --help`
  /// Adds flags to the verb, and its callback, which runs when they have been parsed. The callback sets
  /// exit_code where it is not 0 (1 failed, 2 bad usage); what it throws becomes one line and exit code 1.
  std::function<void(CLI::App& verb, int& exit_code)> add;
};

/// The verbs in the order of --help. A program adds its own by a VerbEntry at namespace scope.
Table<Verb>& verbs();
using VerbEntry = TableEntry<verbs>;

/// Does what the command line says and returns the exit code: 0 ok, 1 failed, 2 bad usage. Whatever goes wrong
/// is one line "lexigrad: [...] ..." on standard error. For main() alone: it sets what SIGPIPE and SIGXFSZ do.
int run_command_line(int argc, char** argv);

}  // namespace lexigrad::tools
