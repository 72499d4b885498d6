#include "lexigrad/data/tokenizers/byte_pair_tokenizer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/huge_pages.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/bpe/byte_pair_encode.h"

namespace lexigrad::data {

BytePairTokenizer::BytePairTokenizer(Vocabulary vocabulary, BytePairRules rules)
    : Tokenizer(std::move(vocabulary)), encoder_(std::make_shared<BytePairEncoder>(std::move(rules))) {}

BytePairTokenizer::BytePairTokenizer(Vocabulary vocabulary)
    : BytePairTokenizer(std::move(vocabulary), BytePairRules()) {}

const BytePairRules& BytePairTokenizer::rules() const { return encoder_->rules(); }

Vocabulary BytePairTokenizer::read_body(std::string_view where, std::string_view body,
                                        const std::string& path) {
  Vocabulary vocabulary = Vocabulary::from_lines(body, path, 2);
  check_body(where, vocabulary, path);
  return vocabulary;
}

void BytePairTokenizer::check_body(std::string_view where, const Vocabulary& vocabulary,
                                   const std::string& path) {
  for (int byte = 0; byte < 256; ++byte)
    if (char c = static_cast<char>(byte); vocabulary.find({&c, 1}) < 0)
      fail_file(where, text("No token is the single byte ", byte, ". Hint: the file is damaged."), path);
  if (vocabulary.find(kEndOfText) < 0)
    fail_file(where, text("The list lacks ", kEndOfText, ". Hint: the file is damaged."), path);
}

void BytePairTokenizer::append_ids(std::string_view text, std::vector<int64_t>& ids) const {
  auto take = [&](std::span<const std::span<const int64_t>> parts, size_t bytes) {
    size_t count = 0;
    for (std::span<const int64_t> part : parts) count += part.size();
    if (ids.capacity() - ids.size() < count) {  // the rest is much like these parts
      ids.reserve(ids.size() + count + count * text.size() / bytes / 16 * 17);
      prefer_huge_pages(ids.data() + ids.size(), (ids.capacity() - ids.size()) * sizeof(int64_t));
    }
    for (std::span<const int64_t> part : parts) ids.insert(ids.end(), part.begin(), part.end());
  };
  encoder_->encode<int64_t>(vocabulary(), text, take);
}

size_t BytePairTokenizer::write_ids(std::string_view text, const Places& places) const {
  return std::visit(
      [&]<class Id>(std::span<Id> out) {
        size_t count = 0;
        auto take = [&](std::span<const std::span<const Id>> parts, size_t) {
          std::vector<size_t> starts;
          for (std::span<const Id> part : parts) starts.push_back(std::exchange(count, count + part.size()));
          check_room(count, out.size());
          parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
            const auto part = static_cast<size_t>(i);
            std::copy(parts[part].begin(), parts[part].end(), out.data() + starts[part]);
          });
        };
        encoder_->encode<Id>(vocabulary(), text, take);
        return count;
      },
      places);
}

std::string BytePairTokenizer::decode(std::span<const int64_t> ids) const {
  size_t size = 0;
  for (int64_t id : ids) size += vocabulary().token(id).size();
  std::string out(size, '\0');
  // A copy of fixed size is quicker, and what follows overwrites its rest.
  constexpr size_t kWhole = Vocabulary::kSlack;
  char *p = out.data(), *end = p + size;
  for (int64_t id : ids) {
    std::string_view token = vocabulary().token(id);
    bool whole = token.size() <= kWhole && kWhole <= static_cast<size_t>(end - p);
    if (whole) {
      std::memcpy(p, token.data(), kWhole);
    } else {
      std::memcpy(p, token.data(), token.size());
    }
    p += token.size();
  }
  return out;
}

std::vector<int64_t> BytePairTokenizer::candidates(std::string_view word) const {
  std::vector<int64_t> out;
  for (std::string_view space : {"", " "})
    if (int64_t id = vocabulary().find(text(space, word)); id >= 0) out.push_back(id);
  return out;
}

int64_t BytePairTokenizer::id_of(std::string_view word) const {
  int64_t id = vocabulary().find(word);
  if (id >= 0) return id;
  std::string pieces, hint;
  for (int64_t part : encode(word)) pieces += text(pieces.empty() ? "" : ", ", '"', token_text(part), '"');
  if (int64_t spaced = vocabulary().find(text(' ', word)); spaced >= 0) {
    hint = text("did you mean \"", token_text(spaced), "\", with its leading space?");
  } else {
    for (const std::string& near : vocabulary().nearest(word))
      hint += text(hint.empty() ? "tokens spelled like it: " : ", ", '"', escape(near), '"');
    hint += hint.empty() ? "try one of its parts." : ".";
  }
  fail(text(kind(), "_tokenizer"), text('"', escape(word), "\" is no single token but ",
                                        pieces.empty() ? "nothing" : pieces, ". Hint: ", hint));
}

size_t BytePairTokenizer::cut(std::string_view text, size_t from) const {
  return safe_cut(rules().pattern, text, from + 1);
}

}  // namespace lexigrad::data
