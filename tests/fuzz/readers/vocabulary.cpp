// Fuzzes the reader of vocabularies: what is read is written as it is read back.
#include "lexigrad/data/tokenizers/vocabulary.h"

#include "fuzz/readers/reader.h"

namespace lexigrad::fuzz {

std::string file_name() { return "vocabulary.txt"; }

void write_seeds(const std::string& folder) {
  data::Vocabulary words;
  for (const char* word : {"a", "the", "\t", "\\", "\xC3\xA4", "\xFF", "<|unk|>"}) words.add(word, 3);
  words.save(folder + "/words");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  data::Vocabulary words = data::Vocabulary::load(path);
  std::string lines = words.to_lines();
  require(data::Vocabulary::from_lines(lines, path).to_lines() == lines, "another vocabulary is read back");
  for (int64_t id = 0; id < words.size(); ++id)
    require(words.find(words.token(id)) == id, "a token is not found");
}

}  // namespace lexigrad::fuzz
