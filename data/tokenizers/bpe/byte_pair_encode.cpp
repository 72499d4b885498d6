#include "lexigrad/data/tokenizers/bpe/byte_pair_encode.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/bpe/pattern_scanner.h"
#include "lexigrad/data/tokenizers/bpe/piece_cache.h"

namespace lexigrad::data {
namespace {
constexpr size_t kBlock = 1 << 17;  // bytes of text encoded as one task
constexpr size_t kAtOnce = 32;      // pieces looked up while the memory of the next ones is asked for

// Cuts at places where the pieces do not change, about every kBlock bytes.
std::vector<std::string_view> blocks_of(Pattern pattern, std::string_view text) {
  std::vector<std::string_view> blocks;
  while (text.size() > kBlock) {
    size_t size = safe_cut(pattern, text, kBlock);
    blocks.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (!text.empty()) blocks.push_back(text);
  return blocks;
}

// Places for the ids of a block, which are not cleared.
template <class Id>
class Room {
 public:
  Id* of(size_t size) {
    if (size > size_) ids_ = std::make_unique_for_overwrite<Id[]>(size_ = size);
    return ids_.get();
  }
  std::span<const Id> first(size_t count) const { return {ids_.get(), count}; }

 private:
  std::unique_ptr<Id[]> ids_;
  size_t size_ = 0;
};

}  // namespace

// What one thread at a time encodes with.
class BytePairEncoder::Worker {
 public:
  Worker(BytePairEncoder& encoder, size_t size)
      : encoder_(encoder), cache_(std::clamp<size_t>(size / 8, 1 << 12, 1 << 22), kMostRemembered) {}

  /// Writes the text's ids, and returns how many they are.
  template <class Id>
  size_t encode(const Vocabulary& vocabulary, std::string_view text, Room<Id>& room) {
    vocabulary_ = &vocabulary;
    text_ = text;
    Id *begin = room.of(text.size() + PieceCache::kWritten), *out = begin;
    for_pieces(encoder_.rules().pattern, text,
               [&](const size_t* starts, size_t count) { out = write_pieces(starts, count, out); });
    return static_cast<size_t>(out - begin);
  }

 private:
  struct Lookup {
    PieceCache::Key key;
    uint64_t hash;
  };

  // Where the pieces are remembered is asked for kAtOnce pieces before it is looked at.
  template <class Id>
  Id* write_pieces(const size_t* starts, size_t count, Id* out) {
    Lookup lookups[2][kAtOnce];
    auto ask = [&](size_t first, Lookup* to) {
      for (size_t i = first, end = std::min(first + kAtOnce, count); i < end; ++i, ++to) {
        to->key =
            PieceCache::key_of(text_.data() + starts[i], starts[i + 1] - starts[i], text_.size() - starts[i]);
        to->hash = PieceCache::hash_of(to->key);
        cache_.fetch(to->hash);
      }
    };
    ask(0, lookups[0]);
    for (size_t first = 0, turn = 0; first < count; first += kAtOnce, turn ^= 1) {
      ask(first + kAtOnce, lookups[turn ^ 1]);
      const Lookup* at = lookups[turn];
      for (size_t i = first, end = std::min(first + kAtOnce, count); i < end; ++i, ++at) {
        const PieceCache::Entry* known = nullptr;
        if ((at->key.low & 0xFF) < kWide) [[likely]]
          known = cache_.find(at->key, at->hash);
        if (known) [[likely]]
          out += cache_.write(*known, out);
        else
          out = write_other({text_.data() + starts[i], starts[i + 1] - starts[i]}, *at, out);
      }
    }
    return out;
  }

  static constexpr unsigned kWide = 0xE3;  // the first byte of most ideographs, or above

  // Apart from write_pieces(), whose loop stays small.
  template <class Id>
  [[gnu::noinline]] Id* write_other(std::string_view piece, const Lookup& lookup, Id* out) {
    if ((lookup.key.low & 0xFF) >= kWide) {
      if (Id* end = piece.size() > 3 ? write_characters(piece, out) : nullptr) return end;
      if (const PieceCache::Entry* known = cache_.find(lookup.key, lookup.hash))
        return out + cache_.write(*known, out);
    }
    return write_new(piece, lookup.key, out);
  }

