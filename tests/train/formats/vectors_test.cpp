#include "lexigrad/train/formats/vectors.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/safetensors.h"
#include "support/paths.h"
#include "support/threads.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;
using std::string_literals::operator""s;

namespace {

const std::string kFixtures = lexigrad::test::in_source("tests/fixtures/formats/");
const std::vector<std::string> kEndings{".vec", ".bin", ".npy", ".tsv", ".safetensors"};

// What a byte-level tokenizer and odd texts bring along.
const std::vector<std::string> kOdd{
    "cat",          " cat", "",           " ",    "\n",       "\t",    "a b", "\\n",          "\\x",
    "\\x20",        "\\",   "\\\\x20",    "\x80", "\xe2\x80", "größe", "猫",  "\xef\xbb\xbf", "\xc2\xa0",
    "\xe2\x80\xa8", "\"",   "nul\0byte"s, "\r",   "\xc2\x85", "#"};

std::string error_of(const std::string& path) {
  try {
    load_vectors(path);
  } catch (const FileError& e) { return e.what(); }
  return "";
}

bool same_bits(const Tensor& a, const std::vector<float>& values) {
  return a.numel() == static_cast<int64_t>(values.size()) &&
         std::memcmp(a.data<float>(), values.data(), values.size() * 4) == 0;
}

}  // namespace

TEST_CASE("escaped words are one visible field, differ from each other and come back") {
  REQUIRE(data::escape_word(" the") == "\\x20the");
  REQUIRE(data::escape_word("größe") == "größe");
  REQUIRE(data::escape_word("\xff\n") == "\\xff\\x0a");
  REQUIRE(data::escape_word("\\new \\x5") == "\\new\\x20\\x5");
  REQUIRE(data::escape_word("\\x20") == "\\x5cx20");
  REQUIRE(data::escape_word("") == "\\x");
  REQUIRE(data::escape_word("\\x") == "\\x5cx");
  REQUIRE(data::escape_word("\xe2\x80\xa8") == "\\xe2\\x80\\xa8");
  REQUIRE(data::unescape_word("\\xFF\\new") == "\\xFF\\new");
  // All strings of up to five of the characters that matter.
  const std::string letters = "\\x2c ";
  std::vector<std::string> all{""};
  for (size_t i = 0; i < all.size() && all[i].size() < 5; ++i)
    for (char c : letters) all.push_back(all[i] + c);
  std::set<std::string> escaped;
  for (const std::string& word : all) {
    std::string text = data::escape_word(word);
    REQUIRE(data::unescape_word(text) == word);
    REQUIRE(text.find(' ') == std::string::npos);
    escaped.insert(text);
  }
  REQUIRE(escaped.size() == all.size());
}

TEST_CASE("word vectors come back bit for bit in every format, odd words included") {
  Folder folder;
  auto count = static_cast<int64_t>(kOdd.size());
  manual_seed(7);
  Tensor rows = randn({count, 5});
  rows.data<float>()[0] = -0.0f;
  rows.data<float>()[1] = 1e-45f;
  rows.data<float>()[2] = std::numeric_limits<float>::max();
  for (const std::string& ending : kEndings) {
    auto paths = save_vectors(folder / ("v" + ending), {kOdd, rows});
    WordVectors read = load_vectors(folder / ("v" + ending));
    INFO(ending);
    REQUIRE(read.words == kOdd);
    REQUIRE(read.rows.shape() == rows.shape());
    REQUIRE(same_bits(read.rows, rows.to_vector<float>()));
    REQUIRE(paths[0] == folder / ("v" + ending));
    REQUIRE(paths.size() == (ending == ".npy" || ending == ".tsv" ? 2 : 1));
  }
  REQUIRE(std::filesystem::exists(folder / "v.words.txt"));
  REQUIRE(std::filesystem::exists(folder / "v.metadata.tsv"));
}

