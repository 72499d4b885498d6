// lexigrad tokenize --decode, from each kind of file and part by part.
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/peak_memory.h"
#include "train/runs/support.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
using Ids = std::vector<int64_t>;

namespace {

// An array as NumPy's format 1.0 has it: `bytes` little endian ones a number.
std::string npy_of(const Ids& ids, const std::string& type, int bytes, const std::string& shape = "",
                   const std::string& order = "False") {
  const std::string sizes = shape.empty() ? text('(', ids.size(), ",)") : shape;
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + sizes + ", }";
  header.append(64 - (10 + header.size() + 1) % 64, ' ') += '\n';
  std::string out("\x93NUMPY\1\0", 8);
  out += {static_cast<char>(header.size()), '\0'};
  out += header;
  for (int64_t id : ids)
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(static_cast<uint64_t>(id) >> 8 * i & 255);
  return out;
}

// All bytes are tokens, and some of a text's: ids by bytes are their numbers in GPT-2's order.
data::BpeTokenizer bytes_and_pairs() {
  return data::BpeTokenizer::from_text("the cat sat on the mat, the \u732b sat \u732b",
                                       {.vocabulary_size = 264});
}

std::string digits_of(const Ids& ids, const std::string& between) {
  std::string out;
  for (int64_t id : ids) out += std::to_string(id) + between;
  return out;
}

}  // namespace

