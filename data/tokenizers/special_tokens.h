// Special tokens in a text: which are read, which are refused, and where they stand.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lexigrad::data {

/// What becomes of a special token that stands in a text.
enum class Special : uint8_t {
  text,     ///< text like any other
  read,     ///< its one id
  refused,  ///< an error
};

struct EncodeOptions {
  Special special = Special::text;        ///< what becomes of those that no list names
  std::vector<std::string> allowed = {};  ///< special tokens that are read
  std::vector<std::string> refused = {};  ///< special tokens that are an error
  bool operator==(const EncodeOptions&) const = default;
};

/// A token that a text has only where EncodeOptions say so.
struct SpecialToken {
  int64_t id;
  std::string_view text;
  std::string_view rule = {};  ///< one of its file's that is not followed here, so that it cannot be read
};

/// Finds what is read or refused, from left to right: of the tokens that begin at one place the longest.
class SpecialFinder {
 public:
  struct Found {
    size_t begin, end;
    int64_t id;
  };

  /// Finds nothing.
  SpecialFinder() = default;
  /// The texts of `tokens` must outlive it. Throws std::invalid_argument where the options name what is none of them, name
  /// one in both lists, or read one that has a rule.
  SpecialFinder(const std::vector<SpecialToken>& tokens, const EncodeOptions& options);

  /// Calls plain(part) for the parts in which nothing is special, and special(id, part) for what is between them.
  /// Throws std::invalid_argument where one is refused; its byte is counted from `before` on, and `name` is the text's.
  template <class Plain, class OnSpecial>
  void split(std::string_view text, const Plain& plain, const OnSpecial& special, int64_t before = 0,
             std::string_view name = "The text") const {
    size_t at = 0;
    while (std::optional<Found> found = find(text, at)) {
      if (found->id == kRefused) fail_refused(text, *found, before, name);
      plain(text.substr(at, found->begin - at));
      at = found->end;
      special(found->id, text.substr(found->begin, found->end - found->begin));
    }
    plain(text.substr(at));
  }
  /// The place itself where no token goes over it, else that token's end; the text's size where more bytes decide.
  size_t outside(std::string_view text, size_t place) const;

 private:
  static constexpr int64_t kRefused = -1;
  struct Token {
    std::string_view text;
    int64_t id;
  };
  std::optional<Found> find(std::string_view text, size_t from) const;
  size_t next_start(std::string_view text, size_t from) const;
  [[noreturn]] static void fail_refused(std::string_view text, const Found& found, int64_t before,
                                        std::string_view name);

  std::vector<Token> tokens_;  // by their bytes
  std::array<bool, 256> starts_{};
  size_t longest_ = 0;
};

}  // namespace lexigrad::data
