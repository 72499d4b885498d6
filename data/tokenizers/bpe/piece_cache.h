// Short pieces of text whose ids are known.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {

/// A piece's bytes, its length in the last one.
struct PieceKey {
  uint64_t low = 0, high = 0;
  bool operator==(const PieceKey&) const = default;
};

/// The bits of the first bytes, by their number; 16 has those of 15.
inline constexpr auto kPieceMasks = [] {
  std::array<PieceKey, 17> masks{};
  masks[16] = {~uint64_t{0}, ~uint64_t{0} >> 8};
  for (size_t size = 0; size < 16; ++size)
    masks[size] = {size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1,
                   size <= 8 ? 0 : (uint64_t{1} << 8 * (size - 8)) - 1};
  return masks;
}();

/// A table that grows up to a limit, and then forgets: each piece has two lines of the cache with two places in each,
/// and where all are taken the older one of the first line goes. Long pieces, and those of more than four ids, take a
/// quarter of the limit on top of it, and no more are added then.
class PieceCache {
 public:
  static constexpr size_t kLongestPiece = 15;  ///< bytes that a key holds
  static constexpr size_t kLongest = 255;      ///< bytes of a piece that can be remembered
  static constexpr size_t kWritten = 16;       ///< ids that write() may write, more than a piece has

  static constexpr uint64_t kIsPart = uint64_t{1}
                                      << 63;  ///< in a key's high: of a part, which may have other ids
  static constexpr uint64_t kIsLong = uint64_t{1} << 61;  ///< of more than kLongestPiece bytes

  using Key = PieceKey;
  struct Entry {
    Key key;
    /// Up to four, as first, third, second, fourth, with one less than their number in the first one's upper bits. For
    /// more kMore there, the place in more_ and how many.
    uint32_t ids[4] = {};
  };
  static_assert(sizeof(Entry) == 32);

  /// The key of `size` bytes at p, where `readable` bytes may be read. No entry has that of more than kLongestPiece.
  static Key key_of(const char* p, size_t size, size_t readable) {
    Key key;
    size = std::min(size, kLongestPiece + 1);
    if (readable >= 16) [[likely]] {
      std::memcpy(&key, p, 16);
      key.low &= kPieceMasks[size].low;
      key.high &= kPieceMasks[size].high;
    } else {
      key.low = load_bytes(p, std::min<size_t>(size, 8));
      if (size > 8) key.high = load_bytes(p + 8, std::min(size, kLongestPiece) - 8);
    }
    key.high |= static_cast<uint64_t>(size) << 56;
    return key;
  }

  PieceCache(size_t least_bytes, size_t most_bytes)
      : entries_(std::bit_floor(least_bytes / sizeof(Entry))),
        shift_(64 - std::countr_zero(entries_.size())),
        most_(most_bytes / sizeof(Entry)) {}

  /// The key of a piece of more bytes, kLongest at most, that several pieces may share, but none that key_of() gives.
  static Key long_key_of(std::string_view piece) { return {hash_bytes(piece), kIsLong | piece.size()}; }

