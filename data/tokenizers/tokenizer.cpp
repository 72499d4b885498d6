#include "lexigrad/data/tokenizers/tokenizer.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::data {

std::vector<SpecialToken> Tokenizer::special_tokens() const {
  const int64_t end = end_of_text();
  return end < 0 ? std::vector<SpecialToken>() : std::vector<SpecialToken>{{end, vocabulary_.token(end)}};
}

SpecialFinder Tokenizer::finder(const EncodeOptions& options) const {
  return options == EncodeOptions() ? SpecialFinder() : SpecialFinder(special_tokens(), options);
}

std::vector<int64_t> Tokenizer::ids_of(std::string_view text, const SpecialFinder& special,
                                       std::string_view name) const {
  std::vector<int64_t> ids;
  special.split(
      text, [&](std::string_view part) { append_ids(part, ids); },
      [&](int64_t id, std::string_view) { ids.push_back(id); }, 0, name);
  return ids;
}

std::vector<int64_t> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return ids_of(text, finder(options), "The text");
}

std::vector<TokenPlace> Tokenizer::encode_with_places(std::string_view text,
                                                      const EncodeOptions& options) const {
  std::vector<TokenPlace> out;
  size_t at = 0;
  finder(options).split(
      text,
      [&](std::string_view part) {
        append_places(part, at, out);
        at += part.size();
      },
      [&](int64_t id, std::string_view part) {
        out.push_back({id, at, at + part.size()});
        at += part.size();
      });
  return out;
}

void Tokenizer::append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const {
  std::vector<int64_t> ids;
  append_ids(text, ids);
  size_t at = first;
  for (int64_t id : ids) {
    size_t size = vocabulary_.token(id).size();
    out.push_back({id, at, at + size});
    at += size;
  }
  check(at == first + text.size(), "tokenizer", "Tokens of the kind \"", kind(),
        "\" are not the parts of a text. Hint: the class is to override append_places()");
}

template <class Id>
size_t Tokenizer::encode_to(std::string_view text, std::span<Id> out, const SpecialFinder& special,
                            int64_t before, std::string_view name) const {
  if constexpr (sizeof(Id) == 2)
    check(has_narrow_ids(vocabulary_size()), "tokenizer", "A vocabulary of ", vocabulary_size(),
          " has ids that do not fit into 16 bits. Hint: take uint32_t");
  size_t count = 0;
  special.split(
      text, [&](std::string_view part) { count += write_ids(part, out.subspan(count)); },
      [&](int64_t id, std::string_view) {
        check_room(count + 1, out.size());
        out[count++] = static_cast<Id>(id);
      },
      before, name);
  return count;
}

template size_t Tokenizer::encode_to(std::string_view, std::span<uint16_t>, const SpecialFinder&, int64_t,
                                     std::string_view) const;
template size_t Tokenizer::encode_to(std::string_view, std::span<uint32_t>, const SpecialFinder&, int64_t,
                                     std::string_view) const;
template size_t Tokenizer::encode_to(std::string_view, std::span<int64_t>, const SpecialFinder&, int64_t,
                                     std::string_view) const;

size_t Tokenizer::encode_to(std::string_view text, std::span<uint16_t> out,
                            const EncodeOptions& options) const {
  return encode_to(text, out, finder(options));
}
size_t Tokenizer::encode_to(std::string_view text, std::span<uint32_t> out,
                            const EncodeOptions& options) const {
  return encode_to(text, out, finder(options));
}
size_t Tokenizer::encode_to(std::string_view text, std::span<int64_t> out,
                            const EncodeOptions& options) const {
  return encode_to(text, out, finder(options));
}

// Short texts share a block of work; one that is more than a thread's share has all threads for itself.
template <class Text>
std::vector<std::vector<int64_t>> Tokenizer::ids_of_all(std::span<const Text> texts,
                                                        const EncodeOptions& options) const {
  constexpr size_t block = 1 << 16, each = 64;  // bytes of texts, and what one costs beside its own
  const SpecialFinder special = finder(options);
  const bool plain = options == EncodeOptions();
  std::vector<std::vector<int64_t>> out(texts.size());
  auto encode_one = [&](size_t i) {
    out[i] = ids_of(texts[i], special, plain ? std::string() : text("Text ", i));
  };
  size_t share = 0;
  for (const Text& one : texts) share += one.size();
  share = std::max(share / static_cast<size_t>(num_threads()), block);
  for (size_t first = 0, last = 0; first < texts.size(); first = last) {
    std::vector<size_t> ends;  // of blocks
    for (size_t bytes = 0; last < texts.size() && texts[last].size() <= share; ++last) {
      if (bytes >= block) ends.push_back(last), bytes = 0;
      bytes += texts[last].size() + each;
    }
    ends.push_back(last);
    parallel_blocks(static_cast<int64_t>(ends.size()), [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      for (size_t one = at ? ends[at - 1] : first; one < ends[at]; ++one) encode_one(one);
    });
    if (last < texts.size()) encode_one(last++);
  }
  return out;
}

std::vector<std::vector<int64_t>> Tokenizer::encode_batch(std::span<const std::string_view> texts,
                                                          const EncodeOptions& options) const {
  return ids_of_all(texts, options);
}
std::vector<std::vector<int64_t>> Tokenizer::encode_batch(std::span<const std::string> texts,
                                                          const EncodeOptions& options) const {
  return ids_of_all(texts, options);
}

size_t Tokenizer::write_ids(std::string_view text, const Places& places) const {
  constexpr size_t block = 1 << 18;  // bytes that a thread encodes at a time
  size_t count = 0;
  while (!text.empty()) {
    std::vector<std::string_view> parts;
    for (size_t most = 4 * static_cast<size_t>(num_threads()); parts.size() < most && !text.empty();) {
      parts.push_back(text.substr(0, text.size() > block ? cut(text, block) : text.size()));
      text.remove_prefix(parts.back().size());
    }
    std::vector<std::vector<int64_t>> ids(parts.size());
    parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
      append_ids(parts[static_cast<size_t>(i)], ids[static_cast<size_t>(i)]);
    });
    for (const std::vector<int64_t>& part : ids) {
      put<int64_t>(part, count, places);
      count += part.size();
    }
  }
  return count;
}

void Tokenizer::check_room(size_t ids, size_t room) {
  check(ids <= room, "tokenizer", "The text has more ids than the ", room,
        " for which there is room. Hint: there are at most as many as bytes");
}

std::string Tokenizer::token_text(int64_t id) const { return escape(vocabulary_.token(id)); }

void Tokenizer::save(const std::string& path) const { write_file_atomically(path, saved()); }

std::string Tokenizer::saved() const {
  const TokenizerKind* row = tokenizers().find(kind());
  check(
      row && row->load && kind().find('\n') == std::string_view::npos, "tokenizer", "The kind \"", kind(),
      "\" has no row in tokenizers() that could load it again. Hint: const data::TokenizerEntry mine({.name "
      "= ..., .make = ..., .load = ...}), on one line");
  std::string rest = body();
  return join_tokenizer_file({kind(), rest});
}

}  // namespace lexigrad::data
