#include "lexigrad/data/tokenizers/tokenizers.h"

#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::data {

Table<TokenizerKind>& tokenizers() {
  return lexigrad::detail::made_once([] {
    return Table<TokenizerKind>("tokenizer", {WordTokenizer::row(), Gpt2Tokenizer::row(), BpeTokenizer::row(),
                                              CharTokenizer::row(), FileTokenizer::row()});
  });
}

std::unique_ptr<Tokenizer> make_tokenizer(std::string_view name, std::string_view text,
                                          OptionValues options) {
  return make_tokenizer(name, *viewing(text), std::move(options));
}

std::unique_ptr<Tokenizer> make_tokenizer(std::string_view name, ByteSource& text, OptionValues options) {
  const TokenizerKind& kind = tokenizers().at(name);
  options.add(kind.options);
  return kind.make(text, options);
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path) {
  return tokenizer_of(read_utf8(path), path);
}

std::unique_ptr<Tokenizer> tokenizer_of(std::string_view saved, const std::string& path) {
  TokenizerFile file = split_tokenizer_file(saved, path);
  const TokenizerKind* kind = tokenizers().find(file.kind);
  if (!kind)
    fail_file("tokenizer",
              text("Unknown kind \"", file.kind, "\" (known: ", tokenizers().listed(),
                   "). Hint: use the newest lexigrad."),
              path);
  return kind->load(file.body, path);
}

}  // namespace lexigrad::data