  // Writes the ids of characters of three bytes across whose ends nothing is ever merged, as most of a Chinese sentence are
  // in a vocabulary of other languages. Null where the piece is not made of them.
  template <class Id>
  Id* write_characters(std::string_view piece, Id* out) {
    constexpr int bits = BytePairs::kIdBits;
    const BytePairs& pairs = merger().pairs();
    for (size_t at = 0; at < piece.size(); at += 3) {
      const char* p = &piece[at];
      if (piece.size() - at < 3 || !is_of_three_bytes(p) || (at > 0 && pairs.meet(p[-1], p[0])))
        return nullptr;
      const uint64_t ids = ids_of_character(p);
      for (int i = 0; i < 3; ++i) out[i] = static_cast<Id>((ids >> i * bits & ((1 << bits) - 1)) - 1);
      out += 1 + (ids >> bits != 0) + (ids >> 2 * bits != 0);
    }
    return out;
  }

  template <class Id>
  Id* write_new(std::string_view piece, PieceCache::Key key, Id* out) {
    const bool is_long = piece.size() > PieceCache::kLongestPiece;
    const bool remembered = piece.size() <= PieceCache::kLongest;
    if (is_long && remembered) {
      key = PieceCache::long_key_of(piece);
      if (const PieceCache::Entry* known = cache_.find(key, piece)) return out + cache_.write(*known, out);
    }
    const BytePairRules& rules = encoder_.rules();
    const bool may_be_token =
        rules.whole_pieces && (is_long || shared().may_be_token(PieceCache::hash_of(key)));
    const int64_t whole = may_be_token ? vocabulary_->find(piece) : -1;
    new_.clear();
    if (whole >= 0 && !rules.is_special(whole))
      new_.push_back(static_cast<int32_t>(whole));
    else
      append_parts(piece);
    if (is_long && remembered)
      cache_.add_long(key, piece, new_);
    else if (!is_long)
      cache_.add(key, new_);
    return std::transform(new_.begin(), new_.end(), out, [](int32_t id) { return static_cast<Id>(id); });
  }

  // Parts across whose ends nothing is ever merged: most characters of a Chinese sentence, and parts of them.
  void append_parts(std::string_view piece) {
    const BytePairs& pairs = merger().pairs();
    auto is_cut = [&](size_t at) { return at == piece.size() || !pairs.meet(piece[at - 1], piece[at]); };
    for (size_t begin = 0, end = 0; begin < piece.size(); begin = end) {
      end = begin + 3;
      if (end <= piece.size() && is_of_three_bytes(&piece[begin]) && is_cut(end)) {
        for (uint64_t ids = ids_of_character(&piece[begin]); ids != 0; ids >>= BytePairs::kIdBits)
          new_.push_back(static_cast<int32_t>(ids & ((1 << BytePairs::kIdBits) - 1)) - 1);
        continue;
      }
      for (end = begin + 1; !is_cut(end);) ++end;
      append_part(piece.substr(begin, end - begin), end - begin == piece.size());
    }
  }

