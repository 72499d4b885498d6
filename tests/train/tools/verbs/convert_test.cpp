#include <sys/stat.h>

#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

TEST_CASE("convert writes each format and says what it wrote") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  train::WordVectors expected = train::load_vectors(folder / "run/vectors.safetensors");
  for (const std::string name : {"a.vec", "a.bin", "a.npy", "a.tsv", "a.safetensors"}) {
    CommandResult result = run_command({"convert", folder / "run", folder / name});
    CHECK(result.exit == 0);
    CHECK(result.out.starts_with("wrote " + (folder / name) + ": 6 words x 2\n"));
    train::WordVectors read = train::load_vectors(folder / name);
    CHECK(read.words == expected.words);
    CHECK(equal(read.rows, expected.rows));
  }
  CHECK_THAT(run_command({"convert", folder / "run", folder / "a.npy"}).out, Contains("a.words.txt"));
}

TEST_CASE("convert writes word2vec's text as gensim reads it") {
  Folder folder;
  spill(folder / "a.tsv", "1\t0.5\n-2\t3e-05\n");
  spill(folder / "a.metadata.tsv", "cat\ndog\n");
  REQUIRE(run_command({"convert", folder / "a.tsv", folder / "b.vec"}).exit == 0);
  CHECK(slurp(folder / "b.vec") == "2 2\ncat 1 0.5\ndog -2 3e-05\n");
}

TEST_CASE("convert writes a model of sentences into a folder") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat .", {.lowercase = true}));
  CommandResult result = run_command({"convert", folder / "run", folder / "model/"});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("wrote " + (folder / "model/model.safetensors") + ": 6 words x 2\n") &&
                             Contains("model/modules.json"));
  CHECK_THAT(slurp(folder / "model/tokenizer.json"), Contains("Lowercase"));
  REQUIRE(run_command({"convert", folder / "run/vectors.safetensors", folder / "model/"}).exit == 0);
  CHECK_THAT(slurp(folder / "model/tokenizer.json"), !Contains("Lowercase"));
}

TEST_CASE("convert quantizes and says what it costs") {
  Folder folder;
  const std::string out = folder / "a.safetensors";
  spill(folder / "a.vec", "2 4\ncat 1 0.5 0 -1\ndog 0.25 0 1 0\n");
  const CommandResult result =
      run_command({"convert", folder / "a.vec", out, "--quantize", "pq", "--parts", "2"});
  CHECK(result.out == text("wrote ", out, ": 2 words x 4 in ", slurp(out).size(),
                           " B, 32 B as float32; 1 - cosine: mean 0.0e+00, largest 0.0e+00 (cat)\n"));
  CHECK(equal(train::load_vectors(out).rows, train::load_vectors(folder / "a.vec").rows));
  CHECK_THAT(run_command({"convert", folder / "a.vec", folder / "a.safetensors", "--quantize", "int8"}).out,
             Contains("1 - cosine: mean ") && Contains("e-0"));
  CHECK(failed_command(1, {"convert", folder / "a.vec", "b.vec", "--quantize", "int8"}) ==
        "lexigrad: [convert] Quantized vectors are written as .safetensors, OUT is \"b.vec\"");
}

TEST_CASE("convert names the endings it knows") {
  CHECK(
      failed_command(2, {"convert", "run", "out.txt"}) ==
      "lexigrad: [convert] OUT: \"out.txt\" ends in none of .vec (gensim), .bin (word2vec), .npy (numpy), .tsv "
      "(TensorBoard) and .safetensors, nor in / as a folder. Hint: lexigrad convert --help lists what there is.");
  CHECK_THAT(failed_command(2, {"convert", "run", ".vec"}), Contains("\".vec\" ends in none of"));
}

TEST_CASE("a file that cannot be written leaves what was there") {
  Folder folder;
  spill(folder / "a.vec", "1 2\ncat 1 0\n");
  CHECK_THAT(failed_command(1, {"convert", folder / "a.vec", folder / "none/b.vec"}), Contains("none/b.vec"));
  std::filesystem::create_directory(folder / "b.npy");
  failed_command(1, {"convert", folder / "a.vec", folder / "b.npy"});
  REQUIRE(::mkfifo((folder / "pipe.vec").c_str(), 0600) == 0);
  CHECK_THAT(failed_command(1, {"convert", folder / "a.vec", folder / "pipe.vec"}),
             Contains("a pipe or a device"));
  CHECK(std::filesystem::is_fifo(folder / "pipe.vec"));
  spill(folder / "bad.vec", "2 2\ncat 1 0\ndog 1\n");
  spill(folder / "c.vec", "precious");
  failed_command(1, {"convert", folder / "bad.vec", folder / "c.vec"});
  CHECK(slurp(folder / "c.vec") == "precious");
}
