// A text as the numbers of its tokens, each in as few bytes as do.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

namespace lexigrad::data {

/// Token ids in 16 bits each where all are below 65,536, else in 32, or in 64 where they are negative or
/// larger still. Copies and slices share the memory.
class TokenArray {
 public:
  TokenArray() = default;
  /// Takes the width that the ids need.
  TokenArray(std::span<const int64_t> ids);
  TokenArray(const std::vector<int64_t>& ids) : TokenArray(std::span<const int64_t>(ids)) {}

  int64_t size() const { return size_; }
  /// The id at `place`, in 0..size()-1.
  int64_t operator[](int64_t place) const;
  /// The ids at begin..end-1; throws std::invalid_argument where that is not within 0..size().
  TokenArray slice(int64_t begin, int64_t end) const;
  /// Writes the ids at begin..begin+count-1 to `out`.
  void copy(int64_t begin, int64_t count, int64_t* out) const;
  /// Bytes of an id.
  int64_t width() const;
  /// Calls use(ids) with the array's std::span<const uint16_t>, of uint32_t or of int64_t.
  template <class Use>
  decltype(auto) visit(const Use& use) const {
    return std::visit(
        [&](const auto& ids) { return use(std::span(ids->data() + begin_, static_cast<size_t>(size_))); },
        ids_);
  }

 private:
  friend class TokenArrayBuilder;
  template <class T>
  using Shared = std::shared_ptr<const std::vector<T>>;
  std::variant<Shared<uint16_t>, Shared<uint32_t>, Shared<int64_t>> ids_ =
      std::make_shared<const std::vector<uint16_t>>();
  int64_t begin_ = 0, size_ = 0;
};

/// Appends ids piece by piece, so that no list of wider ones is ever whole.
class TokenArrayBuilder {
 public:
  /// Ids are 0..vocabulary-1. `most` ids are expected; memory that stays unused is never touched.
  TokenArrayBuilder(int64_t vocabulary, int64_t most);
  void append(std::span<const int64_t> ids);
  TokenArray finish() &&;

 private:
  std::variant<std::vector<uint16_t>, std::vector<uint32_t>, std::vector<int64_t>> ids_;
};

}  // namespace lexigrad::data
