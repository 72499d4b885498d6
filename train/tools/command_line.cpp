#include "lexigrad/train/tools/command_line.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <new>
#include <set>
#include <string>
#include <system_error>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/kernels/instruction_set.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

/// "--dim N    what it is (default: 64)"
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, positional);
    return name.substr(0, name.find('{'));  // "--no-shuffle{false}" has one
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    bool many = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
    return text(option->get_positional() ? "" : " " + option->get_type_name(), many ? " ..." : "",
                option->get_required() ? " (required)" : "");
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::string help = option->get_description(), value = option->get_default_str();
    bool never = option->get_required() || (value.empty() && option->get_type_size() == 0);  // --help
    if (never || help.find("default:") != std::string::npos) return help;
    return text(help, " (default: ", value.empty() ? "none" : value, ")");
  }
};

std::string version() {
  return text("lexigrad ", LEXIGRAD_VERSION, "\ninstruction set  ", kernels::target_name(),
              "\nBLAS             ", kernels::blas_config(), "\nBLAS kernels     ", kernels::blas_core(),
              "\nthreads          ", num_threads(), "\n");
}

// The arguments that nothing took: flags first, for a missing argument often is only
// a misspelled flag's.
std::string unknown_argument(const CLI::App& app) {
  std::vector<std::string> left = app.remaining(true);
  for (const std::string& argument : left)
    if (argument.starts_with('-')) return argument;
  return left.empty() ? "" : left.front();
}

std::vector<std::string> known_arguments(const CLI::App& app, const CLI::App* verb) {
  std::vector<std::string> known;
  if (!verb)
    for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(each->get_name());
  for (const CLI::Option* option : (verb ? verb : &app)->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    for (const std::string& name : option->get_snames()) known.push_back("-" + name);
  }
  return known;
}

int explain_bad_usage(const CLI::App& app, const CLI::ParseError& error) {
  auto parsed = app.get_subcommands();
  const CLI::App* verb = parsed.empty() ? nullptr : parsed.front();
  std::string where = verb ? verb->get_name() : "command";
  std::string more = text(" Hint: lexigrad ", verb ? where + " " : "", "--help lists what there is.");
  std::string unknown = unknown_argument(app);
  bool about_value = error.get_name() == "ValidationError" || error.get_name() == "ConversionError";
  if (unknown.empty() || about_value) {
    std::string what = error.what();
    return bad_usage(where, what.find("Hint:") == std::string::npos ? text(what, '.', more) : what);
  }
  std::string near = did_you_mean(unknown, known_arguments(app, verb));
  const char* kind = unknown.starts_with('-') ? "flag" : verb ? "argument" : "verb";
  return bad_usage(where, text("Unknown ", kind, " \"", unknown, "\".", near.empty() ? more : near));
}

int run(int argc, char** argv) {
  int exit_code = 0;
  std::set<std::string> warnings;
  const WarningHandler once([&](const std::string& warning) {
    if (warnings.insert(warning).second) print_error(text("warning: ", warning));
  });
  CLI::App app("Trains token embeddings on a text, and looks at what came out.", "lexigrad");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", version, "Print the version, instruction set, BLAS and threads");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 ok, 1 failed, 2 bad usage. lexigrad VERB --help lists a verb's flags.");
  for (const Verb& verb : verbs()) verb.add(*app.add_subcommand(verb.name, verb.help), exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) { print(app.help()); } catch (const CLI::CallForVersion& version) {
    print(version.what());
  } catch (const CLI::ParseError& error) { return explain_bad_usage(app, error); }
  flush_output();
  return exit_code;
}

// What the standard library or the JSON reader says is no help to a user.
std::string own_words(std::string_view message) {
  bool foreign = message.empty() || message.starts_with("[json.") || message.find("::") != message.npos;
  return foreign ? "[command] Something failed that should not. Hint: please report it with the command line"
                 : std::string(message);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `lexigrad ... | head` ends quietly
  std::signal(SIGXFSZ, SIG_IGN);  // a file past `ulimit -f` is an error to report
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    print_error("[memory] There is not enough memory. Hint: close other programs, or take a smaller input");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)  // what a thread has no stack for
      print_error(
          "[memory] There is no room for another thread. Hint: raise the limits that ulimit -v and -u show");
    else
      print_error(
          text("[system] ", error.code().message(), ". Hint: check paths, permissions and `ulimit -a`"));
  } catch (const std::exception& error) { print_error(own_words(error.what())); } catch (...) {
    print_error(own_words(""));
  }
  return kFailed;
}

}  // namespace lexigrad::tools
