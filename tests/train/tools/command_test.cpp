// What every verb of the command has in common.
#include <csignal>
#include <sstream>

#include "lexigrad/autograd/base/memory/address_sanitizer.h"
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
  for (const char* verb :
       {"train", "tokenize", "neighbors", "analogy", "eval", "convert", "inspect", "gradcheck", "corpus"})
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
  flags("tokenize", {"--tokenizer", "--gpt2-dir", "--run", "--decode", "--pieces", "--special", "TEXT"});
  flags("neighbors", {"-k", "--json", "RUN|FILE", "WORD"});
  flags("convert", {"RUN|FILE", "OUT"});
  flags("eval",
        {"--kind", "--method", "--restrict", "-k", "--oov-zero", "--seed", "--json", "RUN|FILE", "SETS"});
  flags("inspect", {"RUN|FILE", "--statistics", "--scatter", "--words", "--json"});
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
  CHECK_THAT(failed_command(2, {"tokenize", "--tokenizer", "bytes"}),
             Contains("--tokenizer: \"bytes\" is unknown (valid: word|gpt2|bpe|char|file)"));
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

TEST_CASE("every flag for a number refuses what is none, whatever the verb, in one line") {
  int flags = 0;
  for (const std::string& verb : verbs())
    for (const std::string& line : descriptions(run_command({verb, "--help"}).out)) {
      size_t from = line.find('-'), to = line.find_first_of(" ,", from);
      if (from != 2 || (!line.substr(to).starts_with(" N ") && !line.substr(to).starts_with(" X "))) continue;
      std::string flag = line.substr(from, to - from);
      ++flags;
      for (const char* value : {"nan", "", "1e999"}) {
        INFO(verb << " " << flag << " " << value);
        CHECK_THAT(failed_command(2, {verb, flag, value}), Contains(flag + ": \"" + value + "\" is no "));
      }
    }
  CHECK(flags > 40);
}

TEST_CASE("bytes that steer a terminal are escaped, of flags, files and words alike") {
  Folder folder;
  const std::string bad = "\x1b[31m\x9b\r\x07", file = folder / bad;
  spill(file, "the cat sat on the mat");
  spill(folder / "a.vec", "1 1\nw 1\n");
  const std::vector<std::vector<std::string>> wrong = {
      {bad},
      {"train", "--" + bad},
      {"train", file, "--out", folder / "r"},
      {"train", folder / "none" + bad, "--out", folder / "r"},
      {"train", file, "--out", folder / "r", "--dim", bad},
      {"train", file, "--out", folder / "r", "--optimizer", bad},
      {"train", file, "--out", folder / "r", "--watch", bad},
      {"train", folder / "a.vec", "--out", folder / "r", "--config", file},
      {"neighbors", file, "a"},
      {"neighbors", folder / "a.vec", bad},
      {"neighbors", folder / "a.vec", "--exact", bad},
      {"neighbors", folder / "a.vec", "--vector", bad},
      {"analogy", folder / "a.vec", bad, "w", "w"},
      {"eval", folder / "a.vec", file},
      {"inspect", file},
      {"graph", file},
      {"generate", file},
      {"generate", folder / bad + "x"},
      {"convert", file, folder / "b.vec"},
      {"convert", folder / "a.vec", folder / bad + "b.txt"},
      {"tokenize", "--run", file},
      {"gradcheck", bad}};
  for (const auto& arguments : wrong) {
    CommandResult result = run_command(arguments);
    INFO(result.err);
    CHECK((result.exit == 1 || result.exit == 2));
    CHECK(result.err.starts_with("lexigrad: ["));
    for (const std::string& text : {result.out, result.err})
      CHECK(text.find_first_of("\x1b\x9b\r\x07") == std::string::npos);
  }
}

#if !LEXIGRAD_ADDRESS_SANITIZER  // which takes terabytes of it
TEST_CASE("a limit of the address space is an error about memory, not a run without end") {
  for (const char* kib : {"120000", "250000", "330000", "400000"}) {
    Folder folder;
    spill(folder / "t",
          "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p");
    pid_t child = ::fork();
    if (child == 0) {
      std::string command = std::string("ulimit -v ") + kib + "; exec timeout 20 " +
                            in_build("bin/lexigrad") + " train " + (folder / "t") +
                            " --dim 256 --batch 64 --threads 4 --steps 2 --out " + (folder / "r") + " 2> " +
                            (folder / "err") + " > /dev/null";
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::string err = slurp(folder / "err");
    INFO(kib << ": " << err);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) != 124);  // timeout's
    CHECK((WEXITSTATUS(status) == 0 || err.find("[memory]") != std::string::npos));
  }
}
#endif
