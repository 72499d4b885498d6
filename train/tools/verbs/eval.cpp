// lexigrad eval: how vectors do on sets of word pairs, analogies, classes of words and pairs of sentences.
#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/vectors/sets/analogies.h"
#include "lexigrad/train/vectors/sets/set_scores.h"

namespace lexigrad::tools {
namespace {

using Json = nlohmann::ordered_json;
using train::SetKind;

struct Options {
  std::string source, kind = "auto", method = "add";
  std::vector<std::string> sets;
  int64_t k = 5, restrict = train::AnalogyOptions{}.restrict, seed = 0;
  bool oov_zero = false, json = false;

  train::Unknown unknown() const { return oov_zero ? train::Unknown::counted : train::Unknown::left_out; }
  std::optional<SetKind> stated_kind() const {
    for (size_t i = 0; i < std::size(train::kSetKinds); ++i)
      if (kind == train::kSetKinds[i]) return static_cast<SetKind>(i);
    return {};
  }
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// A line of the answer: what was measured, the value, and of how many items.
Json measure(const std::string& name, const char* what, double value, int64_t counted, int64_t unknown) {
  return {{"set", data::escape(name)},
          {"measure", what},
          {"value", number(value)},
          {"counted", counted},
          {"unknown", unknown}};
}

void add_pairs(Json& out, const std::string& name, const train::Agreement& found) {
  Json spearman = measure(name, "spearman", found.spearman, found.counted, found.unknown);
  spearman["low"] = number(found.interval.low), spearman["high"] = number(found.interval.high);
  out.push_back(spearman);
  out.push_back(measure(name, "pearson", found.pearson, found.counted, found.unknown));
}

void add_sections(Json& out, const std::string& name, const std::vector<train::SectionScore>& sections,
                  const char* what) {
  auto add = [&](const std::string& label, const train::SectionScore& score) {
    out.push_back(measure(label, what,
                          static_cast<double>(score.correct) / static_cast<double>(score.counted),
                          score.counted, score.unknown));
    out.back()["correct"] = score.correct;
  };
  train::SectionScore all;
  for (const train::SectionScore& score : sections) {
    add(text(name, ": ", score.name), score);
    all.counted += score.counted, all.unknown += score.unknown, all.correct += score.correct;
  }
  add(name, all);
}

Json measures(const Options& options) {
  const train::WordVectors vectors = train::load_run_vectors(options.source);
  const train::WordIndex index(vectors.words);
  Json out = Json::array();
  for (const std::string& path : options.sets) {
    const train::EvaluationSet set = train::read_evaluation_set(path, options.stated_kind());
    const std::string name = path.substr(path.rfind('/') + 1);
    if (set.kind == SetKind::analogies) {
      const bool multiply = options.method == "mul";
      add_sections(out, name,
                   train::score_analogies(vectors.rows, index, set,
                                          {.method = multiply ? AnalogyMethod::multiply : AnalogyMethod::add,
                                           .restrict = options.restrict,
                                           .unknown = options.unknown()}),
                   multiply ? "3CosMul" : "3CosAdd");
    } else if (set.kind == SetKind::classes) {
      const train::Purity found = train::score_classes(vectors.rows, index, set, options.k);
      out.push_back(measure(name, "purity", found.purity, found.counted, found.unknown));
    } else {
      add_pairs(out, name,
                train::score_pairs(vectors.rows, index, set, options.unknown(),
                                   static_cast<uint64_t>(options.seed)));
    }
  }
  return out;
}

std::string four_digits(const Json& line, const char* key) {
  return !line.contains(key) ? "" : line[key].is_null() ? "-" : fixed(line[key].get<double>(), 4);
}

std::string table_text(const Json& lines) {
  int64_t width = 0;
  for (const Json& line : lines) width = std::max(width, width_of(line["set"].get<std::string>()));
  auto row = [&](const std::string& set, const std::string& what,
                 std::initializer_list<std::string> numbers) {
    std::string out = text(padded(set, width), "  ", padded(what, 8));
    for (const std::string& each : numbers) out += padded(each, -9);
    return out + '\n';
  };
  std::string out = row("set", "measure", {"value", "low", "high", "counted", "unknown"});
  for (const Json& line : lines)
    out += row(line["set"], line["measure"],
               {four_digits(line, "value"), four_digits(line, "low"), four_digits(line, "high"),
                with_commas(line["counted"]), with_commas(line["unknown"])});
  return out;
}

void eval(const Options& options) {
  const Json found = measures(options);
  print(options.json ? data::json_text(found, 1) + '\n' : table_text(found));
}

}  // namespace

void add_eval(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->source,
                  text("Folder of a training run, or vectors (", train::formats().listed(), ')'))
      ->required();
  verb.add_option(
          "SETS", options->sets,
          "Files, one item a line: word pairs (a b score), analogies (a b c d, under lines \": section\"), "
          "classes (word class), sentences (text, text, score, with tabs between)")
      ->required();
  std::vector<std::string> kinds = {"auto"};
  kinds.insert(kinds.end(), std::begin(train::kSetKinds), std::end(train::kSetKinds));
  add_choice(verb, "--kind", options->kind, kinds, "What the files are; auto goes by their first line");
  add_choice(verb, "--method", options->method, {"add", "mul"},
             "How analogies are answered: cosines added (3CosAdd) or multiplied (3CosMul)");
  add_integer(verb, "--restrict", options->restrict, 1, 1'000'000'000,
              "Analogies are among as many first, which is most frequent, words");
  add_integer(verb, "-k", options->k, 1, 1'000'000'000, "Neighbours of a word that purity looks at");
  add_switch(verb, "--oov-zero", options->oov_zero,
             "Count pairs with a word that has no vector as of similarity 0, and analogies as wrong");
  add_integer(verb, "--seed", options->seed, 0, 1'000'000'000'000, "Seed of the bootstrap's resamples");
  add_switch(verb, "--json", options->json, "Print JSON");
  verb.callback([options] { eval(*options); });
}

}  // namespace lexigrad::tools
