// lexigrad corpus: a generated text with known answers.
#include <CLI/CLI.hpp>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

constexpr int64_t kMost = 1'000'000'000;

struct Options {
  data::PlantedOptions corpus;
  int64_t seed = static_cast<int64_t>(data::PlantedOptions{}.seed);
  std::string out, truth;
};

int write_corpus(Options& options) {
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
  add_text(verb, "--out", options->out, "File that gets the text, one sentence a line")
      ->type_name("TEXT")
      ->required();
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
  verb.callback([options, &exit_code] { exit_code = write_corpus(*options); });
}

}  // namespace lexigrad::tools
