#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/huge_pages.h"

namespace lexigrad::data {
namespace {
constexpr size_t kShort = 64;        // up to here a scan for the lowest rank is quicker than a heap
constexpr uint32_t kKept = 1 << 16;  // bytes of a piece whose parts' memory is kept for others
}  // namespace

BytePairs::BytePairs(const Vocabulary& vocabulary, const BytePairRules& rules) {
  check(vocabulary.size() <= kMost, "tokenizer", "The vocabulary has ", vocabulary.size(),
        " tokens (valid: ", kMost, " at most)");
  for (size_t byte = 0; byte < bytes_.size(); ++byte) {
    char c = static_cast<char>(byte);
    bytes_[byte] = static_cast<int32_t>(vocabulary.find({&c, 1}));
    check(bytes_[byte] >= 0, "tokenizer", "No token is the single byte ", byte);
  }
  ranks_ = rules.merges ? rules.merges->size() : static_cast<size_t>(vocabulary.size());
  fill(rules.merges ? ranked(vocabulary, *rules.merges) : unions(vocabulary, rules));
  for (int32_t left : bytes_)
    for (int32_t right : bytes_) byte_pairs_.push_back(joined(left, right));
}

// All pairs whose union is a token, with 1 + its id.
std::vector<uint64_t> BytePairs::unions(const Vocabulary& vocabulary, const BytePairRules& rules) {
  std::vector<uint64_t> found;
  for (int64_t id = 0; id < vocabulary.size(); ++id) {
    if (rules.is_special(id)) continue;
    std::string_view token = vocabulary.token(id);
    for (size_t cut = 1; cut < token.size(); ++cut) {
      set_meet(token[cut - 1], token[cut]);
      int64_t left = vocabulary.find(token.substr(0, cut));
      int64_t right = left < 0 ? -1 : vocabulary.find(token.substr(cut));
      if (right >= 0 && !rules.is_special(left) && !rules.is_special(right))
        found.push_back(key_of(left, right) << kIdBits | static_cast<uint64_t>(id + 1));
    }
  }
  return found;
}

// The merges, with 1 + their ranks.
std::vector<uint64_t> BytePairs::ranked(const Vocabulary& vocabulary,
                                        const std::vector<BytePairRules::Merge>& merges) {
  std::vector<uint64_t> found;
  for (auto [left, right] : merges) {
    std::string_view first = vocabulary.token(left), second = vocabulary.token(right);
    set_meet(first.back(), second.front());
    ids_.push_back(static_cast<int32_t>(vocabulary.find(text(first, second))));
    found.push_back(key_of(left, right) << kIdBits | ids_.size());
  }
  return found;
}

void BytePairs::fill(const std::vector<uint64_t>& found) {
  const size_t slots = std::max<size_t>(2, std::bit_ceil(2 * found.size()));
  slots_.reserve(slots);
  prefer_huge_pages(slots_.data(), slots * sizeof(uint64_t));
  slots_.resize(slots);
  shift_ = 64 - std::countr_zero(slots_.size());
  filter_.resize((size_t{1} << kFilterBits) / 64);
  for (uint64_t pair : found) {
    size_t at = slot_of(pair >> kIdBits), bit = bit_of(pair >> kIdBits);
    filter_[bit / 64] |= uint64_t{1} << bit % 64;
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = pair;
  }
}

void BytePairMerger::append(std::string_view piece, std::vector<int32_t>& ids) {
  piece.size() <= kShort ? append_short(piece, ids) : append_long(piece, ids);
}

void BytePairMerger::append_short(std::string_view piece, std::vector<int32_t>& ids) {
  int32_t parts[kShort], joined[kShort];  // joined: of parts i and i + 1
  size_t count = piece.size();
  for (size_t i = 0; i < count; ++i) parts[i] = pairs_.id_of_byte(piece[i]);
  for (size_t i = 0; i + 1 < count; ++i) joined[i] = pairs_.joined_bytes(piece[i], piece[i + 1]);
  joined[count - 1] = BytePairs::kNone;
  while (true) {
    int32_t least = BytePairs::kNone;
    for (size_t i = 0; i < count; ++i) least = std::min(least, joined[i]);  // a vector at a time
    if (least == BytePairs::kNone) break;
    auto best = static_cast<size_t>(std::find(joined, joined + count, least) - joined);
    parts[best] = pairs_.id_of_rank(least);
    std::copy(parts + best + 2, parts + count, parts + best + 1);
    std::copy(joined + best + 1, joined + count, joined + best);
    --count;
    joined[best] = best + 1 < count ? pairs_.joined(parts[best], parts[best + 1]) : BytePairs::kNone;
    if (best > 0) joined[best - 1] = pairs_.joined(parts[best - 1], parts[best]);
  }
  ids.insert(ids.end(), parts, parts + count);
}

void BytePairMerger::look_up(uint32_t start) {
  Part& part = parts_[start];
  part.joined = part.next == parts_.size() ? BytePairs::kNone : pairs_.joined(part.id, parts_[part.next].id);
  put(start);
}

void BytePairMerger::put(uint32_t start) {
  const int32_t rank = parts_[start].joined;
  if (rank == BytePairs::kNone) return;
  std::vector<uint32_t>& starts = waiting_[static_cast<size_t>(rank)];
  if (starts.empty()) {
    least_.push_back(rank);
    std::push_heap(least_.begin(), least_.end(), std::greater<>());
  }
  starts.push_back(start);
}

void BytePairMerger::join_with_next(uint32_t start) {
  Part& part = parts_[start];
  parts_[part.next].joined = BytePairs::kNone;
  part.id = pairs_.id_of_rank(part.joined);
  part.next = parts_[part.next].next;
  if (part.next < parts_.size()) parts_[part.next].previous = start;
  look_up(start);
  if (start > 0) look_up(part.previous);
}

// All pairs of the rank, from left to right, until one of them makes a pair of lower rank.
void BytePairMerger::join_all(int32_t rank) {
  std::vector<uint32_t> starts = std::exchange(waiting_[static_cast<size_t>(rank)], {});
  if (!std::is_sorted(starts.begin(), starts.end())) std::sort(starts.begin(), starts.end());
  for (size_t i = 0; i < starts.size(); ++i) {
    if (parts_[starts[i]].joined != rank) continue;
    join_with_next(starts[i]);
    if (least_.empty() || least_.front() > rank) continue;
    while (++i < starts.size())
      if (parts_[starts[i]].joined == rank) put(starts[i]);
  }
}

void BytePairMerger::append_long(std::string_view piece, std::vector<int32_t>& ids) {
  check(piece.size() < std::numeric_limits<uint32_t>::max(), "tokenizer",
        "One run of letters, digits or spaces has ", piece.size(), " bytes (at most 4294967294).");
  auto size = static_cast<uint32_t>(piece.size());
  parts_.resize(size);
  waiting_.resize(pairs_.ranks());
  for (int32_t rank : std::exchange(least_, {}))  // where memory ran out before
    waiting_[static_cast<size_t>(rank)].clear();
  for (uint32_t i = 0; i < size; ++i) {
    int32_t joined = i + 1 < size ? pairs_.joined_bytes(piece[i], piece[i + 1]) : BytePairs::kNone;
    parts_[i] = {i - 1, i + 1, pairs_.id_of_byte(piece[i]), joined};
    put(i);
  }
  while (!least_.empty()) {
    std::pop_heap(least_.begin(), least_.end(), std::greater<>());
    const int32_t rank = least_.back();
    least_.pop_back();
    join_all(rank);
  }
  for (uint32_t i = 0; i < size; i = parts_[i].next) ids.push_back(parts_[i].id);
  if (size > kKept) parts_ = {};
}

}  // namespace lexigrad::data
