#include "lexigrad/data/tokenizers/gpt2_encode.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <mutex>
#include <utility>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/byte_pairs.h"
#include "lexigrad/data/tokenizers/gpt2_scanner.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {
namespace {
constexpr size_t kBlock = 1 << 18;  // bytes of text encoded as one task
constexpr size_t kLongestKey = 15;  // longer pieces are merged each time
constexpr size_t kMostIds = 4;      // pieces of more ids too
constexpr size_t kLargestTable = 1 << 14;

// A piece of up to 15 bytes; its length is in the last byte.
struct Key {
  uint64_t low = 0, high = 0;
  bool operator==(const Key&) const = default;
};

inline Key make_key(const char* p, size_t size) {
  Key key;
  key.low = load_bytes(p, std::min<size_t>(size, 8));
  if (size > 8) key.high = load_bytes(p + 8, size - 8);
  key.high |= static_cast<uint64_t>(size) << 56;
  return key;
}

struct Entry {
  Key key;
  int32_t ids[kMostIds] = {-1, -1, -1, -1};
};

class Encoder {
 public:
  /// For texts of about `size` bytes.
  Encoder(const Vocabulary& vocabulary, size_t size)
      : merger_(vocabulary), table_(std::clamp<size_t>(std::bit_ceil(size / 8), 16, kLargestTable)) {}

  std::vector<int64_t> encode(std::string_view text) {
    ids_.reserve(text.size() / 4 + 16);
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
      const char* stop = gpt2_piece_end(p, end);
      append_piece(p, static_cast<size_t>(stop - p));
      p = stop;
    }
    return std::exchange(ids_, {});
  }

 private:
  void append_piece(const char* p, size_t size) {
    if (size > kLongestKey) return append_merged({p, size});
    Key key = make_key(p, size);
    Entry& entry = table_[mix_bits(key.low, key.high) & (table_.size() - 1)];
    if (entry.key != key) [[unlikely]] {
      append_merged({p, size});
      if (merged_.size() > kMostIds) return;
      entry.key = key;
      std::fill(std::begin(entry.ids), std::end(entry.ids), -1);
      std::copy(merged_.begin(), merged_.end(), entry.ids);
      return;
    }
    ids_.push_back(entry.ids[0]);
    for (size_t i = 1; i < kMostIds && entry.ids[i] >= 0; ++i) ids_.push_back(entry.ids[i]);
  }

  void append_merged(std::string_view piece) {
    merged_.clear();
    merger_.append(piece, merged_);
    ids_.insert(ids_.end(), merged_.begin(), merged_.end());
  }

  BytePairMerger merger_;
  std::vector<Entry> table_;  // the last piece met of each hash
  std::vector<int32_t> merged_;
  std::vector<int64_t> ids_;
};

// Encoders that wait for a block: as many as threads, each with the table that its blocks have filled.
class EncoderPool {
 public:
  explicit EncoderPool(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  std::vector<int64_t> encode(std::string_view text) {
    std::unique_ptr<Encoder> encoder = take();
    if (!encoder) encoder = std::make_unique<Encoder>(vocabulary_, text.size());
    std::vector<int64_t> ids = encoder->encode(text);
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(encoder));
    return ids;
  }

 private:
  std::unique_ptr<Encoder> take() {
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) return nullptr;
    std::unique_ptr<Encoder> encoder = std::move(waiting_.back());
    waiting_.pop_back();
    return encoder;
  }

  const Vocabulary& vocabulary_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Encoder>> waiting_;
};

// Cuts at places where the pieces do not change, about every kBlock bytes.
std::vector<std::string_view> blocks_of(std::string_view text) {
  std::vector<std::string_view> blocks;
  while (text.size() > kBlock) {
    const char* end = text.data() + text.size();
    auto size = static_cast<size_t>(gpt2_safe_cut(text.data() + kBlock, end) - text.data());
    blocks.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (!text.empty()) blocks.push_back(text);
  return blocks;
}
}  // namespace

void append_gpt2_ids(const Vocabulary& vocabulary, std::string_view text, std::vector<int64_t>& ids) {
  std::vector<std::string_view> blocks = blocks_of(text);
  std::vector<std::vector<int64_t>> parts(blocks.size());
  EncoderPool pool(vocabulary);
  parallel_blocks(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    auto block = static_cast<size_t>(i);
    parts[block] = pool.encode(blocks[block]);
  });
  if (ids.empty() && parts.size() == 1) return ids.swap(parts[0]);
  size_t size = ids.size();
  for (const auto& part : parts) size += part.size();
  ids.reserve(size);
  for (const auto& part : parts) ids.insert(ids.end(), part.begin(), part.end());
}

}  // namespace lexigrad::data
