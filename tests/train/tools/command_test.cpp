// What every verb of the command has in common.
#include <csignal>
#include <sstream>

#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/kernels/instruction_set.h"
#include "support/command.h"

using namespace lexigrad::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The verbs as --help lists them.
std::vector<std::string> verbs() {
  std::vector<std::string> out;
  bool listed = false;
  for (const std::string& line : lines_of(run_command({"--help"}).out)) {
    if (listed && line.starts_with("  ")) out.push_back(line.substr(2, line.find(' ', 2) - 2));
    listed = listed ? !line.empty() : line == "Subcommands:";
  }
  return out;
}

// The lines of --help that describe one flag or argument each; a long name has its help on the line below.
std::vector<std::string> descriptions(const std::string& help) {
  std::vector<std::string> out;
  bool listed = false;
  for (const std::string& line : lines_of(help)) {
    if (line == "Options:" || line == "Positionals:")
      listed = true;
    else if (line.empty())
      listed = false;
    else if (listed && line.starts_with("   "))
      out.back() += line;
    else if (listed)
      out.push_back(line);
  }
  return out;
}

}  // namespace

TEST_CASE("The flag --help lists the verbs and leaves with 0") {
  CommandResult result = run_command({"--help"});
  CHECK(result.exit == 0);
  CHECK(result.err.empty());
  std::vector<std::string> all = verbs();
  for (const char* verb : {"train", "tokenize", "neighbors", "convert", "inspect", "gradcheck", "corpus"})
    CHECK(std::count(all.begin(), all.end(), verb) == 1);
}

TEST_CASE("The flag --help of each verb says what each flag is when it is not given") {
  for (const std::string& verb : verbs()) {
    CommandResult result = run_command({verb, "--help"});
    CHECK(result.exit == 0);
    std::vector<std::string> all = descriptions(result.out);
    REQUIRE(all.size() >= 2);
    for (const std::string& line : all) {
      INFO(verb << ": " << line);
      bool help = line.find("--help") != std::string::npos;
      bool told = line.find("default:") != std::string::npos || line.find("(required)") != std::string::npos;
      CHECK((help || told));
    }
  }
}

TEST_CASE("The flag --help lists the flags that are promised") {
  auto flags = [](const std::string& verb, const std::vector<std::string>& names) {
    std::string help = run_command({verb, "--help"}).out;
    for (const std::string& name : names) CHECK_THAT(help, Contains(" " + name + " "));
  };
  flags("tokenize", {"--tokenizer", "--gpt2-dir", "--run", "--decode", "--pieces"});
  flags("neighbors", {"-k", "--json", "RUN|FILE", "WORD"});
  flags("convert", {"RUN|FILE", "OUT"});
  flags("inspect", {"RUN|FILE", "--json"});
  flags("gradcheck", {"NAME", "--json"});
  flags("corpus", {"--seed", "--classes", "--words-per-class", "--sentences", "--controls-per-class", "--out",
                   "--truth"});
}

TEST_CASE("The flag --version names the instruction set, BLAS and threads") {
  CommandResult result = run_command({"--version"}, {.environment = {"LEXIGRAD_THREADS=3"}});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, StartsWith("lexigrad "));
  CHECK_THAT(result.out, Contains(lexigrad::kernels::target_name()));
  CHECK_THAT(result.out, Contains(lexigrad::kernels::blas_core()));
  CHECK_THAT(result.out, Contains("threads          3\n"));
}

TEST_CASE("bad usage is one line with exit code 2") {
  CHECK(failed_command(2, {}) ==
        "lexigrad: [command] A subcommand is required. Hint: lexigrad --help lists what there is.");
  CHECK(failed_command(2, {"corpsu"}) ==
        "lexigrad: [command] Unknown verb \"corpsu\". Hint: did you mean \"corpus\"?");
  CHECK(failed_command(2, {"corpus", "--out", "x", "--clases", "3"}) ==
        "lexigrad: [corpus] Unknown flag \"--clases\". Hint: did you mean \"--classes\"?");
  CHECK(failed_command(2, {"corpus", "--clases", "3"}) ==
        "lexigrad: [corpus] Unknown flag \"--clases\". Hint: did you mean \"--classes\"?");
  CHECK_THAT(failed_command(2, {"corpus"}), Contains("--out is required"));
  CHECK_THAT(failed_command(2, {"corpus", "--out"}), Contains("--out"));
  CHECK_THAT(failed_command(2, {"corpus", "--out", "x", "--seed", "1", "--seed", "2"}), Contains("--seed"));
  CHECK_THAT(failed_command(2, {"inspect", "a", "b"}), Contains("Unknown argument \"b\""));
  CHECK_THAT(failed_command(2, {"neighbors", "a.vec"}), Contains("WORD is required"));
}

TEST_CASE("a bad value is answered with the flag, the value and the valid range") {
  auto message = [](const std::string& value) {
    return failed_command(2, {"corpus", "--out", "/nowhere/x", "--classes", value});
  };
  std::string hint = " Hint: lexigrad corpus --help lists what there is.",
              range = " (valid range is 2..1000000000).";
  for (const char* value : {"abc", "", "3.5", "3x", " 3", "1e3", "0x10", "99999999999999999999"})
    CHECK(message(value) ==
          "lexigrad: [corpus] --classes: \"" + std::string(value) + "\" is no whole number" + range + hint);
  for (const char* value : {"1", "0", "-5", "1000000001"})
    CHECK(message(value) ==
          "lexigrad: [corpus] --classes: \"" + std::string(value) + "\" is out of range" + range + hint);
  CHECK_THAT(failed_command(2, {"tokenize", "--tokenizer", "bpe"}),
             Contains("--tokenizer: \"bpe\" is unknown (valid: word|gpt2)"));
  CHECK_THAT(failed_command(2, {"train", "x", "--out", "/nowhere/x", "--lr", "nan"}),
             Contains("--lr: \"nan\" is no finite number"));
  CHECK_THAT(failed_command(2, {"train", "x", "--out", "/nowhere/x", "--lr", "-1"}),
             Contains("--lr: \"-1\" is out of range (valid range is 0 <= X)"));
}

TEST_CASE("standard output that cannot be written is an error") {
  CHECK_THAT(failed_command(1, {"--version"}, {.output = "/dev/full"}),
             Contains("The output cannot be written: No space left on device"));
  CHECK_THAT(failed_command(1, {"gradcheck", "add"}, {.output = "/dev/full"}),
             Contains("The output cannot be written: No space left on device"));
}

TEST_CASE("a reader that has gone ends the command quietly") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  CommandResult result = run_command({"gradcheck", "add"}, {.output = "/dev/fd/" + std::to_string(ends[1])});
  ::close(ends[1]);
  CHECK(result.exit == 128 + SIGPIPE);
  CHECK(result.err.empty());
}

TEST_CASE("a number of threads that is none is an error") {
  CHECK_THAT(failed_command(1, {"--version"}, {.environment = {"LEXIGRAD_THREADS=0"}}),
             Contains("LEXIGRAD_THREADS is \"0\""));
}
