// What a cache of pieces remembers, and what it forgets.
#include "lexigrad/data/tokenizers/bpe/piece_cache.h"

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
}  // namespace

TEST_CASE("a piece's key is its bytes and its length, whatever stands behind it", "[tokenizer]") {
  std::mt19937 random(3);
  for (size_t size = 1; size <= PieceCache::kLongestPiece; ++size) {
    std::string piece(size, '\0');
    for (char& c : piece) c = static_cast<char>(random());
    REQUIRE(key_of(piece, true) == key_of(piece, false));
    REQUIRE(key_of(piece, true) != key_of(piece.substr(0, size - 1) + char(piece.back() + 1), true));
    if (size < PieceCache::kLongestPiece) REQUIRE(key_of(piece + '\0', true) != key_of(piece, true));
  }
}

TEST_CASE("a cache of pieces gives back what it was given or nothing, however full it is", "[tokenizer]") {
  PieceCache cache(1 << 10, 1 << 15);
  std::mt19937 random(4);
  std::map<std::string, std::vector<int32_t>> given;
  size_t grown = 0, found = 0, long_ones = 0;
  for (int k = 0; k < 6000; ++k) {
    std::string piece = std::to_string(random());
    std::vector<int32_t> ids(1 + random() % piece.size());
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % (1 << 29));
    PieceCache::Key key = key_of(piece, true);
    if (!given.emplace(piece, ids).second) continue;
    grown += cache.add(key, ids);
    const PieceCache::Entry* entry = cache.find(key, cache.place_of(key));
    REQUIRE((entry || ids.size() > 4));
  }
  for (const auto& [piece, ids] : given) {
    PieceCache::Key key = key_of(piece, false);
    const PieceCache::Entry* entry = cache.find(key, cache.place_of(key));
    if (!entry) continue;
    ++found;
    long_ones += ids.size() > 4;
    int32_t out[PieceCache::kWritten];
    size_t count = cache.write(*entry, out);
    REQUIRE(std::vector<int32_t>(out, out + count) == ids);
  }
  REQUIRE(grown == 3);  // 32 entries, 128, 512, 1024
  REQUIRE(found > 700);
  REQUIRE(found <= 1024);
  REQUIRE(long_ones > 3);
}

TEST_CASE("a cache of pieces with room forgets nothing", "[tokenizer]") {
  PieceCache cache(1 << 14, 1 << 14);
  for (int k = 0; k < 12; ++k) cache.add(key_of(std::to_string(k), true), std::vector<int32_t>{k});
  for (int k = 0; k < 12; ++k) {
    PieceCache::Key key = key_of(std::to_string(k), true);
    REQUIRE(cache.find(key, cache.place_of(key)));
  }
}
