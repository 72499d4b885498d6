#include "lexigrad/data/tokenizers/word_tokenizer.h"

#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/word_counts.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "word_tokenizer";

CharClass first_class(std::string_view token) {
  return token.empty() ? CharClass::other
                       : char_class(decode_utf8(token.data(), token.data() + token.size()).value);
}
bool is_one_of(std::string_view token, std::initializer_list<std::string_view> set) {
  return std::find(set.begin(), set.end(), token) != set.end();
}
bool is_closer(std::string_view token) {
  return is_one_of(token, {",", ".", ";", ":", "?", "!", ")", "]", "}", "...", "\u2026"});
}

// Never glues two tokens that would be read back as one.
bool space_between(std::string_view before, std::string_view after) {
  CharClass next = first_class(after);
  if (before.empty()) return false;
  if (is_closer(after)) return before.back() == '.' && after.front() == '.';
  if (is_one_of(before, {"(", "[", "{"}))
    return next != CharClass::letter && next != CharClass::number && next != CharClass::ideograph;
  return first_class(before) != CharClass::ideograph || next != CharClass::ideograph;
}
// Which words are among the `most` most frequent; all where that is 0.
std::vector<bool> most_frequent(const WordCounts& seen, int64_t most) {
  int64_t size = seen.words().size();
  if (most == 0 || most >= size) return std::vector<bool>(static_cast<size_t>(size), true);
  std::vector<int64_t> ids(static_cast<size_t>(size));
  std::iota(ids.begin(), ids.end(), 0);
  std::nth_element(ids.begin(), ids.begin() + most, ids.end(), [&](int64_t a, int64_t b) {
    int64_t x = seen.count(a), y = seen.count(b);
    return x != y ? x > y : seen.words().token(a) < seen.words().token(b);
  });
  std::vector<bool> out(static_cast<size_t>(size), false);
  for (int64_t i = 0; i < most; ++i) out[static_cast<size_t>(ids[static_cast<size_t>(i)])] = true;
  return out;
}
}  // namespace

TokenizerKind WordTokenizer::row() {
  const std::string rarest = "min-count", most = "max-vocabulary", lower = "lowercase";
  const WordTokenizerOptions standard;
  constexpr int64_t many = int64_t{1} << 40;
  return {
      .name = std::string(kKind),
      .help = "learns the vocabulary of the input itself: alphabetical, then <|unk|> and <|endoftext|>",
      .options =
          {{rarest, standard.min_count, Whole{1, many}, "rarer words become <|unk|> (word tokenizer)"},
           {most, standard.max_vocabulary, Whole{0, many},
            "so many of the most frequent words are kept, others become <|unk|> (word tokenizer); 0: all"},
           {lower, standard.lowercase, {}, "The and the are one word (word tokenizer)"}},
      .learns = true,
      .make =
          [=](ByteSource& text, const OptionValues& options) {
            return std::make_unique<WordTokenizer>(
                from_text(text, {.min_count = options.get<int64_t>(rarest),
                                 .lowercase = options.get<bool>(lower),
                                 .max_vocabulary = options.get<int64_t>(most)}));
          },
      .load = [](std::string_view body,
                 const std::string& path) { return std::make_unique<WordTokenizer>(from_body(body, path)); }};
}

WordTokenizer WordTokenizer::from_text(std::string_view text, WordTokenizerOptions options) {
  return from_text(*viewing(text), options);
}

WordTokenizer WordTokenizer::from_text(ByteSource& text, WordTokenizerOptions options) {
  check(options.min_count >= 1, kWhere, "min_count is ", options.min_count,
        " (valid: 1 or more). Hint: 1 keeps all words.");
  WordCounts seen(options.lowercase);
  seen.add_text(text);
  check(options.max_vocabulary >= 0, kWhere, "max_vocabulary is ", options.max_vocabulary,
        " (valid: 1 or more, and 0 for all words).");
  const std::vector<bool> kept_ids = most_frequent(seen, options.max_vocabulary);
  std::vector<int64_t> order(static_cast<size_t>(seen.words().size()));
  std::iota(order.begin(), order.end(), 0);
  // UTF-8 sorts by bytes as it does by code points.
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return seen.words().token(a) < seen.words().token(b); });
  Vocabulary kept;
  int64_t unknown = seen.total();
  for (int64_t id : order) {
    if (seen.count(id) < options.min_count || !kept_ids[static_cast<size_t>(id)]) continue;
    kept.add(seen.words().token(id), seen.count(id));
    unknown -= seen.count(id);
  }
  check(kept.size() > 0, kWhere, "No word of the text's ", seen.words().size(), " occurs ", options.min_count,
        " times. Hint: a longer text or a smaller min_count.");
  kept.add(kUnknown, unknown);
  kept.add(kEndOfText);
  return WordTokenizer(std::move(kept), options.lowercase);
}

