// What other programs write, in all their dtypes and habits; tests/fixtures/formats/make_foreign.py made the files.
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/train/formats/elements.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;
using Words = std::vector<std::string>;
using std::string_literals::operator""s;

namespace {

const std::string kFixtures = lexigrad::test::in_source("tests/fixtures/formats/");

std::string bytes_of(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::vector<double> values(const Tensor& x) { return x.to(float64).contiguous().to_vector<double>(); }

void check_values(const Tensor& read, const std::vector<double>& expected) {
  std::vector<double> found = values(read);
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    INFO("element " << i << " is " << found[i] << ", not " << expected[i]);
    REQUIRE(same(found[i], expected[i]));
  }
}

// A .vec file of these bytes, with the warnings that reading it makes.
struct Vec {
  Folder folder;
  Words warnings;
  WordVectors read(const std::string& bytes, const std::string& name = "v.vec") {
    spill(folder / name, bytes);
    WarningHandler handler([this](const std::string& message) { warnings.push_back(message); });
    return load_vectors(folder / name);
  }
  std::string error(const std::string& bytes) {
    return message_of<FileError>([&] { read(bytes); });
  }
};

const std::vector<double> kTwo{1, 2, 3, -4};

}  // namespace

TEST_CASE("every dtype of numpy is read in both byte orders and both orders of elements", "[foreign]") {
  Folder folder;
  auto cases = nlohmann::json::parse(slurp(kFixtures + "numpy_walk.json"));
  REQUIRE(cases.size() == 48);
  for (const auto& each : cases) {
    INFO(each["name"].get<std::string>());
    spill(folder / "a.npy", bytes_of(each["bytes"].get<std::string>()));
    Tensor read = load_npy(folder / "a.npy");
    REQUIRE(read.shape() == Shape({2, 3, 4}));
    check_values(read, each["values"].get<std::vector<double>>());
  }
}

TEST_CASE("numbers of numpy past 2^63 are the nearest float64", "[foreign]") {
  Folder folder;
  std::string bytes = slurp(kFixtures + "numpy_i8.npy");
  bytes.replace(bytes.find("<i8"), 3, "<u8");
  spill(folder / "a.npy", bytes);
  check_values(load_npy(folder / "a.npy"), {1, 18446744073709551614.0, std::ldexp(1.0, 62)});
}

TEST_CASE("arrays of numpy that are no plain numbers are refused by name", "[foreign]") {
  Folder folder;
  std::string good = slurp(kFixtures + "numpy_f4.npy");
  for (const char* code : {"<c8", "|O8", "<U4", "<M8", "|V2", "<f16"}) {
    std::string bytes = good, descr = "'"s + code + "'";
    bytes.replace(bytes.find("'<f4'"), 5, descr);
    if (descr.size() > 5) bytes.erase(bytes.find("  "), descr.size() - 5);
    spill(folder / "a.npy", bytes);
    CHECK_THAT(message_of<FileError>([&] { load_npy(folder / "a.npy"); }),
               Contains("The dtype is '"s + code));
  }
  std::string bytes = good;
  bytes.replace(bytes.find("'<f4'"), 5, "[('a'");
  spill(folder / "a.npy", bytes);
  CHECK_THAT(message_of<FileError>([&] { load_npy(folder / "a.npy"); }), Contains("structured"));
}

TEST_CASE("every dtype of safetensors is read as torch reads it", "[foreign]") {
  SafetensorsFile file = load_safetensors(kFixtures + "torch_dtypes.safetensors");
  SafetensorsFile expected = load_safetensors(kFixtures + "torch_dtypes_as.safetensors");
  REQUIRE(file.tensors.size() == expected.tensors.size());
  std::set<std::string> seen;
  for (const auto& [name, tensor] : file.tensors) {
    INFO(name);
    const Tensor* wanted = expected.find(name + ".as");
    REQUIRE(wanted);
    REQUIRE(tensor.shape() == wanted->shape());
    check_values(tensor, values(*wanted));
    bool own = name == "F32" || name == "F64" || name == "I64" || name == "BF16" || name == "BOOL";
    REQUIRE(file.stored.contains(name) == !own);
    if (!own) seen.insert(file.stored.at(name).dtype);
  }
  for (const Element& element : elements())
    CHECK(seen.contains(std::string(element.name)) == !is_as_stored(element));
  CHECK(file.find("U64")->dtype() == float64);
  CHECK(file.find("U32")->dtype() == int64);
  CHECK(file.stored.at("C64").shape == Shape({1, 2}));
  CHECK(load_contents(kFixtures + "torch_dtypes.safetensors").stored.at("F16").bytes == 2150);
}

