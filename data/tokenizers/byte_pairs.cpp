#include "lexigrad/data/tokenizers/byte_pairs.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {
namespace {
constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
constexpr size_t kShort = 64;  // up to here a scan for the lowest rank is quicker than a heap
}  // namespace

int32_t BytePairMerger::rank(std::string_view piece, size_t begin, size_t end) const {
  if (end - begin > vocabulary_.longest()) return kNone;
  int64_t id = vocabulary_.find(piece.substr(begin, end - begin));
  return id < 0 ? kNone : static_cast<int32_t>(id);
}

void BytePairMerger::append(std::string_view piece, std::vector<int32_t>& ids) {
  int32_t whole = rank(piece, 0, piece.size());
  if (whole != kNone) return ids.push_back(whole);
  piece.size() <= kShort ? append_short(piece, ids) : append_long(piece, ids);
}

void BytePairMerger::append_short(std::string_view piece, std::vector<int32_t>& ids) {
  size_t starts[kShort + 1], count = piece.size();
  int32_t ranks[kShort];  // of parts i and i + 1
  for (size_t i = 0; i <= count; ++i) starts[i] = i;
  auto rank_pair = [&](size_t i) { return i + 2 <= count ? rank(piece, starts[i], starts[i + 2]) : kNone; };
  for (size_t i = 0; i < count; ++i) ranks[i] = rank_pair(i);
  while (true) {
    size_t best = static_cast<size_t>(std::min_element(ranks, ranks + count) - ranks);
    if (ranks[best] == kNone) break;
    std::copy(starts + best + 2, starts + count + 1, starts + best + 1);
    std::copy(ranks + best + 1, ranks + count, ranks + best);
    --count;
    ranks[best] = rank_pair(best);
    if (best > 0) ranks[best - 1] = rank_pair(best - 1);
  }
  for (size_t i = 0; i < count; ++i) ids.push_back(rank(piece, starts[i], starts[i + 1]));
}

void BytePairMerger::rank_again(std::string_view piece, uint32_t start) {
  Part& part = parts_[start];
  part.rank = part.next == piece.size() ? kNone : rank(piece, start, parts_[part.next].next);
  if (part.rank == kNone) return;
  heap_.push_back(static_cast<uint64_t>(part.rank) << 32 | start);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void BytePairMerger::join_with_next(std::string_view piece, uint32_t start) {
  Part& part = parts_[start];
  parts_[part.next].rank = kNone;
  part.next = parts_[part.next].next;
  if (part.next < piece.size()) parts_[part.next].previous = start;
  rank_again(piece, start);
  if (start > 0) rank_again(piece, part.previous);
}

void BytePairMerger::append_long(std::string_view piece, std::vector<int32_t>& ids) {
  check(piece.size() < std::numeric_limits<uint32_t>::max(), "gpt2_tokenizer",
        "One run of letters, digits or spaces has ", piece.size(), " bytes (at most 4294967294).");
  auto size = static_cast<uint32_t>(piece.size());
  parts_.resize(size);
  heap_.clear();
  for (uint32_t i = 0; i < size; ++i) parts_[i] = {i - 1, i + 1, kNone};
  for (uint32_t i = 0; i < size; ++i) rank_again(piece, i);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    uint64_t top = heap_.back();
    heap_.pop_back();
    auto start = static_cast<uint32_t>(top);
    if (parts_[start].rank == static_cast<int32_t>(top >> 32)) join_with_next(piece, start);
  }
  for (uint32_t i = 0; i < size; i = parts_[i].next) ids.push_back(rank(piece, i, parts_[i].next));
}

}  // namespace lexigrad::data
