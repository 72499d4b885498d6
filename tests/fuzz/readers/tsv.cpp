// Fuzzes the reader of .tsv rows and of the words beside them, which come behind a zero byte.
#include "fuzz/readers/reader.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::fuzz {

std::string file_name() { return "both"; }

void write_seeds(const std::string& folder) {
  train::save_vectors(folder + "/a.tsv", {{"cat", "dog", "a\tb"}, randn({3, 2})});
  spill(folder + "/a", slurp(folder + "/a.tsv") + '\0' + slurp(folder + "/a.metadata.tsv"));
  spill(folder + "/columns", std::string("1\t2\n3\t4\n") + '\0' + "word\tcount\ncat\t3\ndog\t4\n");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  std::string bytes = slurp(path), rows = path + ".tsv";
  size_t cut = std::min(bytes.find('\0'), bytes.size());
  spill(rows, bytes.substr(0, cut));
  spill(path + ".metadata.tsv", bytes.substr(std::min(cut + 1, bytes.size())));
  train::WordVectors vectors = train::load_vectors(rows);
  train::save_vectors(rows, vectors);
  require(train::load_vectors(rows).words == vectors.words, "other words are read back");
}

}  // namespace lexigrad::fuzz
