#include "lexigrad/data/tokenizers/special_tokens.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"

namespace lexigrad::data {
namespace {

constexpr std::string_view kWhere = "tokenizer";

using Named = std::map<std::string_view, Special>;

Named named(const EncodeOptions& options) {
  Named out;
  for (const std::string& token : options.allowed) out[token] = Special::read;
  for (const std::string& token : options.refused)
    check(out.emplace(token, Special::refused).first->second == Special::refused, kWhere,
          "The special token \"", escape(token), "\" is both allowed and refused. Hint: name it once.");
  return out;
}

[[noreturn]] void fail_unknown(std::string_view name, const std::vector<SpecialToken>& tokens) {
  constexpr size_t most = 8;
  std::string list;
  for (size_t i = 0; i < std::min(tokens.size(), most); ++i)
    list += text(i ? ", " : "", '"', escape(tokens[i].text), '"');
  if (tokens.size() > most) list += text(" and ", tokens.size() - most, " more");
  fail(kWhere, text("There is no special token \"", escape(name), "\" (there ",
                    tokens.size() == 1 ? "is " : "are ", list.empty() ? "none" : list, ")."));
}

}  // namespace

SpecialFinder::SpecialFinder(const std::vector<SpecialToken>& tokens, const EncodeOptions& options) {
  Named left = named(options);
  for (const SpecialToken& token : tokens) {
    auto own = left.extract(token.text);
    const Special special = own ? own.mapped() : options.special;
    if (special == Special::text || token.text.empty()) continue;
    check(special == Special::refused || token.rule.empty(), kWhere, "The special token \"",
          escape(token.text), "\" has the rule ", token.rule,
          ", which lexigrad does not follow. Hint: name those that are to be read.");
    tokens_.push_back({token.text, special == Special::read ? token.id : kRefused});
    starts_[static_cast<unsigned char>(token.text[0])] = true;
    longest_ = std::max(longest_, token.text.size());
  }
  if (!left.empty()) fail_unknown(left.begin()->first, tokens);
  std::sort(tokens_.begin(), tokens_.end(), [](const Token& a, const Token& b) { return a.text < b.text; });
}

// The place of the next byte with which a token begins; the text's size where there is none.
size_t SpecialFinder::next_start(std::string_view text, size_t from) const {
  if (tokens_.front().text[0] == tokens_.back().text[0])  // all begin with the one byte
    return std::min(text.find(tokens_.front().text[0], from), text.size());
  while (from < text.size() && !starts_[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

std::optional<SpecialFinder::Found> SpecialFinder::find(std::string_view text, size_t from) const {
  if (tokens_.empty()) return std::nullopt;
  for (size_t begin = from; (begin = next_start(text, begin)) < text.size(); ++begin) {
    // The tokens that agree with the text in ever more bytes; one that ends there is the first of them.
    auto first = tokens_.begin(), last = tokens_.end();
    std::optional<Found> longest;
    for (size_t size = 0; first != last; ++size) {
      if (first->text.size() == size) longest = {begin, begin + size, (first++)->id};
      if (begin + size == text.size()) break;
      const char c = text[begin + size];
      auto byte = [size](const Token& token) { return static_cast<unsigned char>(token.text[size]); };
      auto less = [&](const Token& token, char value) {
        return byte(token) < static_cast<unsigned char>(value);
      };
      auto more = [&](char value, const Token& token) {
        return static_cast<unsigned char>(value) < byte(token);
      };
      first = std::lower_bound(first, last, c, less);
      last = std::upper_bound(first, last, c, more);
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

size_t SpecialFinder::outside(std::string_view text, size_t place) const {
  if (tokens_.empty() || place >= text.size()) return place;
  if (place - 1 + longest_ > text.size()) return text.size();
  std::optional<Found> found;
  for (size_t at = 0; (found = find(text, at)) && found->begin < place; at = found->end)
    if (found->end > place) return found->end;
  return place;
}

void SpecialFinder::fail_refused(std::string_view text, const Found& found, int64_t before,
                                 std::string_view name) {
  fail(
      kWhere,
      lexigrad::text(
          name, " has the special token \"", escape(text.substr(found.begin, found.end - found.begin)),
          "\" at byte ", before + static_cast<int64_t>(found.begin),
          ", which is refused. Hint: allow it (--special TOKEN), or take it as text like any other (--special none)."));
}

}  // namespace lexigrad::data