  static uint64_t hash_of(const Key& key) {
    return key.low * 0x9E3779B97F4A7C15 + key.high * 0xD6E8FEB86659FD93;
  }
  /// Starts to load what find() looks at.
  void fetch(uint64_t hash) const { __builtin_prefetch(&entries_[place_of(hash)]); }
  /// Null where it is not there.
  const Entry* find(const Key& key, uint64_t hash) const {
    const size_t place = place_of(hash);
    const Entry* known = find_at(place, key);
    const bool is_full = entries_[place + 1].key != Key();  // else none went to the second line
    return known || !is_full ? known : find_at(second_place_of(hash), key);
  }
  /// The same for a piece with a long key.
  const Entry* find(const Key& key, std::string_view piece) const {
    const Entry* entry = find(key, hash_of(key));
    return entry && std::memcmp(&more_[entry->ids[1] + entry->ids[2]], piece.data(), piece.size()) == 0
               ? entry
               : nullptr;
  }
  /// Writes its ids, and kWritten numbers at most behind them; returns how many they are.
  template <class Id>
  size_t write(const Entry& entry, Id* out) const {
    const uint32_t above = entry.ids[0] >> kIdBits;
    if constexpr (sizeof(Id) == 2) {  // two at a time: all ids are below 2^16
      uint64_t even, odd;
      std::memcpy(&even, entry.ids, 8);
      std::memcpy(&odd, entry.ids + 2, 8);
      even = (even & ~(uint64_t{kMore} << kIdBits)) | odd << 16;
      std::memcpy(out, &even, 8);
    } else {
      out[0] = static_cast<Id>(entry.ids[0] & kIdMask);
      out[1] = static_cast<Id>(entry.ids[2]);
      out[2] = static_cast<Id>(entry.ids[1]);
      out[3] = static_cast<Id>(entry.ids[3]);
    }
    if (above < 4) [[likely]]
      return above + 1;
    const uint32_t *more = &more_[entry.ids[1]], count = entry.ids[2];
    for (size_t first = 0; first < count; first += kWritten)
      for (size_t i = first; i < first + kWritten; ++i) out[i] = static_cast<Id>(more[i]);
    return count;
  }
  /// With ids below 2^29, as many as bytes at most.
  void add(const Key& key, std::span<const int32_t> ids) {
    if (ids.size() > 4) return add_long(key, {}, ids);
    Entry entry{.key = key};
    constexpr size_t order[] = {0, 2, 1, 3};
    for (size_t i = 0; i < ids.size(); ++i) entry.ids[order[i]] = static_cast<uint32_t>(ids[i]);
    entry.ids[0] |= static_cast<uint32_t>(ids.size() - 1) << kIdBits;
    put_new(entry);
  }
  /// The same for a piece with a long key.
  void add_long(const Key& key, std::string_view piece, std::span<const int32_t> ids) {
    const size_t words = (piece.size() + 3) / 4;
    size_t at = more_.size() - (more_.empty() ? 0 : kWritten);
    if ((at + ids.size() + words) * sizeof(uint32_t) > most_ * sizeof(Entry) / 4) return;
    more_.resize(at + ids.size() + words + kWritten);
    std::copy(ids.begin(), ids.end(), more_.begin() + static_cast<ptrdiff_t>(at));
    if (!piece.empty()) std::memcpy(&more_[at + ids.size()], piece.data(), piece.size());
    put_new({.key = key,
             .ids = {kMore << kIdBits, static_cast<uint32_t>(at), static_cast<uint32_t>(ids.size()), 0}});
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

  size_t place_of(uint64_t hash) const { return static_cast<size_t>(hash >> shift_) & ~size_t{1}; }
  size_t second_place_of(uint64_t hash) const { return place_of((hash ^ hash >> 29) * 0xA0761D6478BD642F); }
  const Entry* find_at(size_t place, const Key& key) const {
    const Entry* at = &entries_[place];
    auto is_there = [&](const Entry& entry) {
      return static_cast<unsigned>(((entry.key.low ^ key.low) | (entry.key.high ^ key.high)) == 0);
    };
    const unsigned first = is_there(at[0]), second = is_there(at[1]);
    return first + second != 0 ? at + second : nullptr;  // no branch for each: it could not be guessed
  }
  void put_new(const Entry& entry) {
    if (++added_ > entries_.size() / 8 * 5 && entries_.size() < most_) grow();
    put(entry);
  }
  void put(const Entry& entry) {
    const uint64_t hash = hash_of(entry.key);
    for (size_t place : {place_of(hash), second_place_of(hash)})
      for (Entry* at : {&entries_[place], &entries_[place + 1]})
        if (at->key == Key()) return void(*at = entry);
    Entry* at = &entries_[place_of(hash)];
    at[1] = at[0];
    at[0] = entry;
  }
  void grow() {
    Entries old(std::min(2 * entries_.size(), most_));
    old.swap(entries_);
    shift_ = 64 - std::countr_zero(entries_.size());
    for (size_t i = 0; i < old.size(); ++i)
      if (old[i].key != Key()) put(old[i]);
  }

  Entries entries_;
  int shift_;  ///< of a hash to a place
  std::vector<uint32_t>
      more_;  ///< ids of pieces that have more than four, bytes of long ones, and room to read behind them
  size_t most_, added_ = 0;
};

}  // namespace lexigrad::data
