// Word vectors, out and in, in the formats that gensim, numpy, TensorBoard
// and safetensors read.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// Writes in the format of the path's ending, one of formats(), and returns the paths written:
///   .vec          word2vec text: "V D", then a line "word v1 ... vD" each
///   .bin          word2vec binary: the same lines, with D values of float32 behind each word and its blank
///   .npy          the rows; the words beside, one a line, in NAME.words.txt
///   .tsv          the rows; the words beside, one a line, in NAME.metadata.tsv (TensorBoard's projector)
///   .safetensors  tensor "weight", with the words, one a line, as metadata "words"
/// Words are written by escape_word. Throws std::invalid_argument for another ending, repeated words, or rows
/// that are not (V, D) with V and D at least 1.
std::vector<std::string> save_vectors(const std::string& path, const WordVectors& vectors);

/// Reads what save_vectors wrote, or others' files of these formats, texts packed by gzip or zstd (NAME.vec.gz),
/// GloVe's (.txt) and models of fastText (.bin) too. Rows of any dtype but bool become float32; of a word that occurs
/// again the first row is kept, with one warning; another counts rows with values that are not finite, which stay.
/// Throws FileError with line and byte.
WordVectors load_vectors(const std::string& path);

/// The rows as files have them, dense and in float32. Throws std::invalid_argument as save_vectors().
Tensor checked_rows(const WordVectors& vectors);

/// All that a file of one of these formats holds, its tensors in their own dtypes; of a format
/// of vectors alone the tensor "weight" and, as metadata "words", how many words there are.
/// Throws as load_vectors.
FileContents load_contents(const std::string& path);

}  // namespace lexigrad::train