TEST_CASE("text formats read as others expect them") {
  Folder folder;
  Tensor rows = tensor({{0.1, -2.0}, {1e-8, 16777216.0}});
  save_vectors(folder / "v.vec", {{"cat", " dog"}, rows});
  REQUIRE(slurp(folder / "v.vec") == "2 2\ncat 0.1 -2\n\\x20dog 1e-08 16777216\n");
  save_vectors(folder / "v.tsv", {{"cat", " dog"}, rows});
  REQUIRE(slurp(folder / "v.tsv") == "0.1\t-2\n1e-08\t16777216\n");
  REQUIRE(slurp(folder / "v.metadata.tsv") == "cat\n\\x20dog\n");
}

TEST_CASE("rows are converted and made dense before they are written") {
  Folder folder;
  Tensor rows = tensor({{0.5, 1.5}, {2.5, 3.5}, {4.5, 5.5}}, float64).t();
  for (const std::string& ending : kEndings) {
    save_vectors(folder / ("v" + ending), {{"a", "b"}, rows});
    REQUIRE(equal(load_vectors(folder / ("v" + ending)).rows, tensor({{0.5, 2.5, 4.5}, {1.5, 3.5, 5.5}})));
  }
}

TEST_CASE("word vectors that cannot be written are refused") {
  Folder folder;
  Tensor rows = zeros({2, 3});
  auto save = [&](const char* name, const WordVectors& vectors) { save_vectors(folder / name, vectors); };
  REQUIRE_THROWS_WITH(
      save("v.dat", {{"a", "b"}, rows}),
      Contains(".vec (gensim), .bin (word2vec), .npy (numpy), .tsv (TensorBoard) or .safetensors"));
  REQUIRE_THROWS_WITH(save("v.vec", {{"a", "a"}, rows}), Contains("The word \"a\" is in rows 0 and 1"));
  REQUIRE_THROWS_WITH(save("v.vec", {{"a"}, rows}), Contains("1 words do not fit 2 rows"));
  REQUIRE_THROWS_WITH(save("v.vec", {{}, zeros({0, 3})}), Contains("got [0, 3] of float32"));
  REQUIRE_THROWS_WITH(save("v.vec", {{"a"}, zeros({1, 3}, int64)}), Contains("[1, 3] of int64"));
  REQUIRE_THROWS_WITH(save("v.vec", {{"a"}, Tensor()}), Contains("got nothing"));
  REQUIRE_THROWS_AS(load_vectors(folder / "v.dat"), std::invalid_argument);
  REQUIRE(folder.files() == 0);
}

TEST_CASE("vectors that gensim, numpy and others wrote are read") {
  const std::vector<float> rows{0.1f,     -0.0f,    1e-45f, 3.4028235e38f, -1.17549435e-38f,
                                16777216, 1.0f / 3, 7,      -2.5e-7f};
  for (const char* name : {"gensim.vec", "numpy_f4.npy", "numpy.tsv"}) {
    INFO(name);
    WordVectors read = load_vectors(kFixtures + name);
    REQUIRE(read.rows.shape() == Shape({3, 3}));
    REQUIRE(same_bits(read.rows, rows));
    REQUIRE(read.words == std::vector<std::string>{"cat", "größe", "\\new"});
  }
}

TEST_CASE("a .vec file of other habits is read: CRLF, spaces at line ends, plain overflow and underflow") {
  Folder folder;
  spill(folder / "v.vec", "2 2\r\na 1.5 1e-60 \r\nb -2e0 1e-42 \r\n\r\n");
  WordVectors read = load_vectors(folder / "v.vec");
  REQUIRE(read.words == std::vector<std::string>{"a", "b"});
  REQUIRE(same_bits(read.rows, {1.5f, 0, -2, 1e-42f}));
  spill(folder / "w.vec", "1 1\nlast 3");
  REQUIRE(load_vectors(folder / "w.vec").words[0] == "last");
}

