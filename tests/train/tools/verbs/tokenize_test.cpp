#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/shared_data.h"
#include "train/runs/support.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

TEST_CASE("tokenize prints the ids of a vocabulary learned from the input") {
  CommandResult result =
      run_command({"tokenize", "--tokenizer", "word"}, {.input = "The cat sat. The dog\n"});
  CHECK(result.exit == 0);
  CHECK(result.err.empty());
  CHECK(result.out == "1 2 4 0 1 3\n");  // . The cat dog sat
  result = run_command({"tokenize", "--tokenizer", "word", "--pieces"}, {.input = "The cat."});
  CHECK(result.out == "1\tThe\n2\tcat\n0\t.\n");
  result = run_command({"tokenize", "--tokenizer", "word", "--min-count", "2"}, {.input = "a b a"});
  CHECK(result.out == "0 1 0\n");  // b is <|unk|>
}

TEST_CASE("tokenize takes the tokenizer of a run, both ways") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  CommandResult result = run_command({"tokenize", "--run", folder / "run"}, {.input = "the cat saw . \n"});
  CHECK(result.out == "3 1 4 0\n");  // saw is <|unk|>
  CHECK(run_command({"tokenize", "--run", folder / "run", "--decode"}, {.input = "3 1\t2\n\n0\n"}).out ==
        "the cat sat.");
  CHECK(run_command({"tokenize", "--run", folder / "run/tokenizer.txt"}, {.input = "cat"}).out == "1\n");
  CHECK(run_command({"tokenize", "--run", folder / "run"}, {.input = ""}).out == "\n");
  CHECK(run_command({"tokenize", "--run", folder / "run", "--decode"}, {.input = ""}).out.empty());
}

TEST_CASE("ids are written and read as bytes, or counted") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  const std::vector<std::string> narrow{"tokenize", "--run", folder / "run"};
  auto with = [](std::vector<std::string> args, const std::vector<std::string>& flags) {
    args.insert(args.end(), flags.begin(), flags.end());
    return args;
  };
  const std::string two("\3\0\1\0\0\0", 6);
  CHECK(run_command(with(narrow, {"--binary"}), {.input = "the cat ."}).out == two);
  CHECK(run_command(with(narrow, {"--binary", "--decode"}), {.input = two}).out == "the cat.");
  CHECK(run_command(with(narrow, {"--count"}), {.input = "the cat ."}).out == "3\n");
  CHECK(run_command(with(narrow, {"--binary"}), {.input = ""}).out.empty());
  CHECK(run_command(with(narrow, {"--count"}), {.input = ""}).out == "0\n");

  std::string words;
  for (int64_t i = 0; i < 70000; ++i) words += text('w', i, ' ');
  write_run(folder / "wide", data::WordTokenizer::from_text(words));
  const std::vector<std::string> wide{"tokenize", "--run", folder / "wide"};
  const CommandResult ids = run_command(wide, {.input = "w0 w69999"}),
                      bytes = run_command(with(wide, {"--binary"}), {.input = "w0 w69999"});
  std::string expected;
  for (std::istringstream in(ids.out); !in.eof();)
    if (uint32_t id = 0; in >> id)
      for (int shift = 0; shift < 32; shift += 8) expected += static_cast<char>(id >> shift & 255);
  CHECK(expected.size() == 8);
  CHECK(bytes.out == expected);
  CHECK(run_command(with(wide, {"--binary", "--decode"}), {.input = expected}).out == "w0 w69999");
  CHECK(run_command(with(wide, {"--count"}), {.input = words}).out == "70000\n");

  CHECK_THAT(failed_command(1, with(narrow, {"--binary", "--decode"}), {.input = two.substr(0, 3)}),
             Contains("standard input has 3 bytes of ids, and each takes 2."));
  CHECK_THAT(
      failed_command(1, with(narrow, {"--binary", "--decode"}), {.input = two + "\x06" + '\0'}),
      Contains("Id 6 at position 3 of standard input is outside the vocabulary (valid ids are 0..5)."));
  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{"--binary", "--pieces"},
                                                                                     {"--count", "--binary"},
                                                                                     {"--count", "--decode"},
                                                                                     {"--count", "--pieces"}})
    CHECK_THAT(failed_command(2, with(narrow, flags)), Contains("excludes"));
}