TEST_CASE("F16 and BF16 vectors are read as float32, and metadata may be null", "[foreign]") {
  Folder folder;
  Tensor rows = tensor({{0.5, -1.5}, {2.0, 3.0}});
  save_safetensors(folder / "b.safetensors", {{"weight", rows.to(bfloat16)}}, {{"words", "a\nb\n"}});
  CHECK(equal(load_vectors(folder / "b.safetensors").rows, rows));
  const std::string json =
      R"({"__metadata__":null,"weight":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})";
  uint64_t size = json.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &size, 8);
  spill(folder / "n.safetensors", bytes + json + "\x00\x3c\x01\x00"s);
  SafetensorsFile read = load_safetensors(folder / "n.safetensors");
  CHECK(read.metadata.empty());
  check_values(read.tensors[0].tensor, {1, std::ldexp(1.0, -24)});
}

TEST_CASE("one table of vectors that several programs wrote reads equal", "[foreign]") {
  WordVectors gensim = load_vectors(kFixtures + "gensim.vec");
  for (const char* name :
       {"gensim.bin", "gensim_glove.vec", "gensim_packed.vec.gz", "gensim_packed.vec.zst"}) {
    INFO(name);
    WordVectors read = load_vectors(kFixtures + name);
    CHECK(read.words == gensim.words);
    REQUIRE(read.rows.shape() == gensim.rows.shape());
    CHECK(std::memcmp(read.rows.data<float>(), gensim.rows.data<float>(), 36) == 0);
  }
}

TEST_CASE("a .vec file has the habits of any program", "[foreign]") {
  const std::pair<const char*, std::string> files[] = {
      {"plain", "2 2\na 1 2\nb 3 -4\n"},
      {"no first line", "a 1 2\nb 3 -4\n"},
      {"tabs", "2\t2\na\t1\t2\nb\t3\t-4\n"},
      {"a mark",
       "\xef\xbb\xbf"
       "2 2\na 1 2\nb 3 -4\n"},
      {"a mark and no first line",
       "\xef\xbb\xbf"
       "a 1 2\nb 3 -4\n"},
      {"UTF-16",
       "\xff\xfe"
       "a\0 \0001\0 \0002\0\n\0b\0 \0003\0 \0-\0004\0\n\0"s},
      {"CRLF", "2 2\r\na 1 2\r\nb 3 -4\r\n"},
      {"blanks at the end", "2 2 \na 1 2 \t\nb 3 -4\t \n \n\n"},
      {"blanks at the end, no first line", "a 1 2 \t\nb 3 -4\t \n \n\n"},
      {"many blanks", "2  2\na  1   2\nb \t3 -4\n"},
      {"signs", "2 2\na +1 +2.0\nb +3e0 -4\n"},
      {"binary",
       "2 2\na \0\0\x80\x3f\0\0\0\x40"
       "b \0\0\x40\x40\0\0\x80\xc0"s},
      {"binary with line ends",
       "2 2\na \0\0\x80\x3f\0\0\0\x40\n"
       "b \0\0\x40\x40\0\0\x80\xc0\n"s}};
  for (const auto& [name, bytes] : files) {
    INFO(name);
    Vec vec;
    WordVectors read = vec.read(bytes);
    CHECK(read.words == Words{"a", "b"});
    check_values(read.rows, kTwo);
    CHECK(vec.warnings.empty());
  }
}