  static bool is_of_three_bytes(const char* p) {
    return (p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80;
  }

  // One more than each id of a character of three bytes, the first one lowest, kIdBits for each.
  uint64_t ids_of_character(const char* p) {
    if (characters_.empty()) characters_.resize(1 << 16);
    uint64_t& known = characters_[static_cast<size_t>((p[0] & 15) << 12 | (p[1] & 63) << 6 | (p[2] & 63))];
    if (known == 0) [[unlikely]] {
      std::vector<int32_t> ids;
      merger().append({p, 3}, ids);
      for (size_t i = ids.size(); i > 0; --i)
        known = known << BytePairs::kIdBits | static_cast<uint64_t>(ids[i - 1] + 1);
    }
    return known;
  }

  const Shared& shared() {
    if (!shared_) [[unlikely]]
      shared_ = &encoder_.shared(*vocabulary_);
    return *shared_;
  }
  BytePairMerger& merger() {
    if (!merger_) [[unlikely]]
      merger_.emplace(shared().pairs);
    return *merger_;
  }

  void append_part(std::string_view part, bool whole) {
    const BytePairs& pairs = merger_->pairs();
    if (part.size() > 2) return whole ? merger_->append(part, new_) : append_short(part);
    int32_t joined = part.size() == 2 ? pairs.joined_bytes(part[0], part[1]) : BytePairs::kNone;
    if (joined != BytePairs::kNone) return new_.push_back(pairs.id_of_rank(joined));
    for (char byte : part) new_.push_back(pairs.id_of_byte(byte));
  }

  void append_short(std::string_view part) {
    if (part.size() > PieceCache::kLongestPiece) return merger_->append(part, new_);
    PieceCache::Key key = PieceCache::key_of(part.data(), part.size(),
                                             static_cast<size_t>(text_.data() + text_.size() - part.data()));
    key.high |= PieceCache::kIsPart;
    size_t begin = new_.size();
    if (const PieceCache::Entry* known = cache_.find(key, PieceCache::hash_of(key))) {
      new_.resize(begin + 2 * PieceCache::kWritten);
      new_.resize(begin + cache_.write(*known, &new_[begin]));
      return;
    }
    merger_->append(part, new_);
    cache_.add(key, std::span(new_).subspan(begin));
  }

  BytePairEncoder& encoder_;
  const Vocabulary* vocabulary_ = nullptr;
  const Shared* shared_ = nullptr;
  std::optional<BytePairMerger> merger_;
  PieceCache cache_;
  std::vector<uint64_t> characters_;  // ids of those of three bytes, once one was met
  std::string_view text_;
  std::vector<int32_t> new_;  // ids of a piece that was not remembered
};

BytePairEncoder::BytePairEncoder(BytePairRules rules) : rules_(std::move(rules)) {}
BytePairEncoder::~BytePairEncoder() = default;

BytePairEncoder::Shared::Shared(const Vocabulary& vocabulary, const BytePairRules& rules)
    : pairs(vocabulary, rules), tokens(size_t{1} << 13) {
  for (int64_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.token(id);
    const uint64_t hash = PieceCache::hash_of(PieceCache::key_of(token.data(), token.size(), token.size()));
    tokens[hash >> 51] |= uint64_t{1} << (hash >> 45 & 63);
  }
}

const BytePairEncoder::Shared& BytePairEncoder::shared(const Vocabulary& vocabulary) {
  std::lock_guard lock(mutex_);
  if (!shared_) shared_ = std::make_unique<const Shared>(vocabulary, rules_);
  return *shared_;
}

std::unique_ptr<BytePairEncoder::Worker> BytePairEncoder::take(size_t size) {
  std::lock_guard lock(mutex_);
  if (waiting_.empty()) return std::make_unique<Worker>(*this, size);
  std::unique_ptr<Worker> worker = std::move(waiting_.back());
  waiting_.pop_back();
  return worker;
}

void BytePairEncoder::give_back(std::unique_ptr<Worker> worker) {
  std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(worker));
}

template <class Id>
void BytePairEncoder::encode(const Vocabulary& vocabulary, std::string_view text, const Take<Id>& take) {
  std::vector<std::string_view> blocks = blocks_of(rules_.pattern, text);
  const size_t threads = static_cast<size_t>(num_threads());
  std::vector<Room<Id>> rooms(std::min(blocks.size(), threads == 1 ? 1 : 8 * threads));
  std::vector<std::span<const Id>> parts(rooms.size());
  for (size_t first = 0; first < blocks.size(); first += rooms.size()) {
    const size_t some = std::min(rooms.size(), blocks.size() - first);
    parallel_blocks(static_cast<int64_t>(some), [&](int64_t block) {
      const auto i = static_cast<size_t>(block);
      std::unique_ptr<Worker> worker = this->take(text.size());
      parts[i] = rooms[i].first(worker->encode(vocabulary, blocks[first + i], rooms[i]));
      give_back(std::move(worker));
    });
    size_t bytes = 0;
    for (size_t i = 0; i < some; ++i) bytes += blocks[first + i].size();
    take(std::span(parts).first(some), bytes);
  }
}

template void BytePairEncoder::encode(const Vocabulary&, std::string_view, const Take<uint16_t>&);
template void BytePairEncoder::encode(const Vocabulary&, std::string_view, const Take<uint32_t>&);
template void BytePairEncoder::encode(const Vocabulary&, std::string_view, const Take<int64_t>&);

}  // namespace lexigrad::data
