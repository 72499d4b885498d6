// Fuzzes the readers of tokenizer.json and of tiktoken's ranks, and encodes with what was read.
#include "fuzz/readers/reader.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"

namespace lexigrad::fuzz {

std::string file_name() { return "pairs"; }

void write_seeds(const std::string& folder) {
  const auto tokenizer = data::BpeTokenizer::from_text("the cat the cat the mat", {.vocabulary_size = 262});
  spill(folder + "/json", data::tokenizer_json(tokenizer.vocabulary()));
  spill(folder + "/ranks", data::tiktoken_lines(tokenizer.vocabulary()));
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  const std::string bytes = slurp(path);
  const bool json = bytes.find('{') < bytes.find_first_not_of(" \t\r\n{");
  const data::FileTokenizer tokenizer(path, json ? "" : "o200k");
  require(tokenizer.decode(tokenizer.encode(bytes)) == bytes, "another text is decoded");
}

}  // namespace lexigrad::fuzz
