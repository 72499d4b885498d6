// A text as the numbers of its tokens, each in as few bytes as do.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// Token ids in 16 bits each where all are below 65,536, else in 32, or in 64 where they are negative or
/// larger still. Copies and slices share the memory, or the file in which the ids are.
class TokenArray {
 public:
  TokenArray() = default;
  /// Takes the width that the ids need.
  TokenArray(std::span<const int64_t> ids);
  TokenArray(const std::vector<int64_t>& ids) : TokenArray(std::span<const int64_t>(ids)) {}
  /// `size` ids of 2 or 4 bytes each, little endian, which stay in the file, from the byte `offset` on, and are read
  /// where they are asked for: what is in the system's cache takes no memory of the process. Reading then throws
  /// FileError where the file was cut short meanwhile.
  TokenArray(std::shared_ptr<const InputFile> file, int64_t offset, int64_t size, int64_t width);

  int64_t size() const { return size_; }
  /// The id at `place`, in 0..size()-1.
  int64_t operator[](int64_t place) const;
  /// The ids at begin..end-1; throws std::invalid_argument where that is not within 0..size().
  TokenArray slice(int64_t begin, int64_t end) const;
  /// Writes the ids at begin..begin+count-1 to `out`.
  void copy(int64_t begin, int64_t count, int64_t* out) const;
  /// Bytes of an id.
  int64_t width() const;
  /// Bytes of memory that the ids take; 0 where they are in a file.
  int64_t bytes() const;
  /// Calls use(ids) with all ids in order, some at a time, as std::span<const uint16_t>, of uint32_t or of int64_t.
  template <class Use>
  void for_each_part(const Use& use) const {
    visit_parts(0, size_, use);
  }

 private:
  friend class TokenArrayBuilder;
  template <class T>
  using Shared = std::shared_ptr<const std::vector<T>>;
  template <class T>
  struct InFile {
    std::shared_ptr<const InputFile> file;
    int64_t offset;
  };

  template <class Use>
  void visit_parts(int64_t begin, int64_t count, const Use& use) const {
    std::visit([&](const auto& ids) { visit_ids(ids, begin_ + begin, count, use); }, ids_);
  }
  template <class T, class Use>
  static void visit_ids(const Shared<T>& ids, int64_t begin, int64_t count, const Use& use) {
    use(std::span<const T>(ids->data() + begin, static_cast<size_t>(count)));
  }
  template <class T, class Use>
  static void visit_ids(const InFile<T>& ids, int64_t begin, int64_t count, const Use& use) {
    constexpr int64_t most = 1 << 16;  // ids read at a time
    std::vector<T> part(static_cast<size_t>(std::min(count, most)));
    for (int64_t done = 0; done < count; done += static_cast<int64_t>(part.size())) {
      part.resize(static_cast<size_t>(std::min(count - done, most)));
      ids.file->read(ids.offset + (begin + done) * static_cast<int64_t>(sizeof(T)), part.data(),
                     part.size() * sizeof(T));
      use(std::span<const T>(part));
    }
  }

  std::variant<Shared<uint16_t>, Shared<uint32_t>, Shared<int64_t>, InFile<uint16_t>, InFile<uint32_t>> ids_ =
      std::make_shared<const std::vector<uint16_t>>();
  int64_t begin_ = 0, size_ = 0;
};

/// Appends ids piece by piece, so that no list of wider ones is ever whole.
class TokenArrayBuilder {
 public:
  /// Ids are 0..vocabulary-1. `most` ids are expected; memory that stays unused is never touched.
  TokenArrayBuilder(int64_t vocabulary, int64_t most);
  void append(std::span<const int64_t> ids);
  /// The ids of a text, which are of the vocabulary.
  void append(const Tokenizer& tokenizer, std::string_view text);
  TokenArray finish() &&;

 private:
  std::variant<std::vector<uint16_t>, std::vector<uint32_t>, std::vector<int64_t>> ids_;
};

}  // namespace lexigrad::data
