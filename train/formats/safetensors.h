// The safetensors format, in and out: https://github.com/huggingface/safetensors#format
#pragma once
#include <map>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
  Metadata metadata;
  std::vector<NamedTensor> tensors;  ///< in the header's order, aliases after the others
  /// The tensor of that name, or null.
  const Tensor* find(const std::string& name) const;
};

/// Writes tensors (every dtype, any strides) and metadata, atomically, with a checksum over
/// the whole file. Handles of one storage with the same shape, strides and place are written once: the later
/// names become aliases. Throws std::invalid_argument for names that repeat, are reserved or are no UTF-8.
void save_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                      const Metadata& metadata = {});

/// Reads F32, F64, I64, BF16, BOOL and U8 (as int64). Aliases share one tensor. Throws FileError, with the
/// byte, for whatever breaks the format or, in a file of ours, the checksum; memory is taken only for sizes
/// that the file has.
SafetensorsFile load_safetensors(const std::string& path);

/// Name, shape and place of one tensor in a file.
struct SafetensorsEntry {
  std::string name;
  Dtype dtype;
  int64_t item_bytes;  ///< in the file: 1 for U8, which becomes int64
  Shape shape;
  int64_t begin, end;  ///< bytes after the header
};

/// What the header alone says; nothing of the data is read.
struct SafetensorsHeader {
  Metadata metadata;                         ///< without our own keys
  std::map<std::string, std::string> alias;  ///< name -> name of the tensor that holds the data
  std::vector<SafetensorsEntry> entries;
  std::string checksum;    ///< 16 digits, empty in files of others
  int64_t data_begin = 0;  ///< byte where the data starts
};
SafetensorsHeader read_safetensors_header(const std::string& path);

}  // namespace lexigrad::train
