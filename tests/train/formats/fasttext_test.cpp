// Models of fastText, beside the vectors that it gives itself; tests/fixtures/formats/make_fasttext.py made them.
#include "lexigrad/train/formats/fasttext.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/train/formats/vectors.h"
#include "support/paths.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

const std::string kFixtures = lexigrad::test::in_source("tests/fixtures/formats/");

// A model with `bytes` written over its own from `at` on.
struct Changed {
  Folder folder;
  std::string error(size_t at, const std::string& bytes) {
    std::string model = slurp(kFixtures + "fasttext_skipgram.bin");
    model.replace(at, bytes.size(), bytes);
    return error(model);
  }
  std::string error(const std::string& model) {
    spill(folder / "m.bin", model);
    return message_of<FileError>([&] { load_vectors(folder / "m.bin"); });
  }
};

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

TEST_CASE("words of a fastText model have fastText's vectors to the bit", "[fasttext]") {
  auto expected = nlohmann::json::parse(slurp(kFixtures + "fasttext.json"));
  REQUIRE(expected.size() == 3);
  for (const auto& [name, vectors] : expected.items()) {
    for (int threads : {1, 3}) {
      INFO(name);
      set_num_threads(threads);
      WordVectors read = load_vectors(kFixtures + "fasttext_" + name + ".bin");
      REQUIRE(read.words.size() == vectors.size());
      for (size_t i = 0; i < read.words.size(); ++i) {
        INFO(read.words[i]);
        const auto row = vectors.at(read.words[i]).get<std::vector<float>>();
        REQUIRE(row.size() == 4);
        CHECK(std::memcmp(read.rows.data<float>() + 4 * i, row.data(), 16) == 0);
      }
    }
  }
  set_num_threads(1);
}

TEST_CASE("version 11 of a fastText model is read, its classifiers without n-grams", "[fasttext]") {
  Folder folder;
  for (const std::string name : {"skipgram", "supervised"}) {
    std::string model = slurp(kFixtures + "fasttext_" + name + ".bin");
    model[4] = 11;
    spill(folder / "old.bin", model);
    WordVectors old = load_vectors(folder / "old.bin");
    WordVectors now = load_vectors(kFixtures + "fasttext_" + name + ".bin");
    CHECK(old.words == now.words);
    CHECK(equal(old.rows, now.rows) == (name == "skipgram"));
  }
}

TEST_CASE("quantized models of fastText and damaged ones are refused by name", "[fasttext]") {
  Changed model;
  CHECK_THAT(model.error(slurp(kFixtures + "fasttext_quantized.bin")),
             Contains("[fasttext] The model is quantized") &&
                 Contains(". Hint: take the model that it was made from, or the .vec file beside it ("));
  CHECK_THAT(model.error(4, bytes_of<int32_t>(13)), Contains("The model has version 13; 11 and 12 are read"));
  CHECK_THAT(model.error(8, bytes_of<int32_t>(0)),
             Contains("The model's options are damaged: dim 0, bucket 40, maxn 4"));
  CHECK_THAT(model.error(8, bytes_of<int32_t>(5)),
             Contains("The matrix is ") && Contains("make ") && Contains(" x 5"));
  CHECK_THAT(model.error(8 + 32, bytes_of<int32_t>(0)), Contains("bucket 0, maxn 4"));
  const size_t dictionary = 8 + 48 + 8;
  CHECK_THAT(model.error(dictionary + 8, bytes_of<int32_t>(1)),
             Contains("The dictionary has ") && Contains(" and 1 labels"));
  CHECK_THAT(model.error(dictionary + 20, bytes_of<int64_t>(0)),
             Contains("quantized: its dictionary was pruned"));
  const std::string good = slurp(kFixtures + "fasttext_skipgram.bin");
  CHECK_THAT(model.error(good.substr(0, 20)),
             Contains("The model ends within its options") && Contains("m.bin, byte 20)"));
  CHECK_THAT(model.error(good.substr(0, dictionary + 40)), Contains("The model ends within its dictionary"));
  CHECK_THAT(model.error(good.substr(0, good.size() / 2)), Contains("The model ends within its matrix"));
  spill(model.folder / "m.vec", good);
  CHECK_THAT(
      message_of<FileError>([&] { load_vectors(model.folder / "m.vec"); }),
      Contains(
          "The bytes are a model of fastText. Hint: it is read unpacked, from a file that ends in .bin"));
}

TEST_CASE("a fastText model cut anywhere or with any byte changed is read or refused", "[fasttext][damage]") {
  Changed model;
  WarningHandler quiet([](const std::string&) {});
  const std::string good = slurp(kFixtures + "fasttext_skipgram.bin");
  auto survives = [&](const std::string& bytes) {
    spill(model.folder / "m.bin", bytes);
    try {
      load_vectors(model.folder / "m.bin");
      return true;
    } catch (const FileError& error) { return std::string(error.what()).find("m.bin") == std::string::npos; }
  };
  size_t read = 0;
  for (size_t size = 1; size < good.size(); ++size) read += survives(good.substr(0, size));
  const size_t output =
      good.size() - load_vectors(kFixtures + "fasttext_skipgram.bin").words.size() * 16 - 17;
  CHECK(read == good.size() - output);  // what follows the words' matrix is no vector
  for (size_t at = 0; at < output; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x81);
    survives(bad);
  }
}
