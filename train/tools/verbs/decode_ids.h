// lexigrad tokenize --decode: ids of files or of standard input as text.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::tools {

struct DecodeOptions {
  bool binary =
      false;  ///< files are numbers alone, as wide as the vocabulary's ids; else their beginning says what they are
  bool has_tokenizer = false;  ///< one was named, which a token file has of its own
};

/// Prints the text of each file's ids, a part in memory at a time: numbers with blanks between, a .npy file, a token file;
/// "-" is standard input. `tokenizer` is called once, where a file does not hold its own. Throws FileError, and
/// std::invalid_argument for the first id that is none, both with all text before it printed.
void decode_ids(const std::vector<std::string>& paths, DecodeOptions options,
                const std::function<std::unique_ptr<data::Tokenizer>()>& tokenizer);

}  // namespace lexigrad::tools
