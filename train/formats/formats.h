// The formats of word vectors: which endings there are, and what each can do.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/table.h"
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

inline constexpr size_t kSniffed = 256;  ///< bytes that tell a file's format

/// One row for each format; its name is the ending. A program adds its own by a FormatEntry
/// at namespace scope.
Table<VectorFormat>& formats();
using FormatEntry = TableEntry<formats>;

/// ".vec (gensim), .bin (word2vec), .npy (numpy), .tsv (TensorBoard) or .safetensors", with `last_word`
/// before the last.
std::string format_list(std::string_view last_word);
/// The format that the path ends in, or null.
const VectorFormat* find_format(std::string_view path);
/// The format whose bytes the file begins with, or null (where it cannot be read, too).
const VectorFormat* sniff_format(const std::string& path);

}  // namespace lexigrad::train
