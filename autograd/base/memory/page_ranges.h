// Free memory by address: neighbours join, and the smallest range that fits serves a request, its rest kept.
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
    auto [whole, at] = *found;
    by_size_.erase(found);
    by_address_.erase(at);
    if (whole > size) insert(at + size, whole - size);
    return at;
  }

  /// Makes [at, at + size) free.
  void give(char* at, size_t size) {
    auto next = by_address_.lower_bound(at);
    if (next != by_address_.begin()) {
      auto before = std::prev(next);
      if (before->first + before->second == at) {
        at = before->first;
        size += before->second;
        erase(before);
      }
    }
    if (next != by_address_.end() && at + size == next->first) {
      size += next->second;
      erase(next);
    }
    insert(at, size);
  }

  /// The free ranges, begin and bytes; none are free afterwards.
  std::map<char*, size_t> clear() {
    by_size_.clear();
    return std::exchange(by_address_, {});
  }

 private:
  void insert(char* at, size_t size) {
    by_address_.emplace(at, size);
    by_size_.emplace(size, at);
  }
  void erase(std::map<char*, size_t>::iterator range) {
    by_size_.erase({range->second, range->first});
    by_address_.erase(range);
  }

  std::map<char*, size_t> by_address_;
  std::set<std::pair<size_t, char*>> by_size_;
};

}  // namespace lexigrad::detail
