// Fuzzes the reader of word2vec's files, text and binary, packed or not: what is read can be written, and is read back.
#include "lexigrad/train/formats/vectors.h"

#include "fuzz/readers/reader.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::fuzz {

std::string file_name() { return "a.vec"; }

void write_seeds(const std::string& folder) {
  train::save_vectors(folder + "/text.vec", {{"cat", "dog", "a b"}, randn({3, 2})});
  spill(folder + "/glove", "cat 1 2\ndog -3e-2 4\n");
  spill(folder + "/blanks", "2 2\r\ncat\t1 2 \r\na cat 3 4\r\n");
  const std::string one("\0\0\x80\x3F", 4), two("\0\0\0\x40", 4);
  spill(folder + "/binary", "2 1\ncat " + one + "\ndog " + two + "\n");
  const unsigned char gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x33, 0x54, 0x30,
                                0xe4, 0x4a, 0x04, 0x62, 0x00, 0x95, 0x41, 0x31, 0xfb, 0x08, 0x00, 0x00, 0x00};
  spill(folder + "/gzip", std::string(reinterpret_cast<const char*>(gzip), sizeof gzip));
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  train::WordVectors vectors = train::load_vectors(path);
  train::save_vectors(path, vectors);
  require(train::load_vectors(path).words == vectors.words, "other words are read back");
}

}  // namespace lexigrad::fuzz
