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
constexpr size_t kBlock = 1 << 18;  // bytes of text encoded as one task
constexpr size_t kAtOnce = 16;      // pieces looked up while the memory of the next ones is asked for

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

}  // namespace

// What one thread at a time encodes with.
class BytePairEncoder::Worker {
 public:
  Worker(BytePairEncoder& encoder, size_t size)
      : encoder_(encoder), cache_(std::clamp<size_t>(size, 1 << 12, 1 << 19), kMostRemembered) {}

  /// Writes the text's ids to `out`, which is made long enough, and returns how many they are.
  size_t encode(const Vocabulary& vocabulary, std::string_view text, std::vector<int32_t>& out) {
    vocabulary_ = &vocabulary;
    text_ = text;
    if (size_t most = text.size() + PieceCache::kWritten; out.size() < most) out.resize(most);
    out_ = out.data();
    for_pieces(encoder_.rules().pattern, text, [&](const size_t* starts, size_t count) {
      starts_ = starts;
      append_pieces(count);
    });
    return static_cast<size_t>(out_ - out.data());
  }

 private:
  size_t size_of(size_t piece) const { return starts_[piece + 1] - starts_[piece]; }

  void append_pieces(size_t count) {
    PieceCache::Key keys[kAtOnce];
    size_t places[kAtOnce];
    for (size_t first = 0; first < count; first += kAtOnce) {
      size_t some = std::min(kAtOnce, count - first);
      grown_ = false;
      for (size_t i = 0; i < some; ++i) {
        size_t start = starts_[first + i], size = std::min(size_of(first + i), PieceCache::kLongestPiece);
        keys[i] = PieceCache::key_of(text_.data() + start, size, text_.size() - start);
        places[i] = cache_.place_of(keys[i]);
        cache_.fetch(places[i]);
      }
      for (size_t i = 0; i < some; ++i) append_piece(first + i, keys[i], places[i]);
    }
  }

  void append_piece(size_t piece, const PieceCache::Key& key, size_t place) {
    size_t size = size_of(piece);
    const PieceCache::Entry* known = nullptr;
    if (size <= PieceCache::kLongestPiece) [[likely]]
      known = cache_.find(key, grown_ ? cache_.place_of(key) : place);
    if (!known) [[unlikely]]
      return append_new({text_.data() + starts_[piece], size}, key);
    out_ += cache_.write(*known, out_);
  }

  // Apart from append_piece(), whose loop stays small.
  [[gnu::noinline]] void append_new(std::string_view piece, const PieceCache::Key& key) {
    int32_t* begin = out_;
    const BytePairRules& rules = encoder_.rules();
    int64_t whole = rules.whole_pieces ? vocabulary_->find(piece) : -1;
    if (whole >= 0 && !rules.is_special(whole))
      *out_++ = static_cast<int32_t>(whole);
    else
      append_parts(piece);
    if (piece.size() <= PieceCache::kLongestPiece) grown_ |= cache_.add(key, {begin, out_});
  }

  // Parts across whose ends nothing is ever merged: most characters of a Chinese sentence, and parts of them.
  void append_parts(std::string_view piece) {
    if (!merger_) merger_.emplace(encoder_.pairs(*vocabulary_));
    const BytePairs& pairs = merger_->pairs();
    auto is_cut = [&](size_t at) { return at == piece.size() || !pairs.meet(piece[at - 1], piece[at]); };
    for (size_t begin = 0, end = 0; begin < piece.size(); begin = end) {
      end = begin + 3;
      if (end <= piece.size() && is_of_three_bytes(&piece[begin]) && is_cut(end)) {
        append_character(piece.substr(begin, 3));
        continue;
      }
      for (end = begin + 1; !is_cut(end);) ++end;
      append_part(piece.substr(begin, end - begin), end - begin == piece.size());
    }
  }

  static bool is_of_three_bytes(const char* p) {
    return (p[0] & 0xF0) == 0xE0 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80;
  }