TEST_CASE("words may hold blanks: the last fields are the vector", "[foreign]") {
  Vec vec;
  CHECK(vec.read("5 2\nmy name 1 2\n  3 4\n. . . 5 6\nroom number 7 8 9\n\\x20the 1 1\n").words ==
        Words{"my name", " ", ". . .", "room number 7", " the"});
  CHECK(vec.read("the 1 2\nat name@domain.com 1 2\n").words == Words{"the", "at name@domain.com"});
  CHECK(vec.read("2000 1 2\nnan 1 2\n").words == Words{"2000", "nan"});
  CHECK_THAT(vec.error("2 2\na 1 2\nb 1 2 3\n"), Contains("Line 3: The line has more than 2 numbers"));
}

TEST_CASE("of a word that occurs again the first row is kept, with one warning", "[foreign]") {
  Vec vec;
  WordVectors read = vec.read("4 2\n| 1 2\nb 3 -4\n| 5 6\n| 7 8\n");
  CHECK(read.words == Words{"|", "b"});
  check_values(read.rows, kTwo);
  REQUIRE(vec.warnings.size() == 1);
  CHECK_THAT(vec.warnings[0], Contains("2 of 4 rows") && Contains("\"|\" is in rows 0 and 2"));
  save_npy(vec.folder / "n.npy", tensor({{1, 2}, {3, -4}, {9, 9}}));
  spill(vec.folder / "n.words.txt",
        "\xef\xbb\xbf"
        "a\nb\na\n");
  WarningHandler handler([&](const std::string& message) { vec.warnings.push_back(message); });
  CHECK(load_vectors(vec.folder / "n.npy").words == Words{"a", "b"});
  CHECK(vec.warnings.size() == 2);
}

TEST_CASE("what is wrong in a .vec file is named as it is", "[foreign]") {
  Vec vec;
  for (const char* number : {"1e39", "-1e39", "+4e38", "1e400", "3.5e38"})
    CHECK_THAT(vec.error(text("1 1\na ", number, "\n")), Contains("Line 2: \"") && Contains("is no number") &&
                                                             Contains("too large for float32. Hint: scale"));
  for (const char* number : {"++1", "+-1", "1,5", "0x10", "1e", "--1"})
    CHECK_THAT(vec.error(text("1 1\na ", number, "\n")), Contains("is no number") && !Contains("too large"));
  check_values(vec.read("1 2\na 1e-400 -1e-46\n").rows, {0, 0});
  CHECK_THAT(vec.error("2 2\na \0\0\x80\x3f\0\0\0\x40"
                       "b \0\0"s),
             Contains("binary file ends within word 2 of 2"));
  CHECK_THAT(vec.error("1 1\na \0\0\x80\x3f"
                       "b \0\0\x80\x3f"s),
             Contains("more than the 1 words"));
  CHECK_THAT(vec.error("PK\x03\x04 something"s), Contains("a zip archive"));
  CHECK_THAT(vec.error(slurp(kFixtures + "gensim_packed.vec.gz").substr(0, 40)),
             Contains("damaged or cut short"));
  CHECK_THAT(vec.error(slurp(kFixtures + "gensim_packed.vec.zst").substr(0, 40)),
             Contains("damaged or cut short"));
}

TEST_CASE("a .txt file is read with a first line and without, and never written", "[foreign]") {
  Vec vec;
  for (const char* bytes : {"2 2\na 1 2\nb 3 -4\n", "a 1 2\nb 3 -4\n"}) {
    WordVectors read = vec.read(bytes, "glove.2d.txt");
    CHECK(read.words == Words{"a", "b"});
    check_values(read.rows, kTwo);
  }
  CHECK_THAT(message_of<FileError>([&] { vec.read("a note\nof no numbers\n", "notes.txt"); }),
             Contains("[vectors] Line 1: The first line must be the number of words") &&
                 Contains("notes.txt, byte "));
  CHECK_THAT(message_of<std::invalid_argument>([&] {
               save_vectors(vec.folder / "o.txt", {{"a"}, zeros({1, 1})});
             }),
             Contains("is unknown"));
}

