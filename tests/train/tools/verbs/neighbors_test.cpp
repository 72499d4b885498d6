#include <nlohmann/json.hpp>

#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/shared_data.h"
#include "train/runs/support.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// Vectors at the angles of fan(), for any words.
void write_fan(const std::string& path, const std::vector<std::string>& words) {
  train::save_vectors(path, {words, fan(static_cast<int64_t>(words.size()))});
}

}  // namespace

TEST_CASE("neighbors prints a table for each word") {
  Folder folder;
  spill(folder / "a.vec", "4 2\ncat 1 0\ndog 4 3\n\xc3\xa9t\xc3\xa9 0 1\nelephant -5 0\n");
  CommandResult result = run_command({"neighbors", folder / "a.vec", "cat", "dog", "-k", "2"});
  CHECK(result.exit == 0);
  CHECK(result.err.empty());
  CHECK(result.out ==
        "cat\n  dog   0.8000\n  \xc3\xa9t\xc3\xa9   0.0000\n"
        "dog\n  cat   0.8000\n  \xc3\xa9t\xc3\xa9   0.6000\n");
  CHECK(run_command({"neighbors", folder / "a.vec", "cat"}).out ==
        "cat\n  dog        0.8000\n  \xc3\xa9t\xc3\xa9        0.0000\n  elephant  -1.0000\n");
}

TEST_CASE("neighbors as JSON has words, ids and full similarities") {
  Folder folder;
  spill(folder / "a.vec", "3 2\ncat 1 0\ndog 4 3\napple 0 1\n");
  CommandResult result = run_command({"neighbors", folder / "a.vec", "dog", "--json", "-k", "1"});
  nlohmann::json expected = {{{"query", "dog"},
                              {"word", "dog"},
                              {"id", 1},
                              {"neighbors", {{{"word", "cat"}, {"id", 0}, {"similarity", 0.8}}}}}};
  CHECK(nlohmann::json::parse(result.out) == expected);
}

TEST_CASE("neighbors reads a run and every format of vectors alike") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("ant bee cat dog eel fox"));
  std::string expected = run_command({"neighbors", folder / "run", "cat", "-k", "3"}).out;
  CHECK_THAT(expected, Contains("cat\n  bee   0.98"));
  for (const char* name : {"a.vec", "a.npy", "a.tsv", "a.safetensors"}) {
    REQUIRE(run_command({"convert", folder / "run", folder / name}).exit == 0);
    CHECK(run_command({"neighbors", folder / name, "cat", "-k", "3"}).out == expected);
  }
}

TEST_CASE("words that look like flags, verbs and brackets can be looked up") {
  Folder folder;
  std::vector<std::string> words = {"corpus", "train", "{}", "%%", "--", "-k", "/", "a=b", "\\"};
  write_fan(folder / "a.vec", words);
  for (const std::string& word : words) {
    CommandResult result = run_command({"neighbors", folder / "a.vec", "-k", "1", "--", word});
    INFO(word << " " << result.err);
    CHECK(result.exit == 0);
    CHECK(result.out.starts_with(word == "\\" ? "\\\\\n" : word + "\n"));
  }
}

TEST_CASE("words that have vectors are answered; the others are named, with the nearest spellings") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("cat kitten dog ."));
  CHECK(failed_command(1, {"neighbors", folder / "run", "kiten", "dog"}) ==
        "lexigrad: [vocabulary] \"kiten\" is not among the 6 tokens. Hint: did you mean \"kitten\"?");
  for (const Words& flags : {Words{}, Words{"--json"}})
    CHECK(run_command(Words{"neighbors", folder / "run", "kiten", "dog"} + flags).out ==
          run_command(Words{"neighbors", folder / "run", "dog"} + flags).out);
  CHECK(failed_command(1, {"neighbors", folder / "run", "cat dog."}) ==
        "lexigrad: [neighbors] \"cat dog.\" is 3 tokens: \"cat\", \"dog\", \".\". Hint: ask for one of them");
  CHECK_THAT(failed_command(1, {"neighbors", folder / "run", ""}),
             Contains("\"\" is not among the 6 tokens"));
  CHECK_THAT(failed_command(1, {"neighbors", folder / "run", "\xff\xfe"}),
             Contains("is not among the 6 tokens"));
  CHECK_THAT(failed_command(2, {"neighbors", folder / "run", "cat", "-k", "0"}),
             Contains("-k: \"0\" is out of range"));
}

TEST_CASE("of two tokens of a word, neighbors takes the one with the leading blank and says so") {
  Folder folder;
  spill(folder / "a.vec", "5 2\ncat 1 0\n\\x20cat 4 3\n\\x20dog 3 4\n\\x0a 0 1\n\\xff -1 0\n");
  CommandResult result = run_command({"neighbors", folder / "a.vec", "cat", "-k", "4"});
  CHECK(result.exit == 0);
  CHECK(result.err ==
        "lexigrad: [neighbors] \"cat\" is read as \" cat\", the word within a sentence; --exact takes the "
        "token "
        "without its leading blank\n");
  CHECK(result.out ==
        "\" cat\"\n  \" dog\"   0.9600\n  cat      0.8000\n  \\n       0.6000\n  \\xff    -0.8000\n");
  CHECK(run_command({"neighbors", folder / "a.vec", "dog"}).err ==
        "lexigrad: [neighbors] \"dog\" is read as \" dog\", the word within a sentence\n");
  for (const char* word : {"cat", " cat", "\\n", "\\xff"}) {
    result = run_command({"neighbors", folder / "a.vec", "--exact", word, "-k", "1"});
    INFO(word);
    CHECK(result.err.empty());
    CHECK(result.out.starts_with(word[0] == ' ' ? "\" cat\"\n" : std::string(word) + "\n"));
  }
  CHECK_THAT(failed_command(1, {"neighbors", folder / "a.vec", "--exact", "dog"}),
             Contains("did you mean \" dog\"?"));
}

