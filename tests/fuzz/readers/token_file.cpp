// Fuzzes the reader of token files, and cuts what was read into windows.
#include "lexigrad/data/datasets/token_file.h"

#include <array>
#include <cstring>

#include "fuzz/readers/reader.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::fuzz {

std::string file_name() { return "corpus.tokens"; }

void write_seeds(const std::string& folder) {
  const std::string text = "the cat sat on the mat .";
  auto words = data::WordTokenizer::from_text(text);
  spill(folder + "/text", text);
  data::Documents one({folder + "/text"}), several({folder + "/text", folder + "/text", folder + "/text"});
  data::encode_file(words, one, folder + "/one");
  data::encode_file(words, several, folder + "/several");
}

// The last number of the header is a checksum of it and of that of the rest.
std::string mended(std::string bytes) {
  if (bytes.size() < 64) return bytes;
  Xxh64 rest, all;
  rest.update(std::string_view(bytes).substr(64));
  const uint64_t below = rest.digest();
  all.update(std::string_view(bytes).substr(0, 56));
  all.update(&below, sizeof below);
  const uint64_t sum = all.digest();
  std::memcpy(bytes.data() + 56, &sum, sizeof sum);
  return bytes;
}

void read(const std::string& path) {
  data::TokenFile file(path);
  int64_t count = 0;
  file.tokens().for_each_part([&](auto ids) { count += static_cast<int64_t>(ids.size()); });
  require(count == file.sizes().tokens, "another number of ids is read");
  data::NextTokenDataset windows(file.tokens(), {.max_length = 3, .document_ends = file.document_ends()});
  for (int64_t i = 0; i < windows.size(); ++i) windows.gather(std::array{i});
  file.tokenizer();
}

}  // namespace lexigrad::fuzz