WordTokenizer::WordTokenizer(Vocabulary vocabulary, bool lowercase)
    : Tokenizer(std::move(vocabulary)), lowercase_(lowercase), unknown_(this->vocabulary().find(kUnknown)) {
  check(unknown_ >= 0 && end_of_text() >= 0, kWhere, "The vocabulary lacks ",
        unknown_ < 0 ? kUnknown : kEndOfText, ". Hint: add both special tokens after the words.");
}

WordTokenizer WordTokenizer::from_body(std::string_view body, const std::string& path) {
  bool lowercase = body.starts_with("case lower\n");
  if (!lowercase && !body.starts_with("case keep\n"))
    fail_file(kWhere, "Line 2 is neither \"case keep\" nor \"case lower\". Hint: the file is damaged.", path);
  body.remove_prefix(body.find('\n') + 1);
  Vocabulary vocabulary = Vocabulary::from_lines(body, path, 3);
  if (vocabulary.find(kUnknown) < 0 || vocabulary.find(kEndOfText) < 0)
    fail_file(kWhere, text("The list lacks ", kUnknown, " or ", kEndOfText, ". Hint: the file is damaged."),
              path);
  return WordTokenizer(std::move(vocabulary), lowercase);
}

std::vector<SpecialToken> WordTokenizer::special_tokens() const {
  return {{unknown_, kUnknown}, {end_of_text(), kEndOfText}};
}

size_t WordTokenizer::cut(std::string_view text, size_t from) const { return end_of_line(text, from); }

std::string WordTokenizer::body() const {
  return text(lowercase_ ? "case lower\n" : "case keep\n", vocabulary().to_lines());
}

void WordTokenizer::append_ids(std::string_view text, std::vector<int64_t>& ids) const {
  for_each_word(text, lowercase_, [&](std::string_view word) {
    int64_t id = vocabulary().find(word);
    ids.push_back(id >= 0 ? id : unknown_);
  });
}

void WordTokenizer::append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const {
  auto place = [&](const char* p) { return first + static_cast<size_t>(p - text.data()); };
  for (WordScanner scanner(text, lowercase_); scanner.next();) {
    int64_t id = vocabulary().find(scanner.word());
    out.push_back({id >= 0 ? id : unknown_, place(scanner.begin()), place(scanner.end())});
  }
}

std::string WordTokenizer::decode(std::span<const int64_t> ids) const {
  std::string out;
  std::string_view before;
  for (int64_t id : ids) {
    std::string_view token = vocabulary().token(id);
    if (space_between(before, token)) out += ' ';
    out += token;
    before = token;
  }
  return out;
}

// The word as the vocabulary would hold it: trimmed, in its case. Special
// tokens are themselves.
std::string WordTokenizer::own_spelling(std::string_view word) const {
  if (vocabulary().find(word) >= 0) return std::string(word);
  WordScanner scanner(word, lowercase_);
  if (!scanner.next()) return std::string(word);
  std::string first = scanner.word();
  return scanner.next() ? std::string(word) : first;
}

int64_t WordTokenizer::id_of(std::string_view word) const { return vocabulary().id_of(own_spelling(word)); }

std::vector<int64_t> WordTokenizer::candidates(std::string_view word) const {
  int64_t id = vocabulary().find(own_spelling(word));
  return id < 0 ? std::vector<int64_t>{} : std::vector<int64_t>{id};
}

}  // namespace lexigrad::data