TEST_CASE("damaged word vectors are refused with line and byte") {
  Folder folder;
  auto reason = [&](const std::string& text) {
    spill(folder / "v.vec", text);
    return error_of(folder / "v.vec");
  };
  REQUIRE_THAT(reason("cat cat\n"), Contains("Line 1: The first line must be the number of words"));
  REQUIRE_THAT(reason("2\na 1\n"), Contains("Line 1: The first line"));
  REQUIRE_THAT(reason("-2 2\na 1 2\n"), Contains("Line 1: The first line"));
  REQUIRE_THAT(reason("1000000000000 300\na 1\n"), Contains("too few for 1000000000000 words of 300 values"));
  REQUIRE_THAT(reason("4611686018427387904 4\na 1\n"), Contains("too few for"));
  REQUIRE_THAT(reason("1 4611686018427387904\na 1\n"), Contains("too few for"));
  REQUIRE_THAT(reason("2 2\na 1 2\nb 1\n"),
               Contains("Line 3: The line has 1 numbers, 2 belong there") && Contains("byte 13)"));
  REQUIRE_THAT(reason("2 2\na 1 2\nb 1 2 3\n"), Contains("Line 3: The line has more than 2 numbers"));
  REQUIRE_THAT(reason("2 2\na 1 2\nb 1 x\n"), Contains("Line 3: \"x\" is no number") && Contains("byte 14)"));
  REQUIRE_THAT(reason("2 2\na 1 2\nb 1 2x\n"), Contains("is no number"));
  REQUIRE_THAT(reason("1 1\na 1e400\n"), Contains("is no number"));
  REQUIRE_THAT(reason("2 2\na 1 2\n"), Contains("The file ends after 1 words of 2"));
  REQUIRE_THAT(reason("1 2\na 1 2\nb 1 2\n"), Contains("Line 3: The file has more than the 1 words"));
  REQUIRE_THAT(reason(""), Contains("The file is empty"));
  REQUIRE_THAT(reason("\n"), Contains("Line 1: The first line"));
  REQUIRE_THAT(error_of(folder / "none.vec"), Contains("No such file"));
}

