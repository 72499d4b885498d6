// lexigrad corpus: a generated text with known answers, and what a text is like.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/corpora/corpus_statistics.h"
#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/pictures/svg_plot.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

constexpr int64_t kMost = 1'000'000'000;

struct Options {
  data::PlantedOptions corpus;
  int64_t seed = static_cast<int64_t>(data::PlantedOptions{}.seed);
  std::string out, truth;
  std::vector<std::string> statistics;  // texts
  std::string field, encoding = "auto", picture;
  bool json = false;
};

// Rank and frequency at some hundred ranks, as powers of ten.
void save_picture(const std::string& path, const std::vector<int64_t>& frequencies) {
  train::Series words{.name = "words", .points = {}};
  for (double rank = 1; rank <= static_cast<double>(frequencies.size());
       rank = std::max(rank + 1, rank * 1.07)) {
    auto at = static_cast<size_t>(rank);
    words.points.emplace_back(std::log10(static_cast<double>(at)),
                              std::log10(static_cast<double>(frequencies[at - 1])));
  }
  train::save_svg_plot(path, {{.title = "How often words are there, the most frequent first (Zipf)",
                               .x_label = "rank, as a power of ten",
                               .y_label = "times, as a power of ten",
                               .series = {words},
                               .references = {}}});
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

std::string statistics_text(const data::CorpusStatistics& found, const std::vector<int64_t>& frequencies) {
  int64_t types = found.words.words().size(), once = std::count(frequencies.begin(), frequencies.end(), 1);
  std::string kinds;
  for (const auto& [kind, count] : found.encodings)
    kinds += text(kinds.empty() ? "" : ", ", kind, found.documents > 1 ? text(' ', with_commas(count)) : "");
  auto share = [](int64_t part, int64_t all) {
    return percent(static_cast<double>(part) / std::max(1.0, static_cast<double>(all)));
  };
  std::string out = text(
      "texts           ", with_commas(found.documents), ", ", bytes_text(found.bytes), "\n",
      "encodings       ", kinds, "\n", "words           ", with_commas(found.words.total()), "\n",
      "different words ", with_commas(types), ", ", share(once, types), " of them once\n", "Zipf's exponent ",
      fixed(data::zipf_exponent(frequencies), 2), "\n", "lines           ", with_commas(found.lines), ", ",
      share(found.blank_lines, found.lines), " blank\n", "repeated lines  ", percent(found.repeated_share()),
      found.repeats_are_sampled() ? " of a sample" : "", "\n", "longest line    ",
      bytes_text(found.longest_line), " (", data::visible(found.longest_line_at), ")\n");
  if (found.words.short_by() > 0)
    out += text("rare words were forgotten to bound memory: a count is too low by at most ",
                with_commas(found.words.short_by()), "\n");
  return out;
}

std::string statistics_json(const data::CorpusStatistics& found, const std::vector<int64_t>& frequencies) {
  const nlohmann::ordered_json json = {{"texts", found.documents},
                                       {"bytes", found.bytes},
                                       {"encodings", found.encodings},
                                       {"words", found.words.total()},
                                       {"different_words", found.words.words().size()},
                                       {"counts_short_by", found.words.short_by()},
                                       {"zipf_exponent", data::zipf_exponent(frequencies)},
                                       {"lines", found.lines},
                                       {"blank_lines", found.blank_lines},
                                       {"repeated_lines_share", found.repeated_share()},
                                       {"repeated_lines_sampled", found.repeats_are_sampled()},
                                       {"longest_line_bytes", found.longest_line},
                                       {"longest_line_at", found.longest_line_at}};
  return data::json_text(json, 1) + '\n';
}

int show_statistics(const Options& options) {
  data::Documents documents(options.statistics, {.encoding = options.encoding, .field = options.field});
  data::CorpusStatistics found;
  found.add(documents);
  const std::vector<int64_t> frequencies = found.frequencies();
  check(!frequencies.empty(), "corpus", "There is no word in the texts");
  if (!options.picture.empty()) save_picture(options.picture, frequencies);
  print(options.json ? statistics_json(found, frequencies) : statistics_text(found, frequencies));
  return 0;
}

int write_corpus(Options& options) {
  if (options.out.empty())
    return bad_usage(
        "corpus",
        "--out is required for a text to be generated, or --statistics TEXT for one that is there.");
  if (options.out == options.truth)
    return bad_usage("corpus",
                     text("--out and --truth are both \"", options.out, "\". Hint: name two files."));
  options.corpus.seed = static_cast<uint64_t>(options.seed);
  data::PlantedCorpus corpus;
  try {
    corpus = data::make_planted_corpus(options.corpus);
  } catch (const std::invalid_argument& error) {
    return bad_usage("corpus", text("--sentences, --classes, --words-per-class, --controls-per-class and "
                                    "--min-count do not fit together: ",
                                    error.what()));
  }
  write_files_together([&] {
    write_file_atomically(options.out, corpus.text);
    if (!options.truth.empty()) write_file_atomically(options.truth, data::truth_json(corpus.truth));
  });
  print(text("wrote ", options.out, ": ", with_commas(options.corpus.sentences), " sentences, ",
             bytes_text(static_cast<int64_t>(corpus.text.size())), ", ", corpus.truth.classes.size(),
             " classes of ", options.corpus.words_per_class, " words, ", corpus.truth.controls.size(),
             " control words\n"));
  if (!options.truth.empty()) print(text("wrote ", options.truth, ": which word is of which class\n"));
  return 0;
}

}  // namespace

void add_corpus(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  data::PlantedOptions& corpus = options->corpus;
  add_text(verb, "--out", options->out, "File that gets the text, one sentence a line")->type_name("TEXT");
  add_text(verb, "--truth", options->truth, "File that gets the classes, words and controls", "not written")
      ->type_name("JSON");
  add_integer(verb, "--seed", options->seed, 0, std::numeric_limits<int64_t>::max(),
              "Seed of all that is drawn");
  add_integer(verb, "--classes", corpus.classes, 2, kMost, "Classes of words with the same contexts");
  add_integer(verb, "--words-per-class", corpus.words_per_class, 2, kMost, "Words of each class");
  add_integer(verb, "--sentences", corpus.sentences, 1, kMost, "Lines of text");
  add_integer(verb, "--controls-per-class", corpus.controls_per_class, 0, kMost,
              "Words as frequent as those of each class, but in the contexts of all classes");
  add_integer(verb, "--min-count", corpus.min_count, 1, kMost, "Least number of times that a word occurs");
  auto* statistics =
      verb.add_option("--statistics", options->statistics,
                      "Say what these texts are like instead: files, packed or not, folders; - is "
                      "standard input")
          ->type_name("TEXT");
  for (CLI::Option* other : verb.get_options())
    if (other != statistics && other != verb.get_help_ptr()) statistics->excludes(other);
  add_text(verb, "--field", options->field,
           "With --statistics, of JSON lines: this field is a text of its own", "none")
      ->needs(statistics);
  add_choice(verb, "--encoding", options->encoding, data::encodings(), "With --statistics, of the texts")
      ->needs(statistics);
  add_text(verb, "--picture", options->picture, "With --statistics: an SVG of how often words are, by rank",
           "none")
      ->needs(statistics);
  add_switch(verb, "--json", options->json, "With --statistics: print JSON")->needs(statistics);
  verb.callback([options, &exit_code] {
    exit_code = options->statistics.empty() ? write_corpus(*options) : show_statistics(*options);
  });
}

}  // namespace lexigrad::tools
