#include "lexigrad/train/formats/formats.h"

#include <cstring>
#include <limits>
#include <map>
#include <optional>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;
using std::string_literals::operator""s;

namespace {

// What the walk below needs to know of one format.
struct Kind {
  std::string foreign;   ///< a file that another program wrote
  bool whole_or_error;   ///< a file cut anywhere is noticed; else the digits of the last number may be lost
  std::string contents;  ///< name of the tensor that load_contents gives
};

// A format without an entry fails the walk.
const std::map<std::string, Kind> kKinds = {
    {".vec", {"gensim.vec", false, "weight"}},
    {".bin", {"gensim.bin", true, "weight"}},
    {".npy", {"numpy_f4.npy", true, "array"}},
    {".tsv", {"numpy.tsv", false, "weight"}},
    {".safetensors", {"python.safetensors", true, "weight"}},
};

const std::vector<std::string> kWords{"cat", " dog", "", "a b\n\t", "\xff\x80", "größe", "\\x20", "nul\0"s};

WordVectors sample() {
  manual_seed(3);
  Tensor rows = randn({static_cast<int64_t>(kWords.size()), 3});
  float* values = rows.data<float>();
  values[0] = -0.0f, values[1] = 1e-45f, values[2] = std::numeric_limits<float>::max();
  return {kWords, rows};
}

bool same_bits(const Tensor& a, const Tensor& b, int64_t count) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data<float>(), b.data<float>(), static_cast<size_t>(count) * 4) == 0;
}

// Cuts the file at every length: an error, or all that was written but the last number.
void check_prefixes(const VectorFormat& format, const std::string& path, const WordVectors& written) {
  const std::string good = slurp(path);
  const bool whole_or_error = kKinds.at(format.name).whole_or_error;
  for (size_t size = 0; size < good.size(); ++size) {
    INFO(format.name << " cut to " << size << " of " << good.size() << " bytes");
    spill(path, good.substr(0, size));
    std::optional<WordVectors> read;
    try {
      read = load_vectors(path);
    } catch (const FileError& error) { CHECK(error.path() == path); }
    if (!read) continue;
    REQUIRE_FALSE(whole_or_error);
    REQUIRE(read->words == written.words);
    REQUIRE(same_bits(read->rows, written.rows, written.rows.numel() - 1));
  }
  spill(path, good);
}

}  // namespace

TEST_CASE("every format of vectors keeps words and numbers, and notices a file cut anywhere") {
  Folder folder;
  const WordVectors vectors = sample();
  for (const VectorFormat& format : formats()) {
    INFO("format " << format.name << ": where it has no entry in kKinds, give it one");
    REQUIRE(kKinds.contains(format.name));
    const std::string path = folder / ("v" + format.name);
    std::vector<std::string> paths = save_vectors(path, vectors);
    REQUIRE(paths.size() == (format.beside ? 2 : 1));
    WordVectors read = load_vectors(path);
    REQUIRE(read.words == kWords);
    REQUIRE(same_bits(read.rows, vectors.rows, vectors.rows.numel()));
    check_prefixes(format, path, vectors);
    if (!format.beside) continue;
    std::filesystem::remove(paths[1]);
    REQUIRE_THAT(message_of<FileError>([&] { load_vectors(path); }),
                 Contains("The words that belong to the vectors cannot be read"));
  }
}

TEST_CASE("a format is known by its bytes, ours and those of other programs") {
  Folder folder;
  const std::string fixtures = test::in_source("tests/fixtures/formats/");
  for (const VectorFormat& format : formats()) {
    const std::string own = folder / ("v" + format.name);
    save_vectors(own, sample());
    for (const std::string& path : {own, fixtures + kKinds.at(format.name).foreign}) {
      INFO(path);
      REQUIRE(sniff_format(path) == &format);
      std::string bytes = slurp(path).substr(0, kSniffed);
      for (const VectorFormat& other : formats()) REQUIRE(other.sniff(bytes) == (&other == &format));
    }
  }
  for (const std::string& bytes : {"cat 1 2\n"s, "a\tb\n"s, "12\n"s, "\x93NUMP"s, "\t\n"s, "1 2"s, "{}"s,
                                   "\2\0\0\0\0\0\0\0[]"s, "2 -2\n"s, ""s}) {
    spill(folder / "any", bytes);
    INFO(bytes);
    REQUIRE(sniff_format(folder / "any") == nullptr);
  }
  REQUIRE(sniff_format(folder / "none") == nullptr);
}

TEST_CASE("a file of another format than its ending says is named in the error") {
  Folder folder;
  save_vectors(folder / "v.npy", sample());
  std::filesystem::copy_file(folder / "v.npy", folder / "v.vec");
  std::filesystem::copy_file(folder / "v.npy", folder / "v.dat");
  REQUIRE_THAT(message_of<FileError>([&] { load_vectors(folder / "v.vec"); }),
               Contains("Line 1: The first line") && Contains("its bytes are those of a .npy file"));
  REQUIRE_THAT(message_of<FileError>([&] { load_contents(folder / "v.vec"); }),
               Contains("its bytes are those of a .npy file"));
  REQUIRE_THAT(
      message_of<std::invalid_argument>([&] { load_vectors(folder / "v.dat"); }),
      Contains("v.dat\" is unknown (its bytes are those of a .npy file). Hint: let the name end in"));
  spill(folder / "cut.npy", slurp(folder / "v.npy").substr(0, 150));
  REQUIRE_THAT(message_of<FileError>([&] { load_vectors(folder / "cut.npy"); }),
               !Contains("its bytes are those"));
}

TEST_CASE("the endings are told in one order, with who reads them") {
  REQUIRE(format_list("or") ==
          ".vec (gensim), .bin (word2vec), .npy (numpy), .tsv (TensorBoard) or .safetensors");
  REQUIRE(format_list("and") ==
          ".vec (gensim), .bin (word2vec), .npy (numpy), .tsv (TensorBoard) and .safetensors");
  REQUIRE(find_format("a/b.metadata.tsv") == formats().find(".tsv"));
  REQUIRE(find_format("a/b.txt") == nullptr);
}

TEST_CASE("all that a file holds is read, whatever its dtypes are") {
  Folder folder;
  const WordVectors vectors = sample();
  for (const VectorFormat& format : formats()) {
    INFO(format.name);
    const std::string path = folder / ("v" + format.name);
    save_vectors(path, vectors);
    FileContents contents = load_contents(path);
    REQUIRE(contents.tensors.size() == 1);
    REQUIRE(contents.tensors[0].name == kKinds.at(format.name).contents);
    REQUIRE(equal(contents.tensors[0].tensor, vectors.rows));
    if (!format.contents) REQUIRE(contents.metadata == Metadata{{"words", "8"}});
  }
  save_npy(folder / "n.npy", tensor({1, 2}));
  REQUIRE(load_contents(folder / "n.npy").tensors[0].tensor.dtype() == int64);
  Tensor x = tensor({1.0, 2.0});
  save_safetensors(folder / "s.safetensors", {{"x", x}, {"y", x}}, {{"note", "text"}});
  FileContents all = load_contents(folder / "s.safetensors");
  REQUIRE(all.tensors.size() == 2);
  REQUIRE(all.alias == std::map<std::string, std::string>{{"y", "x"}});
  REQUIRE(all.metadata == Metadata{{"note", "text"}});
}
