// lexigrad neighbors: the words nearest to each WORD, or to a vector; cosines of WORDs, and the one that does not fit.
#include "lexigrad/train/vectors/neighbors.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/word_table.h"

namespace lexigrad::tools {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  WordFlags flags;
  std::string vector;
  bool cosine = false, odd = false;
};

// The numbers of --vector, with blanks or commas between.
Tensor parse_vector(std::string_view numbers) {
  constexpr std::string_view between = " \t\r\n,";
  std::vector<double> values;
  for (size_t at = 0; (at = numbers.find_first_not_of(between, at)) != std::string_view::npos;) {
    size_t end = std::min(numbers.find_first_of(between, at), numbers.size());
    std::string_view word = numbers.substr(at, end - at);
    double& value = values.emplace_back();
    auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    check(error == std::errc() && stop == word.data() + word.size(), "neighbors", "\"",
          data::escape(word.substr(0, 40)),
          "\" in --vector is no number. Hint: numbers with blanks or commas between");
    at = end;
  }
  auto size = static_cast<int64_t>(values.size());
  return from_values<double>(values, {size});
}

using Found = std::vector<std::pair<std::string, int64_t>>;

// The words that have a vector; the others are named, and cost the exit code.
Found find_words(const WordTable& table, const Options& options, int& exit_code) {
  Found out;
  for (const std::string& word : options.flags.words) try {
      out.emplace_back(word, table.find(word));
    } catch (const std::invalid_argument& error) {
      print_error(error.what());
      exit_code = kFailed;
    }
  return out;
}

void print_neighbors(const WordTable& table, const Found& words, const Options& options) {
  Json json = Json::array();
  if (!options.vector.empty()) {
    std::vector<NearRow> near = nearest(table.rows(), parse_vector(options.vector), options.flags.k);
    json.push_back({{"vector", options.vector}, {"neighbors", near_json<Json>(table, near)}});
    if (!options.flags.json) print(table.table("--vector", near));
  }
  std::vector<int64_t> ids;
  for (const auto& [word, id] : words) ids.push_back(id);
  const std::vector<std::vector<NearRow>> found = nearest_rows(table.rows(), ids, options.flags.k);
  for (size_t i = 0; i < words.size(); ++i) {
    const auto& [word, id] = words[i];
    const std::vector<NearRow>& near = found[i];
    json.push_back({{"query", data::escape(word)},
                    {"word", table.escaped(id)},
                    {"id", id},
                    {"neighbors", near_json<Json>(table, near)}});
    if (!options.flags.json) print(table.table(table.shown(id), near));
  }
  if (options.flags.json) print(data::json_text(json, 1) + '\n');
}

void print_cosines(const WordTable& table, const Found& words, bool as_json) {
  Json json = Json::array();
  for (size_t i = 0; i < words.size(); ++i)
    for (size_t j = i + 1; j < words.size(); ++j) {
      int64_t a = words[i].second, b = words[j].second;
      double similarity = cosine(table.rows(), a, b);
      json.push_back({{"a", table.escaped(a)}, {"b", table.escaped(b)}, {"similarity", similarity}});
      if (!as_json) print(text(table.shown(a), "  ", table.shown(b), "  ", fixed(similarity, 4), '\n'));
    }
  if (as_json) print(data::json_text(json, 1) + '\n');
}

void print_odd_one(const WordTable& table, const Found& words, bool as_json) {
  std::vector<int64_t> ids;
  for (const auto& [word, id] : words) ids.push_back(id);
  int64_t odd = odd_one_out(table.rows(), ids);
  print(as_json ? data::json_text(Json{{"word", table.escaped(odd)}, {"id", odd}}, 1) + '\n'
                : table.shown(odd) + '\n');
}

int answer(const Options& options) {
  size_t least = options.odd ? 3 : options.cosine ? 2 : options.vector.empty() ? 1 : 0;
  if (options.flags.words.size() < least)
    return bad_usage("neighbors", least == 1 ? "WORD is required, or --vector."
                                             : text("Give ", least, " WORDs or more, not ",
                                                    options.flags.words.size(), '.'));
  int exit_code = 0;
  WordTable table(options.flags);
  Found words = find_words(table, options, exit_code);
  if (words.size() < least && least > 1) return kFailed;
  if (options.odd)
    print_odd_one(table, words, options.flags.json);
  else if (options.cosine)
    print_cosines(table, words, options.flags.json);
  else
    print_neighbors(table, words, options);
  return exit_code;
}

}  // namespace

void add_neighbors(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->flags.add_to(verb);
  verb.add_option("WORD", options->flags.words,
                  "Word to look up; GPT-2's tokens are found with and without their leading blank");
  auto* vector = add_text(verb, "--vector", options->vector,
                          "Numbers, with blanks or commas between: the words nearest to them", "none");
  auto* cosine = add_switch(verb, "--cosine", options->cosine, "Print the cosine of each two of the WORDs")
                     ->excludes(vector);
  add_switch(verb, "--odd-one-out", options->odd, "Print the one of the WORDs that is least like the others")
      ->excludes(vector)
      ->excludes(cosine);
  verb.callback([options, &exit_code] { exit_code = answer(*options); });
}

}  // namespace lexigrad::tools
