// A vocabulary of byte pairs in the forms that other programs read.
#pragma once
#include <string>

#include "lexigrad/data/tokenizers/bpe/token_list.h"

namespace lexigrad::data {

/// The tokenizer.json of Hugging Face's tokenizers: model BPE, the ByteLevel pre-tokenizer and decoder, <|endoftext|> as
/// a special token. The pair of each merge is the one that byte-pair encoding comes to last. The vocabulary is one of a
/// BytePairTokenizer.
std::string tokenizer_json(const Vocabulary& tokens);
/// The same of a vocabulary with merges of its own, and a pattern that regex_of() knows.
std::string tokenizer_json(const BytePairFile& file);

/// What a folder of Hugging Face's holds, or of GPT-2's.
struct VocabularyFiles {
  std::string vocab, merges;  ///< the bytes of vocab.json and of merges.txt
};
/// The same tokens and merges as tokenizer_json(tokens), <|endoftext|> among the tokens. Neither file states the pattern,
/// which is GPT-2's.
VocabularyFiles vocabulary_files(const Vocabulary& tokens);

/// tiktoken's form: a line "base64 rank" for each token but <|endoftext|>. It says neither pattern nor special tokens:
/// they are GPT-2's, and <|endoftext|> with the id behind the last line's.
std::string tiktoken_lines(const Vocabulary& tokens);

}  // namespace lexigrad::data
