// Word vectors, and what a file format of them can do.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/train/formats/named_tensor.h"

namespace lexigrad::train {

struct WordVectors {
  std::vector<std::string> words;  ///< any bytes, no word twice
  Tensor rows;                     ///< (V, D) float32
};

/// All that a file holds: tensors of any shape and dtype, and the texts that stand with them.
struct FileContents {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> alias;  ///< name -> name of the tensor whose second name it is
  Metadata metadata;
  StoredDtypes stored = {};  ///< of the tensors that are not as the file has them
};

/// The file in which a format without a place for words has them:
/// NAME.words.txt beside NAME.npy.
struct WordsBeside {
  std::string ending;  ///< ".words.txt", in place of the format's own
  /// The words of such a file; it is written by word_lines().
  std::function<std::vector<std::string>(std::string_view bytes)> parse;
};

/// A row of formats(). Numbers are float32 in `save`; `load` may return any dtype but bool.
struct VectorFormat {
  std::string name;     ///< ".vec": what a path ends in
  std::string program;  ///< "gensim": what else reads it, for people; empty where the ending says it
  std::optional<WordsBeside> beside = {};  ///< none: the words are in the file itself
  /// Writes one file, atomically. The rows are contiguous, one for each word; no
  /// word occurs twice.
  std::function<void(const std::string& path, const WordVectors& vectors)> save;
  /// Reads one file (without words where they are beside). Throws FileError for
  /// whatever is damaged.
  std::function<WordVectors(const std::string& path)> load;
  /// True where a file's first bytes (kSniffed, or all of a shorter file) can only be
  /// of this format.
  std::function<bool(std::string_view start)> sniff;
  /// All that is in a file, for formats that hold more than vectors; none: what `load` reads.
  std::function<FileContents(const std::string& path)> contents = {};
  /// Another ending that is read, never written.
  std::string also_read = {};
};

}  // namespace lexigrad::train