TEST_CASE("ids of every kind of file become the text to the byte", "[decode]") {
  Folder folder;
  const data::BpeTokenizer tokenizer = bytes_and_pairs();
  tokenizer.save(folder / "t.bpe");
  std::string text = "the \u732b\xff sat\r\n\xe7\x8c" + std::string(1, '\0') + "\U0001f600";
  for (int i = 0; i < 20'000; ++i) text += i % 7 ? " the" : "\u732b\n\xf0\x9f";  // several parts of each file
  const Ids ids = tokenizer.encode(text);
  REQUIRE(tokenizer.decode(ids) == text);
  auto decoded = [&](const std::string& bytes, const Words& more = {}) {
    spill(folder / "ids", bytes);
    const Words run = Words{"tokenize", "--run", folder / "t.bpe", "--decode"} + more;
    const CommandResult named = run_command(run + Words{folder / "ids"}),
                        piped = run_command(run, {.input = bytes});
    CHECK(named.exit == 0);
    CHECK(named.err.empty());
    CHECK((piped.out == named.out));
    return named.out;
  };
  CHECK((decoded(digits_of(ids, " ")) == text));
  CHECK((decoded("\n" + digits_of(ids, "\r\n\t")) == text));
  CHECK((decoded(npy_of(ids, "<u2", 2)) == text));
  CHECK((decoded(npy_of(ids, "<u4", 4)) == text));
  CHECK((decoded(npy_of(ids, "<i4", 4)) == text));
  CHECK((decoded(npy_of(ids, "<i8", 8)) == text));
  CHECK((decoded(npy_of(ids, "<u2", 2).substr(128), {"--binary"}) == text));
  CHECK(decoded(npy_of({}, "<i8", 8)).empty());

  spill(folder / "a", text);
  spill(folder / "b", "the end");
  data::Documents documents({folder / "a", folder / "b"});
  data::encode_file(tokenizer, documents, folder / "c.tokens");
  CHECK((run_command({"tokenize", "--decode", folder / "c.tokens"}).out == text + "the end"));
  spill(folder / "n.npy", npy_of(tokenizer.encode("cat"), "<i8", 8));
  spill(folder / "n.txt", digits_of(tokenizer.encode(" sat"), " "));
  CHECK(run_command({"tokenize", "--run", folder / "t.bpe", "--decode", folder / "n.npy", folder / "n.txt"})
            .out == "cat sat");
}

TEST_CASE("what is wrong with ids is said after the text before it", "[decode]") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  auto failed = [&](const std::string& bytes, const std::string& before, const Words& more = {}) {
    spill(folder / "ids", bytes);
    const Words run = Words{"tokenize", "--run", folder / "run", "--decode", folder / "ids"} + more;
    CHECK(run_command(run).out == before);
    return failed_command(1, run);
  };
  const std::string name = folder / "ids";
  CHECK(failed("3 1\n2 0\n 6 0", "the cat sat.") ==
        "lexigrad: [tokenize] Id 6 at position 4 (line 3) of " + name +
            " is outside the vocabulary (valid ids are 0..5). Hint: decode with the tokenizer that encoded.");
  CHECK_THAT(failed("3\n\n-1", "the"), Contains("Id -1 at position 1 (line 3) of " + name));
  CHECK_THAT(failed("3 1.0", "the"), Contains("\"1.0\" at position 1 (line 1) of " + name + " is no id"));
  CHECK_THAT(failed("3 " + std::string(100'000, '0'), "the"), Contains("at position 1 (line 1)"));
  CHECK_THAT(failed(std::string("\3\0\1\0\6\0\0\0", 8), "the cat", {"--binary"}),
             Contains("Id 6 at position 2 of " + name + " is outside"));
  CHECK_THAT(failed(std::string("\3\0\1", 3), "the", {"--binary"}),
             Contains("has 3 bytes of ids, and each takes 2. Hint: decode with the tokenizer"));
  CHECK_THAT(failed(npy_of({3, 1, -2, 0}, "<i8", 8), "the cat"), Contains("Id -2 at position 2 of " + name));
  CHECK_THAT(failed(npy_of({3, 1, 70'000}, "<u4", 4), "the cat"), Contains("Id 70000 at position 2"));
}

TEST_CASE("arrays that are no row of ids are refused in words", "[decode]") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  auto failed = [&](const std::string& bytes, const Words& more = {}) {
    return failed_command(1, Words{"tokenize", "--run", folder / "run", "--decode"} + more, {.input = bytes});
  };
  CHECK_THAT(failed(npy_of({3, 1}, "<f4", 4)),
             Contains("standard input is an array of f4. Hint: ids are u2, u4, i4 or i8"));
  CHECK_THAT(failed(npy_of({3, 1}, ">u2", 2)), Contains("1 dimension, big endian"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8, "(2, 1)")), Contains("2 dimensions. Hint: ids are one row"));
  CHECK_THAT(failed(npy_of({3}, "<i8", 8, "()")), Contains("0 dimensions"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8, "(1, 2)", "True")), Contains("2 dimensions, in Fortran order"));
  CHECK_THAT(failed(npy_of({3, 1}, "<x8", 8)), Contains("The dtype is '<x8'"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8, "(3,)")), Contains("has 2 ids where its header says 3"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8, "(1,)")),
             Contains("has more than the 1 ids that its header says"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8).substr(0, 40)), Contains("the file ends before"));
  CHECK_THAT(failed(npy_of({3, 1}, "<i8", 8), {"--binary"}), Contains("is NumPy's array, not numbers alone"));
  CHECK_THAT(failed("LXTOKENS and more"), Contains("Standard input is a token file. Hint: name the file"));
  spill(folder / "a", "the cat");
  data::Documents documents({folder / "a"});
  data::encode_file(data::WordTokenizer::from_text("the cat"), documents, folder / "c.tokens");
  CHECK_THAT(failed("", {folder / "c.tokens"}), Contains("has its tokenizer in it. Hint: name no other"));
  CHECK_THAT(failed_command(1, {"tokenize", "--decode", folder / "none"}), Contains("none"));
}

TEST_CASE("whole characters are printed as their ids come", "[decode]") {
  Folder folder;
  const data::BpeTokenizer bytes = data::BpeTokenizer::from_text("ab", {.vocabulary_size = 257});
  bytes.save(folder / "t.bpe");
  const Ids ids = bytes.encode("a\U0001f600b");
  REQUIRE(ids.size() == 6);
  const std::string pipe = folder / "pipe", printed = folder / "printed";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CommandResult result;
  std::thread reader([&] {
    result = run_command({"tokenize", "--run", folder / "t.bpe", "--decode", pipe}, {.output = printed});
  });
  std::ofstream out(pipe);
  auto wait_for = [&](const std::string& text) {
    for (int i = 0; i < 2'000 && (!std::filesystem::exists(printed) || slurp(printed) != text); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(slurp(printed) == text);
  };
  auto give = [&](size_t begin, size_t end) {
    out << digits_of(
        Ids(ids.begin() + static_cast<ptrdiff_t>(begin), ids.begin() + static_cast<ptrdiff_t>(end)), " ");
    out.flush();
  };
  give(0, 4);
  wait_for("a");  // three bytes of the four that the emoji has wait
  give(4, 5);
  wait_for("a\U0001f600");
  give(5, 6);
  wait_for("a\U0001f600b");
  out.close();
  reader.join();
  CHECK(result.exit == 0);
}

TEST_CASE("the memory that decoding takes does not grow with the ids", "[decode]") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  auto peak = [&](const std::string& name, size_t copies) {
    {
      std::ofstream out(folder / name);  // memory of this process would count
      for (size_t i = 0; i < copies; ++i) out << "3 1 2 0\n";
    }
    const double taken = peak_memory(in_build("bin/lexigrad"),
                                     {"tokenize", "--run", folder / "run", "--decode", folder / name});
    REQUIRE(taken > 0);
    return taken;
  };
  const double small = peak("small", 100'000), large = peak("large", 3'000'000);  // of 0.8 and 24 MB
  CHECK(large < small + (2 << 20));
}