  void append_character(std::string_view part) {
    constexpr int bits = BytePairs::kIdBits;  // three ids and one more for each
    if (characters_.empty()) characters_.resize(1 << 16);
    auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(part[i])); };
    uint64_t& known = characters_[(byte(0) & 15) << 12 | (byte(1) & 63) << 6 | (byte(2) & 63)];
    if (known == 0) {
      int32_t* begin = out_;
      merge(part);
      for (int32_t* id = out_; id != begin;) known = known << bits | static_cast<uint64_t>(*--id + 1);
      return;
    }
    for (uint64_t rest = known; rest != 0; rest >>= bits)
      *out_++ = static_cast<int32_t>(rest & ((1 << bits) - 1)) - 1;
  }

  void append_part(std::string_view part, bool whole) {
    const BytePairs& pairs = merger_->pairs();
    if (part.size() > 2) return whole ? merge(part) : append_short(part);
    int32_t joined = part.size() == 2 ? pairs.joined_bytes(part[0], part[1]) : BytePairs::kNone;
    if (joined != BytePairs::kNone) return void(*out_++ = pairs.id_of_rank(joined));
    for (char byte : part) *out_++ = pairs.id_of_byte(byte);
  }

  static constexpr uint64_t kIsPart = uint64_t{1} << 63;  // a piece of the same bytes may have other ids

  void append_short(std::string_view part) {
    if (part.size() > PieceCache::kLongestPiece) return merge(part);
    PieceCache::Key key = PieceCache::key_of(part.data(), part.size(),
                                             static_cast<size_t>(text_.data() + text_.size() - part.data()));
    key.high |= kIsPart;
    if (const PieceCache::Entry* known = cache_.find(key, cache_.place_of(key))) {
      out_ += cache_.write(*known, out_);
      return;
    }
    int32_t* begin = out_;
    merge(part);
    grown_ |= cache_.add(key, {begin, out_});
  }

  void merge(std::string_view part) {
    merged_.clear();
    merger_->append(part, merged_);
    out_ = std::copy(merged_.begin(), merged_.end(), out_);
  }

  BytePairEncoder& encoder_;
  const Vocabulary* vocabulary_ = nullptr;
  std::optional<BytePairMerger> merger_;
  PieceCache cache_;
  std::vector<uint64_t> characters_;  // ids of those of three bytes, once one was met
  bool grown_ = false;                // places that were looked up hold no longer
  std::string_view text_;
  std::vector<int32_t> merged_;
  int32_t* out_ = nullptr;
  const size_t* starts_ = nullptr;  // of the pieces at hand
};

BytePairEncoder::BytePairEncoder(BytePairRules rules) : rules_(std::move(rules)) {}
BytePairEncoder::~BytePairEncoder() = default;

const BytePairs& BytePairEncoder::pairs(const Vocabulary& vocabulary) {
  std::lock_guard lock(mutex_);
  if (!pairs_) pairs_ = std::make_unique<const BytePairs>(vocabulary, rules_);
  return *pairs_;
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

void BytePairEncoder::encode(const Vocabulary& vocabulary, std::string_view text, const Take& take) {
  struct Part {
    std::vector<int32_t> ids;
    size_t count = 0;
  };
  std::vector<std::string_view> blocks = blocks_of(rules_.pattern, text);
  std::vector<Part> parts(std::min(blocks.size(), 4 * static_cast<size_t>(num_threads())));
  for (size_t first = 0; first < blocks.size(); first += parts.size()) {
    size_t some = std::min(parts.size(), blocks.size() - first);
    parallel_blocks(static_cast<int64_t>(some), [&](int64_t i) {
      Part& part = parts[static_cast<size_t>(i)];
      std::unique_ptr<Worker> worker = this->take(text.size());
      part.count = worker->encode(vocabulary, blocks[first + static_cast<size_t>(i)], part.ids);
      give_back(std::move(worker));
    });
    for (size_t i = 0; i < some; ++i) take({parts[i].ids.data(), parts[i].count}, blocks[first + i].size());
  }
}

}  // namespace lexigrad::data
