// Where a run's text comes from, and what it may look like.
#include <sys/stat.h>

#include <thread>

#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/runs/config.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct Runs {
  Folder folder;
  const std::string words = random_text(40, 480);
  int count = 0;

  // The vectors that a short run on these texts ends with.
  std::string vectors(const Words& texts, const Words& flags = {}, const CommandOptions& options = {}) {
    std::string run = folder / ("run" + std::to_string(++count));
    train_run(texts + Words{"--out", run, "--dim", "4", "--context", "8", "--steps", "2"} + flags, options);
    return slurp(run + "/vectors.safetensors");
  }
  std::string file(const std::string& name, const std::string& bytes) const {
    spill(folder / name, bytes);
    return folder / name;
  }
};

std::string utf16(const std::string& ascii) {
  std::string out = "\xff\xfe";
  for (char c : ascii) out += c, out += '\0';
  return out;
}

}  // namespace

TEST_CASE("one text, however it comes, makes one run", "[texts]") {
  Runs runs;
  std::string whole = runs.vectors({runs.file("plain", runs.words)});
  CHECK((runs.vectors({runs.file("mark", "\xef\xbb\xbf" + runs.words)}) == whole));
  CHECK((runs.vectors({runs.file("utf16", utf16(runs.words))}) == whole));
  CHECK((runs.vectors({runs.file("bare", utf16(runs.words).substr(2))}, {"--encoding", "utf-16"}) == whole));
  CHECK((runs.vectors({"-"}, {}, {.input = runs.words}) == whole));
  size_t line = runs.words.find('\n', 1000);
  CHECK((runs.vectors({runs.file("one", runs.words.substr(0, line)),
                       runs.file("two", runs.words.substr(line + 1))}) == whole));
  REQUIRE(::mkfifo((runs.folder / "pipe").c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(runs.folder / "pipe") << runs.words; });
  CHECK((runs.vectors({runs.folder / "pipe"}) == whole));
  writer.join();
}

TEST_CASE("a text that is not UTF-8 is one warning, and --encoding decides", "[texts]") {
  Runs runs;
  std::string path = runs.file("latin1", runs.words + "caf\xe9 ");
  const Words flags = {"train", path, "--dim", "4", "--context", "8", "--steps", "2", "--out"};
  CommandResult result = run_command(flags + Words{runs.folder / "a"});
  CHECK(result.exit == 0);
  size_t at = result.err.find("lexigrad: warning: [text] ");
  REQUIRE(at != std::string::npos);
  CHECK_THAT(result.err,
             Contains("is not UTF-8: 1 of ") && Contains("line 41,") && Contains("--encoding latin-1"));
  CHECK(result.err.find("warning", at + 20) == std::string::npos);
  result = run_command(flags + Words{runs.folder / "b", "--encoding", "latin-1"});
  CHECK_THAT(result.err, !Contains("warning"));
  CHECK_THAT(slurp(runs.folder / "b/tokenizer.txt"), Contains("caf\xc3\xa9"));
  CHECK_THAT(failed_command(2, flags + Words{runs.folder / "c", "--encoding", "ebcdic"}),
             Contains("--encoding"));
}

TEST_CASE("a run goes on where its text has moved, and says where it does not", "[texts]") {
  Runs runs;
  std::string path = runs.file("old.txt", runs.words), run = runs.folder / "run1";
  runs.vectors({path});
  fs::rename(path, runs.folder / "new.txt");
  const Words resume = {"--out", run, "--resume", "--steps", "4"};
  CHECK_THAT(failed_command(1, Words{"train"} + resume), Contains("old.txt") && Contains("TEXT --resume"));
  train_run(Words{runs.folder / "new.txt"} + resume);
  train_run({"--out", run, "--resume", "--steps", "5"});
  runs.file("other.txt", runs.words + "w1 ");
  CHECK_THAT(
      failed_command(1, Words{"train", runs.folder / "other.txt", "--out", run, "--resume", "--steps", "6"}),
      Contains("not the one that the run was trained on"));
}

TEST_CASE("a file of flags may begin with a byte order mark", "[texts]") {
  Runs runs;
  std::string text = runs.file("text", runs.words), flags = runs.file("flags",
                                                                      "\xef\xbb\xbf"
                                                                      "dim = 3\nsteps = 2\n");
  train_run({text, "--context", "8", "--config", flags, "--out", runs.folder / "run"});
  CHECK(train::parse_config(slurp(runs.folder / "run/config.json"), "x").dim == 3);
}

