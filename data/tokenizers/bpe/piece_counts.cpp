#include "lexigrad/data/tokenizers/bpe/piece_counts.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/word_counts.h"

namespace lexigrad::data {

void PieceCounts::add_key(const PieceKey& key, int64_t count) {
  for (size_t at = mix_bits(key.low, key.high);; ++at) {
    Entry& entry = entries_[at & (entries_.size() - 1)];
    if (entry.count > 0 && entry.key == key) [[likely]]
      return void(entry.count += count);
    if (entry.count > 0) continue;
    entry = {key, count};
    if (++used_ > entries_.size() / 2) grow();
    return;
  }
}

void PieceCounts::grow() {
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(2 * entries_.size()));
  used_ = 0;
  for (const Entry& entry : old)
    if (entry.count > 0) add_key(entry.key, entry.count);
}

void PieceCounts::add(const PieceCounts& other) {
  for (const Entry& entry : other.entries_)
    if (entry.count > 0) add_key(entry.key, entry.count);
  for (int64_t id = 0; id < other.long_.size(); ++id)
    long_.tally(other.long_.token(id), other.long_.count(id));
}

void PieceCounts::count_in(std::string_view text) {
  constexpr size_t ahead = 16;  // pieces whose places are asked for before they are counted
  std::vector<PieceKey> keys(Gpt2Scanner::kMostStarts + 2);
  for_gpt2_pieces(text, [&](const size_t* starts, size_t pieces) {
    auto piece = [&](size_t i) { return text.substr(starts[i], starts[i + 1] - starts[i]); };
    for (size_t i = 0; i < pieces + ahead; ++i) {
      if (i < pieces && piece(i).size() <= PieceCache::kLongestPiece) {
        keys[i] = PieceCache::key_of(piece(i).data(), piece(i).size(), text.size() - starts[i]);
        prefetch(&entries_[mix_bits(keys[i].low, keys[i].high) & (entries_.size() - 1)], sizeof(Entry));
      }
      if (i < ahead) continue;
      if (std::string_view now = piece(i - ahead); now.size() <= PieceCache::kLongestPiece)
        add_key(keys[i - ahead], 1);
      else
        long_.tally(now, 1);
    }
  });
}

void PieceCounts::add_text(std::string_view text) {
  auto threads = static_cast<size_t>(num_threads());
  std::vector<std::string_view> parts;
  for (size_t left = threads; left > 0 && !text.empty(); --left) {
    parts.push_back(text.substr(0, left == 1 ? text.size() : gpt2_safe_cut(text, text.size() / left + 1)));
    text.remove_prefix(parts.back().size());
  }
  if (parts.size() == 1) {
    count_in(parts[0]);
  } else {
    std::vector<PieceCounts> counts(parts.size());
    parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
      counts[static_cast<size_t>(i)].count_in(parts[static_cast<size_t>(i)]);
    });
    for (const PieceCounts& each : counts) add(each);
  }
  if (size() > most_) forget_rarest();
}

void PieceCounts::add_text(ByteSource& text) {
  TextBlocks blocks(text, gpt2_safe_cut);
  for (std::string_view block; !(block = blocks.next()).empty();) add_text(block);
}

void PieceCounts::forget_rarest() {
  std::vector<int64_t> counts;
  counts.reserve(size());
  for (const Entry& entry : entries_)
    if (entry.count > 0) counts.push_back(entry.count);
  for (int64_t id = 0; id < long_.size(); ++id) counts.push_back(long_.count(id));
  const int64_t most = largest_forgotten(std::move(counts), most_);
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(1 << 12));
  used_ = 0;
  for (const Entry& entry : old)
    if (entry.count > most) add_key(entry.key, entry.count);
  const Vocabulary old_long = std::exchange(long_, {});
  for (int64_t id = 0; id < old_long.size(); ++id)
    if (old_long.count(id) > most) long_.add(old_long.token(id), old_long.count(id));
  short_by_ += most;
}

}  // namespace lexigrad::data
