// lexigrad tokenize --train: a vocabulary of byte pairs from texts.
#pragma once
#include <string>

#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"

namespace lexigrad::tools {

/// True where `out` ends in '/' or is a folder, which gets vocab.json and merges.txt.
bool is_folder_name(const std::string& out);

/// Learns from the texts and writes the vocabulary to `out`, a folder or a file whose ending says in which form, and to
/// `curve`, unless that is empty, an SVG of the bytes that a token stands for, over the size. Prints what was learnt, throws
/// FileError where a file cannot be written.
void learn_pairs(data::Documents texts, const data::BpeTokenizerOptions& options, const std::string& out,
                 const std::string& curve);
/// The same with tokens of several words, from `begin` tokens on. No folder, and no form of tiktoken's.
void learn_superwords(data::Documents texts, const data::BpeTokenizerOptions& options, int64_t begin,
                      const std::string& out);

}  // namespace lexigrad::tools
