#include "lexigrad/data/tokenizers/tokenizer.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::data {

namespace {

// Calls plain(part) for the parts of a text in which nothing is special, and special() between them.
template <class Plain, class Special>
void split(std::string_view text, EncodeOptions options, const Plain& plain, const Special& special) {
  while (options.allow_special) {
    size_t at = text.find(kEndOfText);
    if (at == std::string_view::npos) break;
    plain(text.substr(0, at));
    special();
    text.remove_prefix(at + kEndOfText.size());
  }
  plain(text);
}

}  // namespace

std::vector<int64_t> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  std::vector<int64_t> ids;
  split(
      text, options, [&](std::string_view part) { append_ids(part, ids); },
      [&] { ids.push_back(end_of_text()); });
  return ids;
}

template <class Id>
size_t Tokenizer::write_all(std::string_view text, std::span<Id> out, EncodeOptions options) const {
  if constexpr (sizeof(Id) == 2)
    check(vocabulary_size() <= 1 << 16, "tokenizer", "A vocabulary of ", vocabulary_size(),
          " has ids that do not fit into 16 bits. Hint: take uint32_t");
  size_t count = 0;
  split(
      text, options, [&](std::string_view part) { count += write_ids(part, out.subspan(count)); },
      [&] {
        check_room(count + 1, out.size());
        out[count++] = static_cast<Id>(end_of_text());
      });
  return count;
}

size_t Tokenizer::encode_to(std::string_view text, std::span<uint16_t> out, EncodeOptions options) const {
  return write_all(text, out, options);
}
size_t Tokenizer::encode_to(std::string_view text, std::span<uint32_t> out, EncodeOptions options) const {
  return write_all(text, out, options);
}
size_t Tokenizer::encode_to(std::string_view text, std::span<int64_t> out, EncodeOptions options) const {
  return write_all(text, out, options);
}

size_t Tokenizer::write_ids(std::string_view text, const Places& places) const {
  std::vector<int64_t> ids;
  append_ids(text, ids);
  std::visit(
      [&]<class Id>(std::span<Id> out) {
        check_room(ids.size(), out.size());
        std::transform(ids.begin(), ids.end(), out.begin(), [](int64_t id) { return static_cast<Id>(id); });
      },
      places);
  return ids.size();
}

void Tokenizer::check_room(size_t ids, size_t room) {
  check(ids <= room, "tokenizer", "The text has more ids than the ", room,
        " for which there is room. Hint: there are at most as many as bytes");
}

std::string Tokenizer::token_text(int64_t id) const { return escape(vocabulary_.token(id)); }

void Tokenizer::save(const std::string& path) const { write_file_atomically(path, saved()); }

std::string Tokenizer::saved() const {
  const TokenizerKind* row = tokenizers().find(kind());
  check(
      row && row->load && kind().find('\n') == std::string_view::npos, "tokenizer", "The kind \"", kind(),
      "\" has no row in tokenizers() that could load it again. Hint: const data::TokenizerEntry mine({.name "
      "= ..., .make = ..., .load = ...}), on one line");
  std::string rest = body();
  return join_tokenizer_file({kind(), rest});
}

}  // namespace lexigrad::data