TEST_CASE("ids that are none are named with their position") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  auto message = [&](const std::string& ids) {
    return failed_command(1, {"tokenize", "--run", folder / "run", "--decode"}, {.input = ids});
  };
  CHECK(
      message("3 1\n6 0") ==
      "lexigrad: [tokenize] Id 6 at position 2 (line 2) of standard input is outside the vocabulary (valid ids "
      "are 0..5). Hint: decode with the tokenizer that encoded.");
  CHECK_THAT(message("-1"), Contains("Id -1 at position 0"));
  CHECK(
      message("3 1,2\n") ==
      "lexigrad: [tokenize] \"1,2\" at position 1 (line 1) of standard input is no id. Hint: --decode reads "
      "whole numbers with blanks between.");
  CHECK_THAT(message("99999999999999999999"),
             Contains("\"99999999999999999999\" at position 0 (line 1) of standard input is no id"));
  CHECK_THAT(message(std::string("1\n\0\n", 4)),
             Contains("\"\\x00\" at position 1 (line 2) of standard input is no id"));
}

TEST_CASE("flags of tokenize that contradict each other are bad usage") {
  CHECK_THAT(failed_command(2, {"tokenize", "--tokenizer", "word", "--decode"}), Contains("--run RUN"));
  CHECK_THAT(failed_command(2, {"tokenize", "--tokenizer", "word", "--gpt2-dir", "x"}),
             Contains("--gpt2-dir"));
  CHECK_THAT(failed_command(2, {"tokenize", "--tokenizer", "gpt2", "--min-count", "2"}),
             Contains("--min-count goes with --tokenizer word, not with gpt2."));
  CHECK_THAT(failed_command(2, {"tokenize", "--run", "x", "--min-count", "2"}), Contains("--min-count"));
  CHECK_THAT(failed_command(2, {"tokenize", "--decode", "--pieces"}), Contains("--pieces excludes --decode"));
  CHECK_THAT(failed_command(2, {"tokenize", "--run", "x", "--tokenizer", "word"}), Contains("--run"));
}

TEST_CASE("tokenize says what it cannot read") {
  Folder folder;
  CHECK_THAT(failed_command(1, {"tokenize", "--run", folder / "none"}), Contains("No such file or folder"));
  CHECK_THAT(failed_command(1, {"tokenize", "--run", folder.path}),
             Contains("The folder holds no tokenizer.txt"));
  spill(folder / "tokenizer.txt", "lexigrad tokenizer 1 word 1\n");
  CHECK_THAT(failed_command(1, {"tokenize", "--run", folder.path}), Contains("The checksum does not fit"));
  CHECK_THAT(failed_command(1, {"tokenize", "--gpt2-dir", folder.path}), Contains("vocab.bpe"));
  CHECK_THAT(failed_command(1, {"tokenize"}, {.environment = {"LEXIGRAD_CACHE=" + folder.path}}),
             Contains("script/setup"));
  CHECK_THAT(failed_command(1, {"tokenize", "--tokenizer", "word"}, {.input = " \n"}),
             Contains("not one word"));
}

TEST_CASE("tokenize reads other encodings, or warns of them") {
  auto run = [](const std::string& input, const Words& more = {}) {
    return run_command(Words{"tokenize", "--tokenizer", "word", "--pieces"} + more, {.input = input});
  };
  const std::string utf8 = "0\tcaf\xc3\xa9\n", utf16(
                                                   "\xff\xfe"
                                                   "c\0a\0f\0\xe9\0",
                                                   10);
  CHECK(run(utf16).out == utf8);
  CHECK(run(utf16).err.empty());
  CHECK(run(utf16.substr(2), {"--encoding", "utf-16"}).out == utf8);
  CHECK(run("caf\xe9", {"--encoding", "latin-1"}).out == utf8);
  CHECK_THAT(run("caf\xe9").err, Contains("standard input is not UTF-8: 1 of 4 bytes (25 %)") &&
                                     Contains("--encoding latin-1 or utf-16"));
  CHECK(run("caf\xe9", {"--encoding", "utf-8"}).err.empty());
  CHECK_THAT(failed_command(2, {"tokenize", "--decode", "--encoding", "utf-8"}),
             Contains("--encoding excludes --decode"));
}