TEST_CASE("a wrong count, a missing value and a cut file of vectors are named by line or byte", "[foreign]") {
  Vec vec;
  CHECK_THAT(vec.error("3 2\na 1 2\nb 3 4\n"),
             Contains("[vectors] Line 3: The file ends after 2 words of 3"));
  CHECK_THAT(vec.error("1 2\na 1 2\nb 3 4\n"),
             Contains("Line 3: The file has more than the 1 words of its first line") &&
                 Contains("v.vec, byte 10)"));
  CHECK_THAT(vec.error("2 2\na 1 2\nb 3\n"), Contains("Line 3: The line has 1 numbers, 2 belong there"));
  CHECK_THAT(vec.error("a 1 2\nb 3\n"), Contains("Line 2: The line has 1 numbers, 2 belong there"));
  CHECK_THAT(vec.error("9999999 300\na 1 2\n"),
             Contains("Line 1: The file has 18 bytes, too few for 9999999 words of 300 values"));
  CHECK_THAT(message_of<FileError>([&] { vec.read(slurp(kFixtures + "gensim.bin").substr(0, 30), "v.bin"); }),
             Contains("The binary file ends within word 2 of 3. Hint: it was cut short; copy it anew") &&
                 Contains("v.bin, byte 30)"));
}

TEST_CASE("values that are not finite stay, with one warning that counts their rows", "[foreign]") {
  Vec vec;
  WordVectors read = vec.read("4 2\na 1 2\nb nan 3\nc 1 -inf\nb nan nan\n");
  CHECK(read.words == Words{"a", "b", "c"});
  check_values(read.rows, {1, 2, std::nan(""), 3, 1, -INFINITY});
  REQUIRE(vec.warnings.size() == 2);
  CHECK_THAT(vec.warnings[0], Contains("1 of 4 rows of ") && Contains("are left out"));
  CHECK(vec.warnings[1] == "[vectors] 2 of 3 rows of " + (vec.folder / "v.vec") +
                               " have values that are not finite, first that of \"b\", row 1 counted from 0");
}

TEST_CASE("word2vec's binary form is written to the byte as gensim writes it", "[foreign]") {
  Folder folder;
  save_vectors(folder / "v.bin", load_vectors(kFixtures + "gensim.vec"));
  CHECK(slurp(folder / "v.bin") == slurp(kFixtures + "gensim.bin"));
}

TEST_CASE("tables with words beside: packed, marked, whole numbers, and a header line that is too many",
          "[foreign]") {
  Vec vec;
  std::filesystem::copy(kFixtures + "gensim_packed.vec.gz", vec.folder / "v.metadata.tsv.gz");
  save_npy(vec.folder / "i.npy", tensor({{1, 2}, {3, -4}}));
  spill(vec.folder / "i.words.txt", "a\nb\n");
  check_values(load_vectors(vec.folder / "i.npy").rows, kTwo);
  spill(vec.folder / "t.tsv",
        "\xef\xbb\xbf"
        "+1\t2\t\r\n3\t-4 \r\n\r\n");
  spill(vec.folder / "t.metadata.tsv",
        "\xef\xbb\xbf"
        "a\nb\n");
  check_values(load_vectors(vec.folder / "t.tsv").rows, kTwo);
  CHECK(load_vectors(vec.folder / "t.tsv").words == Words{"a", "b"});
  spill(vec.folder / "t.metadata.tsv", "word\na\nb\n");
  CHECK_THAT(message_of<FileError>([&] { load_vectors(vec.folder / "t.tsv"); }),
             Contains("one column has no header line") && Contains("\"word\""));
  CHECK_THAT(message_of<std::invalid_argument>([&] {
               save_vectors(vec.folder / "o.vec.gz", {{"a"}, zeros({1, 1})});
             }),
             Contains("is unknown"));
}
