// lexigrad neighbors: the words nearest to each WORD.
#include "lexigrad/train/vectors/neighbors.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string source;
  std::vector<std::string> words;
  int64_t k = 10;
  bool exact = false, json = false;
};

// Vectors with their words, and the tokenizer where they come from a RUN folder.
struct Table {
  Tensor rows;
  data::Vocabulary vocabulary;
  std::unique_ptr<data::Tokenizer> tokenizer;
};

Table load_table(const std::string& source) {
  train::WordVectors vectors = train::load_run_vectors(source);
  Table table{vectors.rows, data::Vocabulary(vectors.words), nullptr};
  if (train::is_folder(source)) table.tokenizer = train::load_run_tokenizer(source);
  return table;
}

// A token as a person sees it: escaped, and in quotes where blanks at its ends would not show.
std::string shown(std::string_view token) {
  bool quoted = token.empty() || token.front() == ' ' || token.back() == ' ';
  return quoted ? text('"', data::escape(token), '"') : data::escape(token);
}

std::vector<int64_t> candidates(const Table& table, const std::string& word) {
  if (table.tokenizer) return table.tokenizer->candidates(word);
  std::vector<int64_t> ids;
  for (const std::string& spelling : {word, ' ' + word})
    if (int64_t id = table.vocabulary.find(spelling); id >= 0) ids.push_back(id);
  return ids;
}

[[noreturn]] void fail_unknown(const Table& table, const std::string& word) {
  if (table.tokenizer && table.tokenizer->has_whole_words()) {
    std::vector<int64_t> parts = table.tokenizer->encode(word);
    std::string list;
    for (int64_t part : parts)
      list += text(list.empty() ? "" : ", ", '"', table.tokenizer->token_text(part), '"');
    check(parts.size() <= 1, "neighbors", '"', data::escape(word), "\" is ", parts.size(), " tokens: ", list,
          ". Hint: ask for one of them");
  }
  if (table.tokenizer) table.tokenizer->id_of(word);
  table.vocabulary.id_of(word);
  fail("neighbors", text('"', data::escape(word), "\" has no vector"));
}

// GPT-2 has two tokens for many words; the one with the leading blank is the word within a sentence.
int64_t find_word(const Table& table, const std::string& word, bool exact) {
  if (exact) return table.vocabulary.id_of(data::unescape(word));
  std::vector<int64_t> ids = candidates(table, word);
  if (ids.empty()) fail_unknown(table, word);
  std::string_view token = table.vocabulary.token(ids.back());
  if (token == ' ' + word)
    print_error(text("[neighbors] \"", data::escape(word), "\" is read as \"", data::escape(token),
                     "\", the word within a sentence",
                     ids.size() > 1 ? "; --exact takes the token without its leading blank" : ""));
  return ids.back();
}

void print_table(const Table& table, int64_t id, const std::vector<NearRow>& found) {
  std::string lines = shown(table.vocabulary.token(id)) + '\n';
  int64_t width = 0;
  std::vector<std::string> words;
  for (const NearRow& near : found) {
    words.push_back(shown(table.vocabulary.token(near.id)));
    width = std::max(width, width_of(words.back()));
  }
  for (size_t i = 0; i < found.size(); ++i)
    lines += text("  ", padded(words[i], width), padded(fixed(found[i].similarity, 4), -9), '\n');
  print(lines);
}

Json as_json(const Table& table, const std::string& query, int64_t id, const std::vector<NearRow>& found) {
  auto token = [&](int64_t row) { return data::escape(table.vocabulary.token(row)); };
  Json list = Json::array();
  for (const NearRow& near : found)
    list.push_back({{"word", token(near.id)}, {"id", near.id}, {"similarity", near.similarity}});
  return {{"query", data::escape(query)}, {"word", token(id)}, {"id", id}, {"neighbors", list}};
}

void find_neighbors(const Options& options) {
  Table table = load_table(options.source);
  std::vector<int64_t> ids;
  for (const std::string& word : options.words) ids.push_back(find_word(table, word, options.exact));
  Json json = Json::array();
  for (size_t i = 0; i < ids.size(); ++i) {
    std::vector<NearRow> found = nearest_rows(table.rows, ids[i], options.k);
    if (options.json)
      json.push_back(as_json(table, options.words[i], ids[i], found));
    else
      print_table(table, ids[i], found);
  }
  if (options.json) print(json.dump(1) + '\n');
}

}  // namespace

void add_neighbors(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->source,
                  text("Folder of a training run, or vectors (", train::formats().listed(), ')'))
      ->required();
  verb.add_option("WORD", options->words,
                  "Word to look up; GPT-2's tokens are found with and without their leading blank")
      ->required();
  add_integer(verb, "-k", options->k, 1, 1'000'000'000, "Neighbours of each word, by cosine");
  add_switch(verb, "--exact", options->exact,
             "Take each WORD as the token's whole text, as the tables print it");
  add_switch(verb, "--json", options->json, "Print a JSON array");
  verb.callback([options] { find_neighbors(*options); });
}

}  // namespace lexigrad::tools
