#include "lexigrad/train/tables/row_cache.h"

#include <algorithm>
#include <limits>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {

RowCache::RowCache(TableFile file, size_t slots, std::function<void()> before_write)
    : file_(std::move(file)),
      before_write_(std::move(before_write)),
      floats_(static_cast<size_t>(file_.dim()) + 1),
      records_(std::make_unique_for_overwrite<float[]>(slots * floats_)),
      index_(slots),
      row_(slots, -1),
      pins_(slots),
      used_(slots),
      changed_(slots) {
  check(slots > 0 && slots <= INT32_MAX, "table", "A cache of ", slots, " rows (valid: 1 to ", INT32_MAX,
        ")");
}

size_t RowCache::slot_bytes(const TableFile& file) {
  constexpr size_t index = 4 * sizeof(int32_t);  // a table at least a quarter full
  return file.row_bytes() + index + sizeof(int64_t) + sizeof(uint16_t) + 2;
}

int64_t RowCache::pin(std::span<const int64_t> rows, std::vector<int32_t>& slots) {
  slots.resize(rows.size());
  std::vector<size_t> missing;
  for (size_t i = 0; i < rows.size(); ++i) {
    slots[i] = index_.find(rows[i], row_of());
    if (slots[i] < 0) {
      missing.push_back(i);
      continue;
    }
    auto slot = static_cast<size_t>(slots[i]);
    pinned_ += pins_[slot]++ == 0;
    used_[slot] = 1;
  }
  std::vector<int32_t> found;
  if (pinned_ + missing.size() <= row_.size()) {
    found = free_slots(missing.size());
  } else {
    std::erase(slots, -1);
    unpin(slots);
    slots.clear();
    fail("table", text("The rows of a batch and of those ahead need more than the ", row_.size(),
                       " slots that the memory given has room for. Hint: more memory, or smaller batches"));
  }
  std::vector<RandomFile::Piece> pieces;
  for (size_t i = 0; i < missing.size(); ++i)
    pieces.push_back(file_.piece(rows[missing[i]], record(found[i])));
  file_.file().read(pieces);
  for (size_t i = 0; i < missing.size(); ++i) {
    slots[missing[i]] = found[i];
    row_[static_cast<size_t>(found[i])] = rows[missing[i]];
    index_.add(rows[missing[i]], found[i]);
  }
  return static_cast<int64_t>(missing.size());
}

// Pinned slots that no row has, by a hand that goes round and passes over what was used again since it came by.
std::vector<int32_t> RowCache::free_slots(size_t count) {
  std::vector<int32_t> out, changed;
  for (; out.size() < count; hand_ = (hand_ + 1) % row_.size()) {
    if (pins_[hand_] > 0) continue;
    if (row_[hand_] >= 0 && used_[hand_]) {
      used_[hand_] = 0;
      continue;
    }
    auto slot = static_cast<int32_t>(hand_);
    if (row_[hand_] >= 0 && changed_[hand_]) changed.push_back(slot);
    pins_[hand_] = 1;
    out.push_back(slot);
  }
  pinned_ += count;
  write(changed);
  for (int32_t slot : out) {
    int64_t& row = row_[static_cast<size_t>(slot)];
    if (row >= 0) index_.remove(row, row_of());
    row = -1;
  }
  std::sort(out.begin(), out.end());
  return out;
}

void RowCache::unpin(std::span<const int32_t> slots) {
  for (int32_t slot : slots) pinned_ -= --pins_[static_cast<size_t>(slot)] == 0;
}

// In the order of the file.
void RowCache::write(std::vector<int32_t>& slots) {
  if (slots.empty()) return;
  before_write_();
  std::sort(slots.begin(), slots.end(), [row = row_of()](int32_t a, int32_t b) { return row(a) < row(b); });
  std::vector<RandomFile::Piece> pieces;
  pieces.reserve(slots.size());
  for (int32_t slot : slots) pieces.push_back(file_.piece(row_[static_cast<size_t>(slot)], record(slot)));
  file_.file().write(pieces);
  for (int32_t slot : slots) changed_[static_cast<size_t>(slot)] = 0;
}

void RowCache::write_back() {
  std::vector<int32_t> all;
  for (size_t slot = 0; slot < row_.size(); ++slot)
    if (row_[slot] >= 0 && changed_[slot]) all.push_back(static_cast<int32_t>(slot));
  write(all);
}

void RowCache::for_each_marked(const std::function<void(int64_t row, const void* bytes)>& f) {
  for (size_t slot = 0; slot < row_.size(); ++slot)
    if (row_[slot] >= 0 && changed_[slot]) f(row_[slot], record(static_cast<int32_t>(slot)));
}

}  // namespace lexigrad::train
