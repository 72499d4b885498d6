// What a cache of pieces remembers, and what it forgets.
#include "lexigrad/data/tokenizers/bpe/piece_cache.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch.h"

using namespace lexigrad::data;

namespace {
PieceCache::Key key_of(const std::string& piece, bool wide) {
  std::string padded = piece + std::string(16, '#');
  return PieceCache::key_of(padded.data(), piece.size(), wide ? padded.size() : piece.size());
}

std::vector<int32_t> some_ids(std::mt19937& random, size_t count, uint32_t limit) {
  std::vector<int32_t> ids(count);
  for (int32_t& id : ids) id = static_cast<int32_t>(random() % limit);
  return ids;
}

template <class Id>
bool gives(const PieceCache& cache, const PieceCache::Entry& entry, const std::vector<int32_t>& ids) {
  std::vector<Id> out(ids.size() + PieceCache::kWritten, Id{7});
  const size_t count = cache.write(entry, out.data());
  out.resize(count);
  return std::equal(out.begin(), out.end(), ids.begin(), ids.end(),
                    [](Id a, int32_t b) { return a == static_cast<Id>(b); });
}
}  // namespace

TEST_CASE("a piece's key is its bytes and its length, whatever stands behind it", "[tokenizer]") {
  std::mt19937 random(3);
  for (size_t size = 1; size <= PieceCache::kLongestPiece; ++size) {
    std::string piece(size, '\0');
    for (char& c : piece) c = static_cast<char>(random());
    REQUIRE(key_of(piece, true) == key_of(piece, false));
    REQUIRE(key_of(piece, true) != key_of(piece.substr(0, size - 1) + char(piece.back() + 1), true));
    REQUIRE(key_of(piece + '\0', true) != key_of(piece, true));
  }
}

TEST_CASE("a cache of pieces gives back what it was given or nothing, however full it is", "[tokenizer]") {
  PieceCache cache(1 << 10, 1 << 15);
  std::mt19937 random(4);
  std::map<std::string, std::vector<int32_t>> given;
  for (int k = 0; k < 6000; ++k) {
    std::string piece = std::to_string(random());
    const std::vector<int32_t> ids = some_ids(random, 1 + random() % piece.size(), 1 << 29);
    PieceCache::Key key = key_of(piece, true);
    if (!given.emplace(piece, ids).second) continue;
    cache.add(key, ids);
    const PieceCache::Entry* entry = cache.find(key, PieceCache::hash_of(key));
    REQUIRE((entry || ids.size() > 4));
  }
  size_t found = 0, more = 0;
  for (const auto& [piece, ids] : given) {
    PieceCache::Key key = key_of(piece, false);
    const PieceCache::Entry* entry = cache.find(key, PieceCache::hash_of(key));
    if (!entry) continue;
    ++found;
    more += ids.size() > 4;
    REQUIRE(gives<int32_t>(cache, *entry, ids));
    REQUIRE(gives<int64_t>(cache, *entry, ids));
  }
  REQUIRE(found > 900);
  REQUIRE(found <= 1024);
  REQUIRE(more > 3);
}

TEST_CASE("a cache of pieces writes ids of 16 bits", "[tokenizer]") {
  PieceCache cache(1 << 12, 1 << 16);
  std::mt19937 random(5);
  for (size_t count = 1; count <= 15; ++count)
    for (uint32_t limit : {2U, 1U << 16}) {
      std::vector<int32_t> ids = some_ids(random, count, limit);
      ids.back() = static_cast<int32_t>(limit - 1);
      PieceCache::Key key = key_of(std::to_string(random()), true);
      cache.add(key, ids);
      const PieceCache::Entry* entry = cache.find(key, PieceCache::hash_of(key));
      REQUIRE(entry);
      REQUIRE(gives<uint16_t>(cache, *entry, ids));
    }
}

TEST_CASE("a cache of pieces compares long ones byte for byte", "[tokenizer]") {
  PieceCache cache(1 << 12, 1 << 20);
  std::mt19937 random(6);
  for (size_t size = PieceCache::kLongestPiece + 1; size <= PieceCache::kLongest; ++size) {
    std::string piece(size, 'x'), other = piece;
    for (char& c : piece) c = static_cast<char>(random());
    const std::vector<int32_t> ids = some_ids(random, 1 + random() % size, 1 << 29);
    const PieceCache::Key key = PieceCache::long_key_of(piece);
    cache.add_long(key, piece, ids);
    const PieceCache::Entry* entry = cache.find(key, piece);
    REQUIRE(entry);
    REQUIRE(gives<int32_t>(cache, *entry, ids));
    REQUIRE(!cache.find(key, other));  // as one whose hash is the same
    REQUIRE(!cache.find(PieceCache::long_key_of(other), other));
    std::string made(32, '\0');  // of the long key's own bytes
    std::memcpy(made.data(), &key.low, 8);
    for (size_t short_size = 1; short_size <= 20; ++short_size) {
      PieceCache::Key alike = PieceCache::key_of(made.data(), short_size, made.size());
      REQUIRE(alike != key);
      alike.high |= PieceCache::kIsPart;
      REQUIRE(alike != key);
    }
  }
}

TEST_CASE("a cache of pieces with room forgets nothing", "[tokenizer]") {
  PieceCache cache(1 << 14, 1 << 14);
  for (int k = 0; k < 12; ++k) cache.add(key_of(std::to_string(k), true), std::vector<int32_t>{k});
  for (int k = 0; k < 12; ++k) {
    PieceCache::Key key = key_of(std::to_string(k), true);
    REQUIRE(cache.find(key, PieceCache::hash_of(key)));
  }
}
