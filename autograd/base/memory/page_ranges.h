// Free memory by address: neighbours join, and a range that fits serves a request, its rest kept.
#pragma once
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace lexigrad::detail {

class PageRanges {
 public:
  /// `size` bytes of the smallest range that has them; null where none has.
  char* take(size_t size) {
    auto found = by_size_.lower_bound({size, nullptr});
    if (found == by_size_.end()) return nullptr;
    return cut(by_address_.find(found->second), size);
  }

  /// `size` bytes of the first range that has them; null where none has.
  char* take_lowest(size_t size) {
    for (auto range = by_address_.begin(); range != by_address_.end(); ++range)
      if (range->second >= size) return cut(range, size);
    return nullptr;
  }

  /// The first `size` bytes of the range that begins at `at`, which has them.
  void take_at(char* at, size_t size) { cut(by_address_.find(at), size); }

  /// The size of the range that ends at `end`; 0 where none does.
  size_t ending_at(char* end) const {
    auto next = by_address_.lower_bound(end);
    if (next == by_address_.begin()) return 0;
    auto before = std::prev(next);
    return before->first + before->second == end ? before->second : 0;
  }

  /// The free ranges, begin and bytes.
  const std::map<char*, size_t>& ranges() const { return by_address_; }

  /// Makes [at, at + size) free. Where there is no memory to note a range that joins no other, all is as before.
  void give(char* at, size_t size) {
    auto next = by_address_.lower_bound(at), end = by_address_.end();
    auto before = next == by_address_.begin() ? end : std::prev(next);
    if (before != end && before->first + before->second != at) before = end;
    if (next != end && at + size != next->first) next = end;
    if (before == end && next == end) return insert(at, size);
    if (before == end) return change(next, at, size + next->second);
    size += before->second;
    if (next != end) {
      size += next->second;
      erase(next);
    }
    change(before, before->first, size);
  }

  /// The free ranges, begin and bytes; none are free afterwards.
  std::map<char*, size_t> clear() {
    by_size_.clear();
    return std::exchange(by_address_, {});
  }

 private:
  void insert(char* at, size_t size) {
    auto range = by_address_.emplace(at, size).first;
    try {
      by_size_.emplace(size, at);
    } catch (...) {
      by_address_.erase(range);
      throw;
    }
  }
  char* cut(std::map<char*, size_t>::iterator range, size_t size) {
    char* at = range->first;
    if (range->second > size)
      change(range, at + size, range->second - size);
    else
      erase(range);
    return at;
  }
  // Takes no memory: both nodes stay.
  void change(std::map<char*, size_t>::iterator range, char* at, size_t size) {
    auto sized = by_size_.extract({range->second, range->first});
    auto placed = by_address_.extract(range);
    sized.value() = {size, at};
    placed.key() = at;
    placed.mapped() = size;
    by_size_.insert(std::move(sized));
    by_address_.insert(std::move(placed));
  }
  void erase(std::map<char*, size_t>::iterator range) {
    by_size_.erase({range->second, range->first});
    by_address_.erase(range);
  }

  std::map<char*, size_t> by_address_;
  std::set<std::pair<size_t, char*>> by_size_;
};

/// Pages that were written before, and fresh ones, which cost nothing yet.
struct Pages {
  PageRanges used, fresh;

  struct Taken {
    char* at;     ///< null where neither has the size
    size_t used;  ///< bytes of it that were
  };
  /// Used pages before fresh ones: of the lowest range that fits or, else, of the smallest. Fresh ones as the rest of a
  /// block that begins with used ones, as many as possible. What lives long ends up low, and what a step takes and
  /// gives back stays in one piece.
  Taken take(size_t size, bool lowest) {
    if (char* at = lowest ? used.take_lowest(size) : used.take(size)) return {at, size};
    Taken out{nullptr, 0};
    for (auto [begin, bytes] : fresh.ranges())
      if (size_t before = used.ending_at(begin); before + bytes >= size && (!out.at || before > out.used))
        out = {begin - before, before};
    if (!out.at) return out;
    if (out.used > 0) used.take_at(out.at, out.used);
    fresh.take_at(out.at + out.used, size - out.used);
    return out;
  }
};

}  // namespace lexigrad::detail
