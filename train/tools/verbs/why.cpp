// lexigrad why RUN A B: the contexts in the text that pulled two words together.
#include "lexigrad/train/vectors/why.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/run_text.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/word_table.h"

namespace lexigrad::tools {
namespace {

struct Options {
  WordFlags flags;
  std::vector<std::string> texts;
  int64_t window = 5;
};

// A text as the run's ids, with the ends of its documents.
struct RunIds {
  data::TokenArray tokens;
  std::vector<int64_t> ends;
};

RunIds open_token_file(const data::Tokenizer& tokenizer, const std::string& path) {
  const data::TokenFile file(path);
  Xxh64 vocabulary;
  vocabulary.update(tokenizer.saved());
  if (file.vocabulary_sum() != vocabulary.hex())
    fail_file("why", "Its ids are of another vocabulary than the run's. Hint: the token file of its training",
              path);
  return {file.tokens(), file.document_ends()};
}

RunIds encode_texts(const data::Tokenizer& tokenizer, const std::vector<std::string>& paths,
                    const data::DocumentOptions& options) {
  data::Documents documents(paths, options);
  data::TokenArrayBuilder tokens(tokenizer.vocabulary_size(), 0);
  std::vector<int64_t> ends;
  int64_t size = 0;
  while (std::unique_ptr<data::ByteSource> document = documents.next()) {
    data::for_each_ids(tokenizer, *document, {}, [&](auto ids) {
      tokens.append(std::vector<int64_t>(ids.begin(), ids.end()));
      size += static_cast<int64_t>(ids.size());
    });
    ends.push_back(size);
  }
  return {std::move(tokens).finish(), std::move(ends)};
}

// The text that --text names, or the run's own.
RunIds read_ids(const Options& options, const data::Tokenizer& tokenizer) try {
  const train::TrainConfig config = train::read_config(options.flags.source);
  const std::vector<std::string> paths = options.texts.empty() ? train::text_paths(config) : options.texts;
  check(options.texts.size() > 0 || paths[0] != "-", "why",
        "The run read its text from standard input. Hint: name a file of it by --text");
  if (!data::TokenFile::is_one(paths[0]))
    return encode_texts(tokenizer, paths, {.encoding = config.encoding});
  check(paths.size() == 1, "why", "There are ", paths.size(),
        " token files. Hint: name one of them by --text");
  return open_token_file(tokenizer, paths[0]);
} catch (const FileError& error) {
  fail_again(error,
             options.texts.empty() ? ". The run was trained on it; --text names it where it has moved" : "");
}

struct Answer {
  std::string a, b;  // the words as they are shown
  double learnt;     // cosine of their vectors
  train::WhyNear why;
  std::string example_a, example_b;
};

std::string answer_text(const Answer& answer, const WordTable& table, const Options& options) {
  const auto& [a, b, learnt, why, example_a, example_b] = answer;
  const auto shown = std::min<size_t>(why.contexts.size(), static_cast<size_t>(options.flags.k));
  int64_t width = width_of("cosine by contexts");
  double rest = why.cosine;
  std::string lines;
  for (size_t i = 0; i < shown; ++i) width = std::max(width, width_of(table.shown(why.contexts[i].id)));
  auto line = [&](const std::string& name, std::initializer_list<std::string> cells) {
    lines += padded(name, width);
    for (const std::string& cell : cells) lines += padded(cell, -10);
    lines += '\n';
  };
  line("shared context", {"near A", "near B", "PPMI A", "PPMI B", "share"});
  for (size_t i = 0; i < shown; ++i) {
    const train::SharedContext& each = why.contexts[i];
    line(table.shown(each.id), {with_commas(each.count_a), with_commas(each.count_b), fixed(each.ppmi_a, 2),
                                fixed(each.ppmi_b, 2), fixed(each.share, 4)});
    rest -= each.share;
  }
  if (shown < why.contexts.size())
    line(text(with_commas(static_cast<int64_t>(why.contexts.size() - shown)), " others"),
         {"", "", "", "", fixed(rest, 4)});
  line("cosine by contexts", {"", "", "", "", fixed(why.cosine, 4)});
  line("cosine of vectors", {"", "", "", "", fixed(learnt, 4)});
  return text("A is ", a, " (", with_commas(why.count_a), " in the text), B is ", b, " (",
              with_commas(why.count_b), "); contexts are within ", options.window, " tokens\n", lines,
              "A: ... ", example_a, " ...\nB: ... ", example_b, " ...\n");
}

std::string answer_json(const Answer& answer, const WordTable& table, const Options& options) {
  using Json = nlohmann::ordered_json;
  Json contexts = Json::array();
  for (const train::SharedContext& each : answer.why.contexts) {
    if (static_cast<int64_t>(contexts.size()) == options.flags.k) break;
    contexts.push_back({{"word", table.escaped(each.id)},
                        {"id", each.id},
                        {"near_a", each.count_a},
                        {"near_b", each.count_b},
                        {"ppmi_a", each.ppmi_a},
                        {"ppmi_b", each.ppmi_b},
                        {"share", each.share}});
  }
  return data::json_text(Json{{"a", answer.a},
                              {"b", answer.b},
                              {"window", options.window},
                              {"count_a", answer.why.count_a},
                              {"count_b", answer.why.count_b},
                              {"cosine_of_vectors", answer.learnt},
                              {"cosine_by_contexts", answer.why.cosine},
                              {"shared_contexts", answer.why.contexts.size()},
                              {"contexts", contexts},
                              {"example_a", answer.example_a},
                              {"example_b", answer.example_b}},
                         1) +
         '\n';
}

void explain(const Options& options) {
  const std::string& run = options.flags.source;
  check(train::is_folder(run), "why", run,
        " is a file. Hint: name a folder that `lexigrad train TEXT --out RUN` wrote");
  const WordTable table(options.flags);
  const int64_t a = table.find(options.flags.words[0]), b = table.find(options.flags.words[1]);
  const std::unique_ptr<data::Tokenizer> tokenizer = train::load_run_tokenizer(run);
  const RunIds read = read_ids(options, *tokenizer);
  const train::WhyNear why =
      train::why_near(read.tokens, tokenizer->vocabulary_size(), a, b, options.window, read.ends);
  for (auto [id, count] : {std::pair{a, why.count_a}, {b, why.count_b}})
    check(
        count > 0, "why", '"', table.escaped(id),
        "\" is not in the text, and nothing there pulled it. Hint: name the text of the run's training by --text");
  auto example = [&](train::Stretch place) {
    std::vector<int64_t> ids(static_cast<size_t>(place.end - place.begin));
    read.tokens.copy(place.begin, place.end - place.begin, ids.data());
    return data::escape(tokenizer->decode(ids));
  };
  const Answer answer{table.shown(a),         table.shown(b),        cosine(table.rows(), a, b), why,
                      example(why.example_a), example(why.example_b)};
  print(options.flags.json ? answer_json(answer, table, options) : answer_text(answer, table, options));
}

}  // namespace

void add_why(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN", options->flags.source, "Folder of a training run")->required();
  verb.add_option("WORD", options->flags.words, "Two words")->required()->expected(2);
  verb.add_option("--text", options->texts,
                  "Texts or a token file, where the run's own have moved, or others to explain it by")
      ->type_name("TEXT");
  add_integer(verb, "--window", options->window, 1, 1'000'000,
              "Tokens on each side that are a word's contexts");
  add_integer(verb, "-k", options->flags.k, 1, 1'000'000'000,
              "Contexts that are listed, the largest share first");
  add_switch(verb, "--json", options->flags.json, "Print JSON");
  verb.callback([options] { explain(*options); });
}

}  // namespace lexigrad::tools
