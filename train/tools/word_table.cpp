#include "lexigrad/train/tools/word_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

std::string quoted_where_blank(std::string_view token) {
  bool quoted = token.empty() || token.front() == ' ' || token.back() == ' ';
  return quoted ? text('"', data::escape(token), '"') : data::escape(token);
}

}  // namespace

void WordFlags::add_to(CLI::App& verb) {
  verb.add_option("RUN|FILE", source,
                  text("Folder of a training run, or vectors (", train::formats().listed(), ')'))
      ->required();
  add_integer(verb, "-k", k, 1, 1'000'000'000, "Words in an answer, by cosine");
  add_switch(verb, "--exact", exact, "Take each WORD as the token's whole text, as the tables print it");
  add_switch(verb, "--json", json, "Print JSON");
}

WordTable::WordTable(const WordFlags& flags) : exact_(flags.exact) {
  train::WordVectors vectors = train::load_run_vectors(flags.source);
  rows_ = vectors.rows;
  vocabulary_ = data::Vocabulary(vectors.words);
  if (train::is_folder(flags.source)) tokenizer_ = train::load_run_tokenizer(flags.source);
}

std::vector<int64_t> WordTable::candidates(const std::string& word) const {
  if (tokenizer_) return tokenizer_->candidates(word);
  std::vector<int64_t> ids;
  for (const std::string& spelling : {word, ' ' + word})
    if (int64_t id = vocabulary_.find(spelling); id >= 0) ids.push_back(id);
  return ids;
}

void WordTable::fail_unknown(const std::string& word) const {
  if (tokenizer_ && tokenizer_->has_whole_words()) {
    std::vector<int64_t> parts = tokenizer_->encode(word);
    std::string list;
    for (int64_t part : parts) list += text(list.empty() ? "" : ", ", '"', tokenizer_->token_text(part), '"');
    check(parts.size() <= 1, "neighbors", '"', data::escape(word), "\" is ", parts.size(), " tokens: ", list,
          ". Hint: ask for one of them");
  }
  if (tokenizer_) tokenizer_->id_of(word);
  vocabulary_.id_of(word);
  fail("neighbors", text('"', data::escape(word), "\" has no vector"));
}

// GPT-2 has two tokens for many words; the one with the leading blank is the word
// within a sentence.
int64_t WordTable::find(const std::string& word) const {
  if (exact_) return vocabulary_.id_of(data::unescape(word));
  std::vector<int64_t> ids = candidates(word);
  if (ids.empty()) fail_unknown(word);
  std::string_view token = vocabulary_.token(ids.back());
  if (token == ' ' + word)
    print_error(text("[neighbors] \"", data::escape(word), "\" is read as \"", data::escape(token),
                     "\", the word within a sentence",
                     ids.size() > 1 ? "; --exact takes the token without its leading blank" : ""));
  return ids.back();
}

std::string WordTable::shown(int64_t id) const { return quoted_where_blank(vocabulary_.token(id)); }

std::string WordTable::escaped(int64_t id) const { return data::escape(vocabulary_.token(id)); }

std::string WordTable::table(const std::string& heading, const std::vector<NearRow>& found) const {
  std::string lines = heading + '\n';
  int64_t width = 0;
  for (const NearRow& near : found) width = std::max(width, width_of(shown(near.id)));
  for (const NearRow& near : found)
    lines += text("  ", padded(shown(near.id), width), padded(fixed(near.similarity, 4), -9), '\n');
  return lines;
}

}  // namespace lexigrad::tools
