#include "lexigrad/data/tokenizers/char_tokenizer.h"

#include <functional>
#include <map>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::data {
namespace {

constexpr std::string_view kWhere = "char_tokenizer";

template <class Use>
void for_each_character(std::string_view text, const Use& use) {
  while (!text.empty()) {
    auto length = static_cast<size_t>(decode_utf8(text.data(), text.data() + text.size()).length);
    use(text.substr(0, length));
    text.remove_prefix(length);
  }
}

}  // namespace

TokenizerKind CharTokenizer::row() {
  return {.name = std::string(kKind),
          .help = "each character of the input is a token",
          .options = {},
          .learns = true,
          .make = [](ByteSource& text,
                     const OptionValues&) { return std::make_unique<CharTokenizer>(from_text(text)); },
          .load =
              [](std::string_view body, const std::string& path) {
                Vocabulary vocabulary = Vocabulary::from_lines(body, path, 2);
                if (vocabulary.find(kUnknown) < 0 || vocabulary.find(kEndOfText) < 0)
                  fail_file(
                      kWhere,
                      text("The list lacks ", kUnknown, " or ", kEndOfText, ". Hint: the file is damaged."),
                      path);
                return std::make_unique<CharTokenizer>(CharTokenizer(std::move(vocabulary)));
              }};
}

CharTokenizer::CharTokenizer(Vocabulary vocabulary)
    : Tokenizer(std::move(vocabulary)), unknown_(this->vocabulary().find(kUnknown)) {}

CharTokenizer CharTokenizer::from_text(std::string_view text) { return from_text(*viewing(text)); }

CharTokenizer CharTokenizer::from_text(ByteSource& text) {
  std::map<std::string, int64_t, std::less<>> counts;
  TextBlocks blocks(text, end_of_line);
  for (std::string_view block; !(block = blocks.next()).empty();)
    for_each_character(block, [&](std::string_view character) {
      auto known = counts.find(character);
      ++(known != counts.end() ? known : counts.emplace(character, 0).first)->second;
    });
  check(!counts.empty(), kWhere, "The text is empty. Hint: give one that has the characters to learn.");
  Vocabulary vocabulary;
  for (const auto& [character, count] : counts) vocabulary.add(character, count);
  vocabulary.add(kUnknown);
  vocabulary.add(kEndOfText);
  return CharTokenizer(std::move(vocabulary));
}

std::string CharTokenizer::decode(std::span<const int64_t> ids) const {
  std::string out;
  for (int64_t id : ids) out += vocabulary().token(id);
  return out;
}

std::vector<int64_t> CharTokenizer::candidates(std::string_view word) const {
  int64_t id = vocabulary().find(word);
  return id < 0 ? std::vector<int64_t>{} : std::vector<int64_t>{id};
}

std::vector<SpecialToken> CharTokenizer::special_tokens() const {
  return {{unknown_, kUnknown}, {end_of_text(), kEndOfText}};
}

// Before any byte but those that go on with a character.
size_t CharTokenizer::cut(std::string_view text, size_t from) const {
  do ++from;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80);
  return std::min(from, text.size());
}

void CharTokenizer::append_ids(std::string_view text, std::vector<int64_t>& ids) const {
  for_each_character(text, [&](std::string_view character) {
    int64_t id = vocabulary().find(character);
    ids.push_back(id < 0 ? unknown_ : id);
  });
}

void CharTokenizer::append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const {
  for_each_character(text, [&](std::string_view character) {
    int64_t id = vocabulary().find(character);
    out.push_back({id < 0 ? unknown_ : id, first, first + character.size()});
    first += character.size();
  });
}

}  // namespace lexigrad::data