// Some MB, which are read in parts by several threads.
TEST_CASE("a large .vec file is read alike by any number of threads, and its errors name the line") {
  Folder folder;
  constexpr int64_t count = 60'000, dim = 7;
  std::vector<std::string> words, lines;
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    words.push_back(i % 1000 == 1 ? text("two words ", i) : text("word", i));
    std::string line = words.back();
    for (int64_t d = 0; d < dim; ++d) {
      const std::string number = text(i % 2 ? "-" : "", d, ".", i * 7919 % 1'000'000, i % 5 ? "" : "e-7");
      values.push_back(std::strtof(number.c_str(), nullptr));
      line += (i % 3 ? " " : "\t ") + number;
    }
    lines.push_back(line + (i % 7 ? "\n" : " \r\n"));
  }
  auto error_with = [&](size_t line, const std::string& in_place) {
    std::string all = text(count, ' ', dim, '\n');
    for (size_t i = 0; i < lines.size(); ++i) all += i == line ? in_place : lines[i];
    spill(folder / "v.vec", all);
    return error_of(folder / "v.vec");
  };
  for (int threads : {1, 2, 5}) {
    test::Threads some(threads);
    for (bool sized : {true, false}) {
      std::string all = sized ? text(count, ' ', dim, '\n') : "";
      for (const std::string& line : lines) all += line;
      spill(folder / "v.vec", all + "\n \n");
      WordVectors read = load_vectors(folder / "v.vec");
      REQUIRE(read.words == words);
      REQUIRE(same_bits(read.rows, values));
    }
    CHECK_THAT(error_with(59'000, "a 1 2 3 x 5 6 7\n"), Contains("Line 59002: \"x\" is no number"));
    CHECK_THAT(error_with(30'000, ""), Contains("Line 60000: The file ends after 59999 words of 60000"));
    CHECK_THAT(error_with(30'000, lines[0] + lines[1]),
               Contains("Line 60002: The file has more than the 60000 words"));
    CHECK_THAT(error_with(30'000, "\n"), Contains("Line 30002: The line has 0 numbers, 7 belong there"));
  }
}

TEST_CASE("vectors without fitting words are refused") {
  Folder folder;
  save_vectors(folder / "v.npy", {{"a", "b"}, zeros({2, 2})});
  spill(folder / "v.words.txt", "a\n");
  REQUIRE_THAT(error_of(folder / "v.npy"), Contains("The vectors are [2, 2] of float32, the words 1"));
  std::filesystem::remove(folder / "v.words.txt");
  REQUIRE_THAT(error_of(folder / "v.npy"),
               Contains("The words that belong to the vectors cannot be read") && Contains("v.words.txt"));
  save_safetensors(folder / "s.safetensors", {{"weight", zeros({2, 2})}});
  REQUIRE_THAT(error_of(folder / "s.safetensors"), Contains("no tensor \"weight\" with metadata \"words\""));
  spill(folder / "t.metadata.tsv", "a\nb\n");
  spill(folder / "t.tsv", "1\t2\n3\n");
  REQUIRE_THAT(error_of(folder / "t.tsv"), Contains("Line 2: The line has 1 numbers, 2 belong there"));
}

TEST_CASE("arrays come back from .npy, and numpy's are read") {
  Folder folder;
  for (const Tensor& x : {tensor({{1.5, 2.5}}), tensor({1, -2}), tensor(0.1, float64), tensor({true, false}),
                          zeros({0, 3}), randn({2, 3, 4}).transpose(0, 2)}) {
    save_npy(folder / "a.npy", x);
    REQUIRE(equal(load_npy(folder / "a.npy"), x));
  }
  REQUIRE_THROWS_WITH(save_npy(folder / "b.npy", zeros({2}, bfloat16)),
                      "[npy] NumPy has no bfloat16. Hint: x.to(float32) converts; safetensors files keep it");
  save_npy(folder / "a.npy", load_npy(kFixtures + "numpy_f4.npy"));
  REQUIRE(slurp(folder / "a.npy") == slurp(kFixtures + "numpy_f4.npy"));
  save_npy(folder / "a.npy", load_npy(kFixtures + "numpy_i8.npy"));
  REQUIRE(slurp(folder / "a.npy") == slurp(kFixtures + "numpy_i8.npy"));
  Tensor wide = load_npy(kFixtures + "numpy_f8.npy");
  REQUIRE(wide.dtype() == float64);
  REQUIRE(wide.shape() == Shape({3, 1, 3}));
  REQUIRE(equal(load_npy(kFixtures + "numpy_b1.npy"), tensor(1, boolean)));
  REQUIRE(equal(load_npy(kFixtures + "numpy_v2.npy"), load_npy(kFixtures + "numpy_f4.npy")));
  REQUIRE(equal(load_npy(kFixtures + "numpy_fortran.npy"), load_npy(kFixtures + "numpy_f4.npy")));
}

TEST_CASE("damaged .npy files are refused") {
  Folder folder;
  auto reason = [&](const std::string& bytes) {
    spill(folder / "a.npy", bytes);
    try {
      load_npy(folder / "a.npy");
    } catch (const FileError& e) { return std::string(e.what()); }
    return ""s;
  };
  std::string good = slurp(kFixtures + "numpy_f4.npy");
  auto with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    return bytes.replace(bytes.find(from), from.size(), to);
  };
  REQUIRE(reason(good).empty());
  for (size_t size = 1; size < good.size(); ++size) REQUIRE_FALSE(reason(good.substr(0, size)).empty());
  REQUIRE_THAT(reason(good + "x"), Contains("The shape [3, 3] does not fill the file's 37 bytes"));
  REQUIRE_THAT(reason("text"), Contains("no .npy file of version 1 to 3"));
  REQUIRE_THAT(reason(with("<f4", ">c8")), Contains("The dtype is '>c8'"));
  REQUIRE_THAT(reason(with("(3, 3)", "(3,-3)")), Contains("is not a number from 0"));
  // 5 * 3689348814741910325 * 4 is 36 in 64 bits.
  REQUIRE_THAT(reason(with("(3, 3), }                 ", "(5,3689348814741910325), }")),
               Contains("does not fill"));
  REQUIRE_THAT(reason(with("(3, 3), }                        ", "(0,9000000000000000000,8), }     ")),
               Contains("does not fill"));
  REQUIRE_THAT(reason(with("'shape'", "'shapf'")), Contains("unknown key"));
  // Any one bit of the header may change without a crash.
  for (size_t at = 0; at < 128; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      reason(bad);
    }
}
