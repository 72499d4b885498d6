#include "lexigrad/data/tokenizers/tokenizers.h"

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
  const TokenizerKind& kind = tokenizers().at(name);
  options.add(kind.options);
  return kind.make(text, options);
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path) {
  std::string bytes = read_utf8(path);
  TokenizerFile file = split_tokenizer_file(bytes, path);
  const TokenizerKind* kind = tokenizers().find(file.kind);
  if (!kind)
    fail_file("tokenizer",
              text("Unknown kind \"", file.kind, "\" (known: ", tokenizers().listed(),
                   "). Hint: use the newest lexigrad."),
              path);
  return kind->load(file.body, path);
}

}  // namespace lexigrad::data