TEST_CASE("tokenize gives GPT-2's ids and the bytes back") {
  std::optional<std::string> files = gpt2_folder();
  if (!files) return;
  std::string text = "Hello, the cat\r\n\xff\xfe caf\xc3\xa9 <|endoftext|>" + std::string(1, '\0') + "\n\n";
  CommandResult ids = run_command({"tokenize", "--gpt2-dir", *files}, {.input = text});
  CHECK(ids.exit == 0);
  CHECK(run_command({"tokenize", "--gpt2-dir", *files, "--decode"}, {.input = ids.out}).out == text);
  CHECK(run_command({"tokenize", "--gpt2-dir", *files}, {.input = "Hello, world"}).out == "15496 11 995\n");
  CHECK(run_command({"tokenize", "--gpt2-dir", *files, "--pieces"}, {.input = "Hello, a\n"}).out ==
        "15496\tHello\n11\t,\n257\t a\n198\t\\n\n");
  CHECK(run_command({"tokenize", "--gpt2-dir", *files, "--special", "all"}, {.input = "<|endoftext|>"}).out ==
        "50256\n");
}

TEST_CASE("tokenize reads the special tokens that --special says") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat"));
  spill(folder / "a", "the<|endoftext|>cat<|unk|>");
  auto ids = [&](const Words& special) {
    return run_command(Words{"tokenize", "--run", folder / "run"} + special + Words{folder / "a"}).out;
  };
  const std::string end = "2 2 2 2 2", unknown = "2 2 2 2 2";  // words, none of them known: < | endoftext | >
  CHECK(ids({}) == "1 " + end + " 0 " + unknown + "\n");
  CHECK(ids({"--special", "none"}) == ids({}));
  CHECK(ids({"--special", "all"}) == "1 3 0 2\n");
  CHECK(ids({"--special", "<|endoftext|>"}) == "1 3 0 " + unknown + "\n");
  CHECK(ids({"--special", "<|unk|>", "--special", "refuse", "--special", "<|endoftext|>"}) == "1 3 0 2\n");
  auto message = [&](const Words& special) {
    return failed_command(1, Words{"tokenize", "--run", folder / "run", folder / "a"} + special);
  };
  CHECK_THAT(message({"--special", "refuse", "--special", "<|endoftext|>"}),
             Contains((folder / "a") + " has the special token \"<|unk|>\" at byte 19, which is refused"));
  CHECK_THAT(message({"--special", "refuse", "--out", folder / "c.tokens"}),
             Contains("\"<|endoftext|>\" at byte 3"));
  CHECK_THAT(message({"--special", "refuse", "--out", folder / "c.npy"}),
             Contains("\"<|endoftext|>\" at byte 3"));
  CHECK(folder.files() == 2);
  CHECK_THAT(message({"--special", "<s>"}),
             Contains("There is no special token \"<s>\" (there are \"<|unk|>\", \"<|endoftext|>\")"));
  CHECK(run_command({"tokenize", "--run", folder / "run", "--special", "all", folder / "a", "--out",
                     folder / "c.npy"})
            .out == folder / "c.npy: 4 tokens\n");
  CHECK_THAT(failed_command(2, {"tokenize", "--special", "all", "--decode"}), Contains("excludes"));
}

