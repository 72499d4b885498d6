// Fuzzes what texts are read by: packed or not, of any encoding, as JSON lines, block by block.
#include "fuzz/readers/reader.h"
#include "lexigrad/data/datasets/token_array.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::fuzz {

std::string file_name() { return "text"; }

void write_seeds(const std::string& folder) {
  spill(folder + "/plain", "The cat\nsat on caf\xC3\xA9s.\n");
  spill(folder + "/utf16", std::string("\xFF\xFE"
                                       "c\0a\0t\0\x3D\xD8\x00\xDE",
                                       12));
  spill(folder + "/lines", "{\"text\": \"the cat\"}\n{\"text\": \"\\u00e9\"}\n");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  const std::string whole = data::read_texts({path}, {.warns = false});
  auto words = data::WordTokenizer::from_text(whole);
  data::TokenArrayBuilder ids(words.vocabulary_size(), 0);
  auto source = data::joined_texts(data::Documents({path}, {.warns = false}));
  data::TextBlocks blocks(*source, words, 20);
  std::string read;
  for (std::string_view block; !(block = blocks.next()).empty(); read += block) ids.append(words, block);
  require(read == whole, "blocks are another text");
  data::TokenArray all = std::move(ids).finish();
  require(all.size() == std::ssize(words.encode(whole)), "blocks have other ids");
  data::Documents lines({path}, {.field = "text", .warns = false});
  while (auto document = lines.next()) data::read_rest(*document, path);
}

}  // namespace lexigrad::fuzz
