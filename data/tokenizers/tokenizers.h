// The kinds of tokenizers: what --tokenizer takes and what a saved file may name.
#pragma once
#include "lexigrad/autograd/base/table.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// One row for each kind. A program adds its own by a TokenizerEntry at namespace scope.
Table<TokenizerKind>& tokenizers();
using TokenizerEntry = TableEntry<tokenizers>;

/// A tokenizer of the kind `name`, learned from `text` where its kind learns. Options that are
/// not given have their defaults; those of other kinds are not looked at. Throws
/// std::invalid_argument for an unknown kind, and whatever the kind's make() throws.
std::unique_ptr<Tokenizer> make_tokenizer(std::string_view name, std::string_view text,
                                          OptionValues options = {});
/// The same of a text of any size.
std::unique_ptr<Tokenizer> make_tokenizer(std::string_view name, ByteSource& text, OptionValues options = {});

/// Reads a file written by Tokenizer::save(), of any kind in the table and of any version.
/// Throws FileError when it is none or damaged.
std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path);
/// The same from the bytes that Tokenizer::saved() returned; `path` is for errors.
std::unique_ptr<Tokenizer> tokenizer_of(std::string_view saved, const std::string& path);

}  // namespace lexigrad::data
