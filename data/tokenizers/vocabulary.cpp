#include "lexigrad/data/tokenizers/vocabulary.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"
#include "lexigrad/data/tokenizers/hash.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "vocabulary";

uint32_t hash_of(std::string_view token) { return static_cast<uint32_t>(hash_bytes(token)); }

// Lower-case letters without spaces at the ends: what a person means by a spelling.
std::u32string folded(std::string_view token) {
  std::u32string out;
  for (const char *p = token.data(), *end = p + token.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    out += to_lower(c.value);
    p += c.length;
  }
  auto space = [](char32_t c) { return char_class(c) == CharClass::space; };
  while (!out.empty() && space(out.back())) out.pop_back();
  size_t first = 0;
  while (first < out.size() && space(out[first])) ++first;
  return out.substr(first);
}

// Insertions, deletions, replacements and swaps of neighbours that lead from a to b
// (optimal string alignment).
int edits(const std::u32string& a, const std::u32string& b) {
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

struct Near {
  int distance;
  int64_t count, id;
  bool operator<(const Near& other) const {
    if (distance != other.distance) return distance < other.distance;
    return count != other.count ? count > other.count : id < other.id;
  }
};
}  // namespace

Vocabulary::Vocabulary(const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens)
    check(add(token) >= 0, kWhere, "\"", escape(token), "\" occurs twice. Hint: list each token once.");
}

int64_t Vocabulary::add(std::string_view token, int64_t count) {
  const int64_t before = size(), id = find_or_add(token);
  if (id < before) return -1;
  counts_.back() = count;
  return id;
}

int64_t Vocabulary::tally(std::string_view token, int64_t count) {
  const int64_t id = find_or_add(token);
  counts_[static_cast<size_t>(id)] += count;
  return id;
}

int64_t Vocabulary::find_or_add(std::string_view token) {
  check(size() < std::numeric_limits<int32_t>::max(), kWhere,
        "A vocabulary holds at most 2147483647 tokens.");
  if (2 * counts_.size() + 2 > slots_.size()) grow();
  uint32_t hash = hash_of(token);
  Slot& slot = slots_[slot_of(token, hash)];
  if (slot.id >= 0) return slot.id;
  slot = {hash, static_cast<int32_t>(size())};
  bytes_.insert(bytes_.size() - kSlack, token);
  starts_.push_back(bytes_.size() - kSlack);
  counts_.push_back(0);
  longest_ = std::max(longest_, token.size());
  return slot.id;
}

int64_t Vocabulary::find(std::string_view token) const {
  return slots_.empty() ? -1 : slots_[slot_of(token, hash_of(token))].id;
}

// The slot that holds the token, or the free one where it would go.
size_t Vocabulary::slot_of(std::string_view token, uint32_t hash) const {
  size_t mask = slots_.size() - 1, i = hash & mask;
  while (slots_[i].id >= 0 &&
         (slots_[i].hash != hash || token_at(static_cast<size_t>(slots_[i].id)) != token))
    i = (i + 1) & mask;
  return i;
}

void Vocabulary::grow() {
  std::vector<Slot> old(std::max<size_t>(64, 2 * slots_.size()));
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id < 0) continue;
    size_t i = slot.hash & mask;
    while (slots_[i].id >= 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

int64_t Vocabulary::id_of(std::string_view token) const {
  int64_t id = find(token);
  if (id >= 0) return id;
  std::string hint;
  for (const std::string& near : nearest(token))
    hint += text(hint.empty() ? "did you mean " : " or ", "\"", escape(near), "\"");
  hint += hint.empty() ? "nothing in it is spelled like this." : "?";
  fail(kWhere, text("\"", escape(token), "\" is not among the ", size(), " tokens. Hint: ", hint));
}

void Vocabulary::fail_id(int64_t id) const {
  fail(kWhere, text("Id ", id, " is outside the vocabulary (valid ids are 0..", size() - 1,
                    "). Hint: decode with the tokenizer that encoded."));
}

int64_t Vocabulary::count(int64_t id) const {
  check_id(id);
  return counts_[static_cast<size_t>(id)];
}

std::vector<std::string> Vocabulary::nearest(std::string_view token, int limit) const {
  std::u32string wanted = folded(token);
  auto allowed = static_cast<int64_t>(std::max<size_t>(1, wanted.size() / 3));
  std::vector<Near> found;
  for (int64_t id = 0; id < size() && wanted.size() <= 64; ++id) {
    std::u32string other = folded(token_at(static_cast<size_t>(id)));
    auto longer = static_cast<int64_t>(other.size()) - static_cast<int64_t>(wanted.size());
    if (longer > allowed || -longer > allowed) continue;
    int distance = edits(wanted, other);
    if (distance <= allowed && (distance == 0 || static_cast<size_t>(distance) < wanted.size()))
      found.push_back({distance, count(id), id});
  }
  std::sort(found.begin(), found.end());
  if (found.size() > static_cast<size_t>(limit)) found.resize(static_cast<size_t>(limit));
  std::vector<std::string> out;
  for (const Near& near : found) out.emplace_back(this->token(near.id));
  return out;
}

std::string Vocabulary::to_lines() const {
  std::string out;
  for (int64_t id = 0; id < size(); ++id) out += text(escape(token(id)), '\t', count(id), '\n');
  return out;
}

Vocabulary Vocabulary::from_lines(std::string_view lines, const std::string& path, int64_t first_line) {
  Vocabulary out;
  for (int64_t number = first_line; !lines.empty(); ++number) {
    auto broken = [&](std::string_view what) {
      fail_file(kWhere, text("Line ", number, " ", what, ". Hint: the file is damaged; write it again."),
                path);
    };
    size_t stop = lines.find('\n');
    if (stop == std::string_view::npos) broken("is cut off");
    std::string_view line = lines.substr(0, stop);
    lines.remove_prefix(stop + 1);
    size_t tab = line.find('\t');
    if (tab == std::string_view::npos) broken("is not token, tab, count");
    std::string_view digits = line.substr(tab + 1);
    int64_t count = -1;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size() || count < 0)
      broken("has no count of 0 or more");
    std::string token;
    try {
      token = unescape(line.substr(0, tab));
    } catch (const std::invalid_argument&) { broken("has a broken escape"); }
    if (out.add(token, count) < 0) broken("repeats a token");
  }
  return out;
}

void Vocabulary::save(const std::string& path) const { write_file_atomically(path, to_lines()); }

Vocabulary Vocabulary::load(const std::string& path) { return from_lines(read_utf8(path), path); }

}  // namespace lexigrad::data
