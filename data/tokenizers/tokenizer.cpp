#include "lexigrad/data/tokenizers/tokenizer.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::data {

std::vector<int64_t> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  std::vector<int64_t> ids;
  while (options.allow_special) {
    size_t at = text.find(kEndOfText);
    if (at == std::string_view::npos) break;
    append_ids(text.substr(0, at), ids);
    ids.push_back(end_of_text());
    text.remove_prefix(at + kEndOfText.size());
  }
  append_ids(text, ids);
  return ids;
}

std::string Tokenizer::token_text(int64_t id) const { return escape(vocabulary_.token(id)); }

void Tokenizer::save(const std::string& path) const {
  const TokenizerKind* row = tokenizers().find(kind());
  check(
      row && row->load && kind().find('\n') == std::string_view::npos, "tokenizer", "The kind \"", kind(),
      "\" has no row in tokenizers() that could load it again. Hint: const data::TokenizerEntry mine({.name "
      "= ..., .make = ..., .load = ...}), on one line");
  std::string rest = body();
  write_file_atomically(path, join_tokenizer_file({kind(), rest}));
}

}  // namespace lexigrad::data
