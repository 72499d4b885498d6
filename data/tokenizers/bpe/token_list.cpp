#include "lexigrad/data/tokenizers/bpe/token_list.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "file_tokenizer", kHint = ". Hint: the file is damaged; get it again.";
}  // namespace

void TokenList::fail(std::string_view what) const { fail_file(kWhere, text(what, kHint), path_); }

void TokenList::add(std::string bytes, int64_t id, bool special) {
  if (bytes.empty()) fail(text("Token ", id, " is empty"));
  if (id < 0 || id >= BytePairs::kMost)
    fail(text("\"", escape(bytes), "\" has id ", id, " (valid: 0..", BytePairs::kMost - 1, ")"));
  special |= bytes == kEndOfText;
  tokens_.push_back({id, std::move(bytes), special});
}

// By id; a special token that is listed as a token too is one.
void TokenList::join_equal() {
  auto order = [](const Token& token) { return std::pair(token.id, !token.special); };
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [&](const Token& a, const Token& b) { return order(a) < order(b); });
  auto same = [](const Token& a, const Token& b) {
    return a.id == b.id && a.bytes == b.bytes && a.special;  // a is the one before
  };
  tokens_.erase(std::unique(tokens_.begin(), tokens_.end(), same), tokens_.end());
  for (size_t i = 1; i < tokens_.size(); ++i)
    if (const Token& a = tokens_[i - 1], &b = tokens_[i]; a.id == b.id)
      fail(text("Id ", a.id, " is both \"", escape(a.bytes), "\" and \"", escape(b.bytes), "\""));
}

void TokenList::fill_gaps() {
  bool ends = std::any_of(tokens_.begin(), tokens_.end(),
                          [](const Token& token) { return token.bytes == kEndOfText; });
  std::vector<Token> all;
  auto fill = [&](int64_t id, bool open) {
    if (!std::exchange(ends, true)) return all.push_back({id, std::string(kEndOfText), true});
    if (!open) fail(text("No token has id ", id));
    all.push_back({id, text("<|unused ", id, "|>"), true});
  };
  int64_t last = 0;  // of what texts are made of
  for (const Token& token : tokens_)
    if (!token.special) last = token.id;
  for (Token& token : tokens_) {
    for (auto id = static_cast<int64_t>(all.size()); id < token.id; ++id) fill(id, id > last);
    all.push_back(std::move(token));
  }
  if (!ends) fill(static_cast<int64_t>(all.size()), true);
  tokens_ = std::move(all);
}

BytePairFile TokenList::finish() && {
  join_equal();
  fill_gaps();
  BytePairFile out;
  for (const Token& token : tokens_) {
    if (out.vocabulary.add(token.bytes) < 0)
      fail(text("\"", escape(token.bytes), "\" has the ids ", out.vocabulary.find(token.bytes), " and ",
                token.id));
    if (token.special) out.rules.special.push_back(token.id);
  }
  if (out.vocabulary.size() > BytePairs::kMost) fail(text("It has more than ", BytePairs::kMost, " tokens"));
  for (int byte = 0; byte < 256; ++byte) {
    char c = static_cast<char>(byte);
    if (int64_t id = out.vocabulary.find({&c, 1}); id < 0 || out.rules.is_special(id))
      fail_file(kWhere,
                text("No token is the single byte ", byte,
                     ". Hint: only vocabularies that can say any bytes are read; tokenizers trains one with "
                     "initial_alphabet=ByteLevel.alphabet()."),
                path_);
  }
  return out;
}

void add_merge(BytePairFile& file, std::string_view left, std::string_view right, const std::string& path) {
  if (!file.rules.merges) file.rules.merges.emplace();
  const auto rank = file.rules.merges->size();
  auto id_of = [&](std::string_view token) {
    int64_t id = file.vocabulary.find(token);
    if (id < 0 || file.rules.is_special(id))
      fail_file(kWhere,
                text("Merge ", rank, " has \"", escape(token), "\", which is no token of a text", kHint),
                path);
    return static_cast<int32_t>(id);
  };
  const BytePairRules::Merge merge{id_of(left), id_of(right)};
  id_of(text(left, right));
  file.rules.merges->push_back(merge);
}

void check_merges(const BytePairFile& file, const std::string& path) {
  std::vector<BytePairRules::Merge> merges = file.rules.merges.value_or(std::vector<BytePairRules::Merge>());
  if (merges.size() > static_cast<size_t>(BytePairs::kMost))
    fail_file(kWhere, text("It has more than ", BytePairs::kMost, " merges", kHint), path);
  std::sort(merges.begin(), merges.end());
  auto twice = std::adjacent_find(merges.begin(), merges.end());
  if (twice != merges.end())
    fail_file(kWhere,
              text("\"", escape(file.vocabulary.token(twice->first)), "\" and \"",
                   escape(file.vocabulary.token(twice->second)), "\" are merged twice", kHint),
              path);
}

}  // namespace lexigrad::data