TEST_CASE("numbers of a run that no machine can reach are refused in time", "[texts]") {
  Runs runs;
  std::string text = runs.file("text", runs.words), run = runs.folder / "run1";
  runs.vectors({text});
  for (const char* dim : {"1", "64"})
    CHECK_THAT(failed_command(1, {"train", text, "--out", runs.folder / "deep", "--encoder", "attention",
                                  "--heads", "1", "--dim", dim, "--layers", "1099511627776"}),
               Contains("--layers") && Contains("GiB"));
  std::string path = run + "/checkpoint.safetensors";
  train::SafetensorsFile file = train::load_safetensors(path);
  for (const char* field : {"step", "epoch", "batch", "tokens"})
    for (const char* value :
         {"9223372036854775808", "18446744073709551616", "-1", "1e300", "0.5", "\"x\"", "null"}) {
      std::string key = std::string("\"") + field + "\":", state = file.metadata.at("state");
      size_t at = state.find(key) + key.size();
      train::Metadata metadata = file.metadata;
      metadata["state"] = state.replace(at, state.find(',', at) - at, value);
      train::save_safetensors(path, file.tensors, metadata);
      INFO(field << " " << value);
      CHECK_THAT(failed_command(1, {"train", "--out", run, "--resume", "--steps", "9"}),
                 Contains("The state cannot be read: \"" + std::string(field)) && !Contains("json"));
    }
}

TEST_CASE("a folder that may not be looked into is named", "[texts]") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root may look into any folder");
    return;
  }
  Runs runs;
  fs::create_directory(runs.folder / "shut");
  ::chmod((runs.folder / "shut").c_str(), 0600);
  for (const Words& arguments :
       {Words{"train", runs.folder / "shut/t", "--out", runs.folder / "r"},
        Words{"inspect", runs.folder / "shut/a.vec"}, Words{"neighbors", runs.folder / "shut", "a"},
        Words{"train", "--resume", "--out", runs.folder / "shut"}})
    CHECK_THAT(failed_command(1, arguments),
               Contains("Permission denied") && Contains("Hint: ") && !Contains("filesystem"));
  ::chmod((runs.folder / "shut").c_str(), 0700);
}

TEST_CASE("a run on a token file is the run on its text", "[texts]") {
  Runs runs;
  const std::string text = runs.file("text", runs.words), tokens = runs.folder / "c.tokens",
                    pairs = runs.folder / "gpt2.tokens";
  REQUIRE(run_command({"tokenize", "--tokenizer", "word", text, "--out", tokens}).exit == 0);
  CHECK((runs.vectors({tokens}) == runs.vectors({text})));
  CHECK((runs.vectors({tokens}, {"--tokenizer", "word"}) == runs.vectors({text})));
  REQUIRE(run_command({"tokenize", "--tokenizer", "char", text, "--out", pairs}).exit == 0);
  CHECK((runs.vectors({pairs}) == runs.vectors({text}, {"--tokenizer", "char"})));
  CHECK_THAT(failed_command(2, {"train", pairs, "--tokenizer", "word", "--out", runs.folder / "x"}),
             Contains("--tokenizer word does not go with this token file") && Contains("a char tokenizer"));
  CHECK_THAT(failed_command(1, {"train", pairs, text, "--out", runs.folder / "x"}),
             Contains("token file among texts"));
  spill(tokens, slurp(tokens).substr(0, 500));
  CHECK_THAT(failed_command(1, {"train", tokens, "--out", runs.folder / "x"}),
             Contains("does not fit its size"));
}

TEST_CASE("a run with --document-mask learns no word from another text", "[texts]") {
  Runs runs;
  // Two kinds of texts in no order: which one follows another cannot be learnt.
  CounterRng random(2);
  std::string lines;
  for (uint64_t i = 0; i < 300; ++i)
    lines += random.below(2, 0, i) == 0 ? "{\"t\": \"a b\"}\n" : "{\"t\": \"x y\"}\n";
  const std::string text = runs.file("texts.jsonl", lines), tokens = runs.folder / "c.tokens",
                    run = runs.folder / "m";
  REQUIRE(run_command({"tokenize", "--tokenizer", "word", text, "--field", "t", "--out", tokens}).exit == 0);
  const Words flags = {tokens, "--document-mask", "--dim", "8",    "--context", "4",    "--batch",
                       "32",   "--steps",         "200",   "--lr", "0.1",       "--out"};
  train_run(flags + Words{run});
  CHECK(train::read_log(run + "/log.jsonl").back().loss.value() < 0.05);
  CHECK(run_command({"train", "--replay", "3", "--out", run}).exit == 0);
  for (const char* loss : {"negative-sampling", "sampled-softmax", "nce"}) {
    INFO(loss);
    train_run(flags + Words{runs.folder / loss, "--loss", loss});
  }
  CHECK_THAT(failed_command(
                 1, {"train", runs.file("plain", runs.words), "--document-mask", "--out", runs.folder / "x"}),
             Contains("--document-mask needs a token file"));
}
