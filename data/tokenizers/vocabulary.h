// The list of tokens: id <-> text, with counts.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lexigrad::data {

/// True where ids 0..size-1 take 2 bytes each wherever they are stored; more of them take 4.
constexpr bool has_narrow_ids(int64_t size) { return size <= int64_t{1} << 16; }
/// Calls f with a number of the type that such ids are stored as.
template <class F>
auto with_id_type(int64_t size, const F& f) {
  return has_narrow_ids(size) ? f(uint16_t{}) : f(uint32_t{});
}

/// Tokens with ids 0..size()-1 in the order they were added. A token is any byte string.
class Vocabulary {
 public:
  static constexpr size_t kSlack = 16;

  Vocabulary() = default;
  /// Ids follow the order of `tokens`. Throws std::invalid_argument when one occurs twice.
  explicit Vocabulary(const std::vector<std::string>& tokens);

  /// Adds a token, seen `count` times in the training text, and returns its id; -1 when it
  /// is there already.
  int64_t add(std::string_view token, int64_t count = 0);
  /// Counts a token `count` times more, which is added where it is not there, and returns its id.
  int64_t tally(std::string_view token, int64_t count);
  int64_t size() const { return static_cast<int64_t>(counts_.size()); }
  /// Bytes of the longest token.
  size_t longest() const { return longest_; }
  /// Id of a token, -1 when there is none.
  int64_t find(std::string_view token) const;
  /// Id of a token. Throws std::invalid_argument with the nearest spellings.
  int64_t id_of(std::string_view token) const;
  /// Text of an id; kSlack more bytes may be read behind it. Throws
  /// std::invalid_argument outside 0..size()-1.
  std::string_view token(int64_t id) const {
    check_id(id);
    return token_at(static_cast<size_t>(id));
  }
  int64_t count(int64_t id) const;
  /// Up to `limit` tokens spelled like `token`: other case or outer spaces first, then fewest
  /// edits, then most frequent.
  std::vector<std::string> nearest(std::string_view token, int limit = 3) const;

  /// Lines "token<tab>count" in id order, with tokens escaped as by escape().
  std::string to_lines() const;
  /// Reads to_lines() back. `path` and `first_line` (1 for the file's first) are for the
  /// FileError of a broken line.
  static Vocabulary from_lines(std::string_view lines, const std::string& path, int64_t first_line = 1);
  /// Writes and reads a plain text file of such lines.
  void save(const std::string& path) const;
  static Vocabulary load(const std::string& path);

 private:
  std::string_view token_at(size_t id) const {
    return {bytes_.data() + starts_[id], starts_[id + 1] - starts_[id]};
  }
  /// The id of a token, added with count 0 where it is not there.
  int64_t find_or_add(std::string_view token);
  size_t slot_of(std::string_view token, uint32_t hash) const;
  void grow();
  void check_id(int64_t id) const {
    if (static_cast<uint64_t>(id) >= counts_.size()) [[unlikely]]
      fail_id(id);
  }
  [[noreturn]] void fail_id(int64_t id) const;

  struct Slot {
    uint32_t hash = 0;
    int32_t id = -1;
  };
  std::string bytes_ = std::string(kSlack, '\0');  // all tokens, one after the other, then the slack
  std::vector<uint64_t> starts_{0};
  std::vector<int64_t> counts_;
  size_t longest_ = 0;
  std::vector<Slot> slots_;  ///< open addressing, a power of two, at most half full
};

}  // namespace lexigrad::data
