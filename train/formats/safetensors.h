// The safetensors format, in and out: https://github.com/huggingface/safetensors#format
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/formats/named_tensor.h"
#include "lexigrad/train/formats/safetensors/header.h"

namespace lexigrad::train {

/// A tensor as its bytes in a file, for dtypes that no Tensor has.
struct SafetensorsBytes {
  std::string name;
  std::string_view dtype;  ///< a name of elements()
  Shape shape;
  std::string bytes;
};

struct SafetensorsFile {
  Metadata metadata;
  std::vector<NamedTensor> tensors;  ///< in the header's order, aliases after the others
  StoredDtypes stored = {};          ///< of the tensors that are not as the file has them
  std::vector<SafetensorsBytes> bytes =
      {};  ///< in place of tensors, where load_safetensors() was asked for them
  /// The tensor of that name, or null.
  const Tensor* find(const std::string& name) const;
};

/// Writes tensors (every dtype, any strides) and metadata, atomically, with a checksum over the
/// whole file. Handles of one storage with the same shape, strides and place are written once:
/// the later names become aliases. Throws std::invalid_argument for names that repeat, are
/// reserved or are no UTF-8. `bytes` are written as they are.
void save_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                      const Metadata& metadata = {}, const std::vector<SafetensorsBytes>& bytes = {});

/// Reads F32, F64, I64, BF16 and BOOL as they are and F16, F8, C64 and whole numbers as decode() has them. Aliases
/// share one tensor. Throws FileError, with the byte, for whatever breaks the format or, in a file of ours, the
/// checksum; memory is taken only for sizes that the file has. The tensor `as_bytes` stays as it is where it is I8 or U8.
SafetensorsFile load_safetensors(const std::string& path, std::string_view as_bytes = {});

/// Rows begin..end-1 of one tensor, along its first dimension, as load_safetensors has them. Reads the header and these
/// rows alone, so that it takes as long in any file, and looks at no checksum. Throws FileError as load_safetensors does,
/// and std::invalid_argument where there is no tensor of that name or no such rows.
Tensor load_safetensors_rows(const std::string& path, const std::string& name, int64_t begin, int64_t end);

}  // namespace lexigrad::train
