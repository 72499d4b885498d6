// Lines of numbers and words: for vectors.cpp.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::train::formats {

/// Writes one line of numbers, each the shortest text that reads back as the same float32.
void write_numbers(FileWriter& out, const float* values, int64_t count, char separator);
/// Escaped words, one a line.
std::string word_lines(const std::vector<std::string>& words);
/// Undoes word_lines.
std::vector<std::string> split_words(std::string_view lines);
/// The words of a metadata file for TensorBoard: its first column; where there are more, the first line names
/// them.
std::vector<std::string> first_column(std::string_view table);

WordVectors read_vec(const std::string& path);
/// Rows of tab-separated numbers.
Tensor read_tsv(const std::string& path);

}  // namespace lexigrad::train::formats
