// Short pieces of text whose ids are known.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {

/// A piece's bytes, its length in the last one.
struct PieceKey {
  uint64_t low = 0, high = 0;
  bool operator==(const PieceKey&) const = default;
};

/// The bits of the first bytes, by their number.
inline constexpr auto kPieceMasks = [] {
  std::array<PieceKey, 16> masks{};
  for (size_t size = 0; size < 16; ++size)
    masks[size] = {size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1,
                   size <= 8 ? 0 : (uint64_t{1} << 8 * (size - 8)) - 1};
  return masks;
}();

/// A table that grows up to a limit, and then forgets: places are two, side by side in a cache line, of which the
/// older goes. Pieces of more than four ids take a quarter of the limit on top of it, and no more are added then.
class PieceCache {
 public:
  static constexpr size_t kLongestPiece = 15;  ///< bytes
  static constexpr size_t kWritten = 16;       ///< ids that write() may write, more than a piece has

  using Key = PieceKey;
  struct Entry {
    Key key;
    int32_t ids[4] = {};  ///< up to four; for more the place in more_ and how many, with kMore in the first
  };
  static_assert(sizeof(Entry) == 32);

  /// The key of `size` bytes, at most kLongestPiece; `readable` bytes may be read at p.
  static Key key_of(const char* p, size_t size, size_t readable) {
    Key key;
    if (readable >= 16) [[likely]] {
      std::memcpy(&key, p, 16);
      key.low &= kPieceMasks[size].low;
      key.high &= kPieceMasks[size].high;
    } else {
      key.low = load_bytes(p, std::min<size_t>(size, 8));
      if (size > 8) key.high = load_bytes(p + 8, size - 8);
    }
    key.high |= static_cast<uint64_t>(size) << 56;
    return key;
  }

  PieceCache(size_t least_bytes, size_t most_bytes)
      : entries_(std::bit_floor(least_bytes / sizeof(Entry))), most_(most_bytes / sizeof(Entry)) {}

  /// Where the piece is if it is there.
  size_t place_of(const Key& key) const {
    return static_cast<size_t>(mix_bits(key.low, key.high)) & (entries_.size() - 2);
  }
  /// Starts to load what is at a place.
  void fetch(size_t place) const { prefetch(&entries_[place], 2 * sizeof(Entry)); }
  /// Null where it is not there.
  const Entry* find(const Key& key, size_t place) const {
    const Entry* at = &entries_[place];
    return at[0].key == key ? at : at[1].key == key ? at + 1 : nullptr;
  }
  /// Writes its ids, and kWritten numbers at most; returns how many they are.
  size_t write(const Entry& entry, int32_t* out) const {
    auto first = static_cast<uint32_t>(entry.ids[0]);
    std::copy_n(entry.ids, 4, out);
    out[0] = static_cast<int32_t>(first & kIdMask);
    if (first >> kIdBits < 4) [[likely]]
      return (first >> kIdBits) + 1;
    std::copy_n(&more_[static_cast<size_t>(entry.ids[1])], kWritten, out);
    return static_cast<size_t>(entry.ids[2]);
  }
  /// With ids below 2^29, as many as bytes at most. Places change where this returns true.
  bool add(const Key& key, std::span<const int32_t> ids) {
    Entry entry{.key = key};
    if (ids.size() <= 4) {
      std::copy(ids.begin(), ids.end(), entry.ids);
      entry.ids[0] |= static_cast<int32_t>((ids.size() - 1) << kIdBits);
    } else {
      if (more_.size() * sizeof(int32_t) >= most_ * sizeof(Entry) / 4)
        return false;  // it stays as it is then
      size_t at = more_.size() - (more_.empty() ? 0 : kWritten);
      more_.resize(at + ids.size() + kWritten);
      std::copy(ids.begin(), ids.end(), more_.begin() + static_cast<ptrdiff_t>(at));
      entry.ids[0] = static_cast<int32_t>(kMore << kIdBits);
      entry.ids[1] = static_cast<int32_t>(at);
      entry.ids[2] = static_cast<int32_t>(ids.size());
    }
    bool grows = ++added_ > entries_.size() / 2 && entries_.size() < most_;
    if (grows) grow();
    put(entry);
    return grows;
  }

 private:
  static constexpr int kIdBits = 29;
  static constexpr uint32_t kIdMask = (uint32_t{1} << kIdBits) - 1, kMore = 7;

  /// Zeros in wide pages: few of them are looked for.
  class Entries {
   public:
    explicit Entries(size_t size)
        : size_(size), at_(static_cast<Entry*>(lexigrad::detail::allocate(size * sizeof(Entry)))) {
      std::uninitialized_value_construct_n(at_, size);
    }
    Entries(const Entries&) = delete;
    Entries& operator=(const Entries&) = delete;
    ~Entries() { lexigrad::detail::release_memory(at_, size_ * sizeof(Entry)); }
    void swap(Entries& other) {
      std::swap(size_, other.size_);
      std::swap(at_, other.at_);
    }
    size_t size() const { return size_; }
    Entry& operator[](size_t i) { return at_[i]; }
    const Entry& operator[](size_t i) const { return at_[i]; }

   private:
    size_t size_;
    Entry* at_;
  };

  void put(const Entry& entry) {
    Entry* at = &entries_[place_of(entry.key)];
    at[1] = at[0];
    at[0] = entry;
  }
  void grow() {
    Entries old(std::min(4 * entries_.size(), most_));
    old.swap(entries_);
    for (size_t i = old.size(); i > 0; --i)  // the younger of two last
      if (old[i - 1].key != Key()) put(old[i - 1]);
  }

  Entries entries_;
  std::vector<int32_t> more_;  ///< ids of pieces that have more than four, and room to read behind them
  size_t most_, added_ = 0;
};

}  // namespace lexigrad::data
