// Word vectors, out and in, in the formats that gensim, numpy, TensorBoard and safetensors read.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct WordVectors {
  std::vector<std::string> words;  ///< any bytes, no word twice
  Tensor rows;                     ///< (V, D) float32
};

/// Writes in the format of the path's ending and returns the paths written:
///   .vec          word2vec text: "V D", then a line "word v1 ... vD" each
///   .npy          the rows; the words beside, one a line, in NAME.words.txt
///   .tsv          the rows; the words beside, one a line, in NAME.metadata.tsv (TensorBoard's projector)
///   .safetensors  tensor "weight", with the words, one a line, as metadata "words"
/// Words are written by escape_word. Throws std::invalid_argument for another ending, repeated words, or rows
/// that are not (V, D) with V and D at least 1.
std::vector<std::string> save_vectors(const std::string& path, const WordVectors& vectors);

/// Reads what save_vectors wrote, or others' files of these formats (float64 rows become float32). Throws
/// FileError with line and byte.
WordVectors load_vectors(const std::string& path);

}  // namespace lexigrad::train
