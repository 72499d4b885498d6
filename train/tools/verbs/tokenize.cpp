// lexigrad tokenize: text on standard input to ids on standard output, and back.
#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/train/tools/command.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string tokenizer = "gpt2", gpt2_dir, run;
  bool decode = false, pieces = false, special = false;
};

std::unique_ptr<data::Tokenizer> make_tokenizer(const Options& options, std::string_view text) {
  using namespace data;
  if (!options.run.empty()) return train::load_run_tokenizer(options.run);
  if (options.tokenizer == "word") return std::make_unique<WordTokenizer>(WordTokenizer::from_text(text));
  return std::make_unique<Gpt2Tokenizer>(options.gpt2_dir.empty() ? Gpt2Tokenizer::from_cache()
                                                                  : Gpt2Tokenizer(options.gpt2_dir));
}

std::vector<int64_t> parse_ids(std::string_view input, int64_t vocabulary) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<int64_t> ids;
  for (size_t at = 0; (at = input.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
    size_t end = std::min(input.find_first_of(kBlanks, at), input.size());
    std::string_view word = input.substr(at, end - at);
    int64_t id = 0;
    auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    check(error == std::errc() && stop == word.data() + word.size(), "tokenize", "\"",
          data::escape(word.substr(0, 40)), "\" at position ", ids.size(), " (byte ", at,
          ") is no id. Hint: --decode reads whole numbers with blanks between.");
    check(id >= 0 && id < vocabulary, "tokenize", "Id ", id, " at position ", ids.size(),
          " is outside the vocabulary (valid ids are 0..", vocabulary - 1,
          "). Hint: decode with the tokenizer that encoded.");
    ids.push_back(id);
    at = end;
  }
  return ids;
}

void print_ids(const std::vector<int64_t>& ids) {
  std::string line;
  for (int64_t id : ids) line += text(line.empty() ? "" : " ", id);
  print(line + '\n');
}

void print_pieces(const data::Tokenizer& tokenizer, const std::vector<int64_t>& ids) {
  std::string lines;
  for (int64_t id : ids) lines += text(id, '\t', tokenizer.token_text(id), '\n');
  print(lines);
}

int tokenize(const Options& options) {
  bool word = options.run.empty() && options.tokenizer == "word";
  if (word && options.decode)
    return bad_usage("tokenize",
                     "--decode with --tokenizer word needs a vocabulary. Hint: --run RUN names it.");
  if (word && !options.gpt2_dir.empty())
    return bad_usage("tokenize", "--gpt2-dir goes with --tokenizer gpt2, not with word.");
  std::string input = read_input();
  std::unique_ptr<data::Tokenizer> tokenizer = make_tokenizer(options, input);
  if (options.decode) {
    print(tokenizer->decode(parse_ids(input, tokenizer->vocabulary_size())));
    return 0;
  }
  std::vector<int64_t> ids = tokenizer->encode(input, {.allow_special = options.special});
  if (options.pieces)
    print_pieces(*tokenizer, ids);
  else
    print_ids(ids);
  return 0;
}

}  // namespace

void add_tokenize(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App& verb = *app.add_subcommand("tokenize", "Turn text on standard input into ids on standard output");
  auto* kind = add_choice(
      verb, "--tokenizer", options->tokenizer, {"word", "gpt2"},
      "word learns the vocabulary of the input itself: alphabetical, then <|unk|> and <|endoftext|>");
  auto* folder = add_text(verb, "--gpt2-dir", options->gpt2_dir, "Folder of encoder.json and vocab.bpe",
                          "$LEXIGRAD_CACHE/gpt2, else ~/.cache/lexigrad/gpt2");
  add_text(verb, "--run", options->run, "Take the tokenizer of this RUN folder", "none")
      ->excludes(kind)
      ->excludes(folder);
  auto* pieces =
      add_switch(verb, "--pieces", options->pieces,
                 "Print a line for each token: id, tab, its text with \\n, \\t, \\xNN for what is invisible");
  add_switch(verb, "--decode", options->decode, "Turn ids into text, to the byte")->excludes(pieces);
  add_switch(verb, "--special", options->special, "Read <|endoftext|> in the text as its one id");
  verb.footer("Ids are printed on one line, with blanks between.");
  verb.callback([options, &exit_code] { exit_code = tokenize(*options); });
}

}  // namespace lexigrad::tools