TEST_CASE("tokenize learns byte pairs from files or its input, and writes them in four forms") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the cat sat on the mat\n";
  spill(folder / "a.txt", text);
  spill(folder / "b.txt", text);
  const std::string own = folder / "v.bpe", json = folder / "v.json", ranks = folder / "v.tiktoken";
  CommandResult result =
      run_command({"tokenize", "--train", "265", folder / "a.txt", folder / "b.txt", "--out", own});
  CHECK(result.exit == 0);
  const double ids = std::stod(run_command({"tokenize", "--run", own, "--count"}, {.input = text}).out);
  char bytes_a_token[32];
  std::snprintf(bytes_a_token, sizeof bytes_a_token, "%.2f", static_cast<double>(text.size()) / ids);
  CHECK(result.out == own + ": 265 tokens from 7 different pieces, " + bytes_a_token + " bytes a token\n");
  result = run_command({"tokenize", "--run", own, "--pieces"}, {.input = "the cat"});
  CHECK_THAT(result.out, Contains("\tthe\n") && Contains("\tcat\n"));
  CHECK(run_command({"tokenize", "--train", "270", "--out", json}, {.input = text}).exit == 0);
  CHECK_THAT(slurp(json), Contains("\"type\": \"BPE\""));
  CHECK(run_command({"tokenize", "--train", "270", folder / "a.txt", "--out", ranks}).exit == 0);
  CHECK_THAT(slurp(ranks), Contains("IQ== 0\n"));
  std::filesystem::create_directory(folder / "there");
  const std::string expected = run_command({"tokenize", "--run", own}, {.input = text}).out;
  for (const std::string& into : {folder / "new/", folder / "there"}) {
    CHECK(
        run_command({"tokenize", "--train", "265", folder / "a.txt", folder / "b.txt", "--out", into}).exit ==
        0);
    CHECK(slurp(into + "/merges.txt").starts_with("#version: 0.2\n"));
    CHECK(run_command({"tokenize", "--tokenizer", "file", "--tokenizer-file", into, "--pattern", "gpt2"},
                      {.input = text})
              .out == expected);
  }
  CHECK_THAT(failed_command(1, {"tokenize", "--train", "265", folder / "a.txt", "--out", ranks + "/"}),
             Contains("Cannot make the folder"));
}

TEST_CASE("tokenize --superwords learns tokens of several words, which both of its forms keep") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the cat sat on the mat\n";
  const std::string own = folder / "v.bpe", json = folder / "v.json";
  const Words learn = {"tokenize", "--train", "300", "--superwords", "274", "--out"};
  CommandResult result = run_command(learn + Words{own}, {.input = text});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("tokens from 7 different pieces and 1.1 KiB of phrases, "));
  for (const Words& from : {Words{"--run", own}, Words{"--tokenizer", "file", "--tokenizer-file", json}}) {
    CHECK(run_command(learn + Words{json}, {.input = text}).exit == 0);
    result = run_command(Words{"tokenize", "--pieces"} + from, {.input = text});
    CHECK_THAT(result.out, Contains("\\nthe cat sat on the mat\n"));
  }
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300", "--superwords", "301", "--out", own}),
             Contains("--superwords T goes with --train N, where T is N at most"));
  CHECK_THAT(failed_command(2, {"tokenize", "--superwords", "257"}), Contains("goes with --train N"));
  CHECK_THAT(failed_command(2, learn + Words{folder / "v.tiktoken"}), Contains("says no merges"));
  for (const std::string& into : {folder / "", folder / "new/"})
    CHECK_THAT(failed_command(2, learn + Words{into}), Contains("state no pattern"));
  CHECK_THAT(failed_command(2, learn + Words{own, "--curve", folder / "v.svg"}), Contains("--curve"));
}

