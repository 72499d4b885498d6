#include "tokenizer.h"  // "lexigrad/data/tokenizers/byte_tokenizer.h"

#include <map>

namespace lexigrad::data {

TokenizerKind ByteTokenizer::row() {
  return {.name = std::string(kKind),
          .help = "each byte is a token",
          .options = {},
          .learns = true,
          .make =
              [](ByteSource& text, const OptionValues&) {
                return std::make_unique<ByteTokenizer>(from_text(read_rest(text, "text")));
              },
          .load =
              [](std::string_view body, const std::string& path) {
                return std::make_unique<ByteTokenizer>(ByteTokenizer(Vocabulary::from_lines(body, path, 2)));
              }};
}

ByteTokenizer ByteTokenizer::from_text(std::string_view text) {
  std::map<char, int64_t> counts;
  for (char byte : text) ++counts[byte];
  Vocabulary vocabulary;
  for (auto [byte, count] : counts) vocabulary.add(std::string(1, byte), count);
  vocabulary.add(kEndOfText);
  return ByteTokenizer(std::move(vocabulary));
}

std::string ByteTokenizer::decode(std::span<const int64_t> ids) const {
  std::string out;
  for (int64_t id : ids) out += vocabulary().token(id);
  return out;
}

std::vector<int64_t> ByteTokenizer::candidates(std::string_view word) const {
  int64_t id = vocabulary().find(word);
  return id < 0 ? std::vector<int64_t>{} : std::vector<int64_t>{id};
}

void ByteTokenizer::append_ids(std::string_view text, std::vector<int64_t>& ids) const {
  for (size_t i = 0; i < text.size(); ++i)
    if (int64_t id = vocabulary().find(text.substr(i, 1)); id >= 0) ids.push_back(id);
}

}  // namespace lexigrad::data
