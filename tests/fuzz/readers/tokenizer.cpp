// Fuzzes the reader of saved tokenizers, and encodes and decodes with what was read.
#include "fuzz/readers/reader.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::fuzz {

std::string file_name() { return "tokenizer.txt"; }

void write_seeds(const std::string& folder) {
  const std::string text = "The cat saw the dog.\nThe end\xC3\xA4";
  data::WordTokenizer::from_text(text).save(folder + "/word");
  data::WordTokenizer::from_text(text, {.lowercase = true}).save(folder + "/lowercase");
  data::CharTokenizer::from_text(text).save(folder + "/char");
}

// The first line is "lexigrad tokenizer 2 KIND SUM".
std::string mended(std::string bytes) {
  const std::string start = "lexigrad tokenizer 2 ";
  size_t stop = bytes.find('\n'), kind = bytes.rfind(' ', stop);
  if (!bytes.starts_with(start) || stop == bytes.npos || kind < start.size()) return bytes;
  return data::join_tokenizer_file({std::string_view(bytes).substr(start.size(), kind - start.size()),
                                    std::string_view(bytes).substr(stop + 1)});
}

void read(const std::string& path) {
  std::unique_ptr<data::Tokenizer> tokenizer = data::load_tokenizer(path);
  std::vector<int64_t> ids = tokenizer->encode(slurp(path), {.special = data::Special::read});
  for (int64_t id : ids)
    require(id >= 0 && id < tokenizer->vocabulary_size(), "an id outside the vocabulary");
  tokenizer->decode(ids);
}

}  // namespace lexigrad::fuzz