TEST_CASE("neighbors knows GPT-2's words without their leading blank") {
  const data::Gpt2Tokenizer* tokenizer = gpt2();
  if (!tokenizer) return;
  Folder folder;
  write_run(folder / "run", *tokenizer);
  auto first_line = [&](const std::string& word) {
    std::string out = run_command({"neighbors", folder / "run", word}).out;
    return out.substr(0, out.find('\n'));
  };
  CHECK(first_line("cat") == "\" cat\"");
  CHECK(first_line("whale") == "\" whale\"");
  CHECK(first_line(" cat") == "\" cat\"");
  std::string message = failed_command(1, {"neighbors", folder / "run", "antidisestablishment"});
  CHECK_THAT(message, Contains("is no single token but \"ant\", \"idis\", \"establishment\""));
}

TEST_CASE("neighbors says what it cannot read") {
  Folder folder;
  spill(folder / "empty.vec", "");
  spill(folder / "text.txt", "cat");
  spill(folder / "cut.vec", "3 2\ncat 1 0\n");
  spill(folder / "nan.vec", "2 2\ncat 1 0\ndog nan 1\n");
  spill(folder / "zero.vec", "2 2\ncat 0 0\ndog 1 1\n");
  auto message = [&](const std::string& name) {
    return failed_command(1, {"neighbors", folder / name, "cat"});
  };
  CHECK_THAT(message("none.vec"), Contains("No such file or folder"));
  CHECK_THAT(message("empty.vec"), Contains("empty"));
  CHECK_THAT(message("text.txt"), Contains("text.txt"));
  CHECK_THAT(message("cut.vec"), Contains("cut.vec"));
  CHECK_THAT(message("zero.vec"), Contains("Row 0 is all zeros"));
  CHECK_THAT(message(""), Contains("The folder holds no vectors.safetensors. Hint: name a folder"));
  spill(folder / "config.json", "{}");
  CHECK_THAT(message(""), Contains("the run is not finished; `lexigrad train --resume --out " + folder.path));
}

TEST_CASE("neighbors prints cosines, the word that does not fit, and what is nearest to numbers") {
  Folder folder;
  spill(folder / "a.vec", "5 2\ncat 1 0\ndog 4 3\nape 3 4\nred 0 1\nsea -5 0\n");
  auto out = [&](const Words& more) {
    CommandResult result = run_command(Words{"neighbors", folder / "a.vec"} + more);
    INFO(result.err);
    CHECK(result.exit == 0);
    return result.out;
  };
  CHECK(out({"cat", "dog", "sea", "--cosine"}) == "cat  dog  0.8000\ncat  sea  -1.0000\ndog  sea  -0.8000\n");
  CHECK(nlohmann::json::parse(out({"cat", "dog", "--cosine", "--json"})) ==
        nlohmann::json::parse(R"([{"a": "cat", "b": "dog", "similarity": 0.8}])"));
  CHECK(out({"cat", "dog", "sea", "ape", "--odd-one-out"}) == "sea\n");
  CHECK(nlohmann::json::parse(out({"cat", "dog", "sea", "--odd-one-out", "--json"})).at("word") == "sea");
  CHECK(out({"--vector", "0.6, 0.8", "-k", "2"}) == "--vector\n  ape   1.0000\n  dog   0.9600\n");
  auto fails = [&](int exit, const Words& more) {
    return failed_command(exit, Words{"neighbors", folder / "a.vec"} + more);
  };
  CHECK_THAT(fails(2, {}), Contains("WORD is required, or --vector"));
  CHECK_THAT(fails(2, {"cat", "--cosine"}), Contains("Give 2 WORDs or more, not 1"));
  CHECK_THAT(fails(2, {"cat", "dog", "--odd-one-out"}), Contains("Give 3 WORDs"));
  CHECK_THAT(fails(1, {"--vector", "1 x"}), Contains("\"x\" in --vector is no number"));
  CHECK_THAT(fails(1, {"--vector", "1 nan"}), Contains("The vector holds nan"));
  CHECK_THAT(fails(1, {"--vector", "0 0"}), Contains("The vector is all zeros"));
  CHECK_THAT(fails(1, {"--vector", "1 2 3"}), Contains("must have the 2 numbers of a row, it is [3]"));
}

TEST_CASE("analogy prints what is to C as B is to A") {
  Folder folder;
  spill(folder / "a.vec", "5 2\nman 1 0\nking 1 1\nwoman 0 1\nqueen -1 1\nsea 1 -1\n");
  CommandResult result = run_command({"analogy", folder / "a.vec", "man", "king", "woman", "-k", "1"});
  CHECK(result.out == "man : king = woman : ?\n  queen   0.8165\n");  // numpy
  result = run_command({"analogy", folder / "a.vec", "man", "king", "woman", "-k", "1", "--method", "mul"});
  CHECK(result.out ==
        "man : king = woman : ?\n  queen   2.9142\n");  // (1/2) (1 + sqrt(1/2)) / (1 - sqrt(1/2))
  auto json =
      nlohmann::json::parse(run_command({"analogy", folder / "a.vec", "man", "king", "woman", "--json"}).out);
  CHECK(json.at("c") == "woman");
  CHECK(json.at("answers").size() == 2);
  CHECK_THAT(failed_command(1, {"analogy", folder / "a.vec", "man", "king", "queeen"}),
             Contains("did you mean \"queen\"?"));
  CHECK_THAT(failed_command(2, {"analogy", folder / "a.vec", "man", "king"}), Contains("WORD"));
}