TEST_CASE("tokenize takes files, folders and JSON lines, each text a line of ids") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  std::filesystem::create_directory(folder / "texts");
  spill(folder / "texts/a", "the cat.");
  spill(folder / "texts/b", "sat");
  spill(folder / "lines.jsonl", "{\"body\": \"cat sat\"}\n{\"body\": \"\"}\n{\"body\": \"the\"}\n");
  const Words run = {"tokenize", "--run", folder / "run"};
  CHECK(run_command(run + Words{folder / "texts", folder / "texts/b"}).out == "3 1 0\n2\n2\n");
  CHECK(run_command(run + Words{folder / "texts/b", "-"}, {.input = "cat cat"}).out == "2\n1 1\n");
  CHECK(run_command(run + Words{folder / "lines.jsonl", "--field", "body"}).out == "1 2\n\n3\n");
  CHECK(run_command(run + Words{folder / "lines.jsonl", "--field", "body", "--count"}).out == "3\n");
  CHECK_THAT(failed_command(1, run + Words{folder / "lines.jsonl"}), Contains("--field text names it"));
  CHECK(run_command({"tokenize", "--tokenizer", "word", folder / "texts"}).out == "3 1 0\n2\n");
}

TEST_CASE("tokenize learns words from pipes, which can be read but once") {
  Folder folder;
  spill(folder / "a", "the cat\n");
  const Words run = {"tokenize", "--tokenizer", "word", folder / "a"};
  CHECK(run_command(run + Words{"-"}, {.input = "a cat"}).out == "2 1\n0 1\n");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(folder / "pipe") << "a cat"; });
  CHECK(run_command(run + Words{folder / "pipe"}).out == "2 1\n0 1\n");
  writer.join();
}

TEST_CASE("tokenize writes ids to NumPy's files and to token files") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  spill(folder / "a", "the cat sat on the mat.\n");
  spill(folder / "b", "cat");
  const Words run = {"tokenize", "--run", folder / "run", folder / "a", folder / "b", "--out"};
  CHECK(run_command(run + Words{folder / "ids.npy"}).out == folder / "ids.npy: 8 tokens\n");
  const std::string npy = slurp(folder / "ids.npy");
  REQUIRE(npy.size() == 128 + 16);
  CHECK(npy.substr(0, 10) == std::string("\x93NUMPY\x01\0v\0", 10));
  CHECK_THAT(npy, Contains("{'descr': '<u2', 'fortran_order': False, 'shape': (8,), }"));
  CHECK(npy.substr(127, 3) == std::string("\n\3\0", 3));
  CHECK(run_command(run + Words{folder / "c.tokens"}).out ==
        folder / "c.tokens: 8 tokens of 2 texts, 27 B\n");
  data::TokenFile file(folder / "c.tokens");
  CHECK(file.document_ends() == std::vector<int64_t>{7, 8});
  CHECK(file.tokens()[7] == 1);
}

TEST_CASE("tokenize --train draws the bytes that a token stands for over the sizes") {
  Folder folder;
  const std::string out = folder / "v.bpe", curve = folder / "v.svg";
  CommandResult result = run_command({"tokenize", "--train", "270", "--out", out, "--curve", curve},
                                     {.input = "the cat sat on the mat, the cat sat on the mat\n"});
  CHECK(result.exit == 0);
  const std::string picture = slurp(curve);
  CHECK(picture.starts_with("<svg"));
  CHECK_THAT(picture, Contains("bytes a token"));
  CHECK_THAT(failed_command(2, {"tokenize", "--curve", "x.svg"}), Contains("--curve goes with --train N"));
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300", "--out", "x", "--curve", "x"}),
             Contains("--out and --curve name the same file"));
}

TEST_CASE("flags that learning does not go with are refused") {
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300"}), Contains("--train needs --out FILE"));
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "256", "--out", "x"}), Contains("257..1048576"));
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300", "--decode", "--out", "x"}),
             Contains("--decode"));
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300", "--bpe-size", "400", "--out", "x"}),
             Contains("--bpe-size"));
  CHECK_THAT(failed_command(2, {"tokenize", "--train", "300", "--min-count", "2", "--out", "x"}),
             Contains("--min-count goes with --tokenizer word, not with bpe"));
  CHECK_THAT(failed_command(1, {"tokenize", "--train", "300", "/no/text", "--out", "x"}),
             Contains("/no/text"));
  CHECK_THAT(failed_command(1, {"tokenize", "--train", "300", "--out", "/no/folder/x"}, {.input = "a b"}),
             Contains("/no/folder/x"));
}
