// A table of vectors as a model that embeds a text as the mean of its tokens' rows: a folder that model2vec's StaticModel
// and sentence-transformers load, https://github.com/MinishLab/model2vec
#pragma once
#include <string>
#include <vector>

#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// Writes model.safetensors (tensor "embeddings"; load_vectors() reads it, too), tokenizer.json, config.json and
/// modules.json into `folder`, all or none, and returns their paths. The rows are in the order of the tokenizer's ids;
/// without one the words are tokens, cut out of a text by the rules of words (docs/tokenizers.md), and where none of them
/// is <|unk|>, <unk> or [UNK] a row of zeros is added as <|unk|>. Throws std::invalid_argument for a tokenizer of another
/// kind than words or byte pairs of our own, or with more or fewer tokens than rows.
std::vector<std::string> save_sentence_model(const std::string& folder, WordVectors vectors,
                                             const data::Tokenizer* tokenizer = nullptr);

}  // namespace lexigrad::train
