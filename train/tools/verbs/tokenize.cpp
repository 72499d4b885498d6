// lexigrad tokenize: text on standard input to ids on standard output, and back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string tokenizer{data::Gpt2Tokenizer::kKind}, run, encoding = "auto";
  OptionValues values;                             ///< of every kind's options
  std::map<std::string, CLI::Option*> flags = {};  ///< theirs, by the option's name
  bool decode = false, pieces = false, special = false;
  int64_t train = 0;  ///< tokens to learn; 0: none
  std::vector<std::string> texts = {};
  std::string out = {};
};

bool has_option(const data::TokenizerKind& kind, const std::string& name) {
  return std::any_of(kind.options.begin(), kind.options.end(),
                     [&](const Option& option) { return option.name == name; });
}

// What is wrong with the flags for a tokenizer of this kind; empty where nothing is.
std::string contradiction(const Options& options, const data::TokenizerKind& kind) {
  if (kind.learns && options.decode)
    return text("--decode with --tokenizer ", kind.name, " needs a vocabulary. Hint: --run RUN names it.");
  for (const auto& [name, flag] : options.flags) {
    if (flag->count() == 0 || has_option(kind, name)) continue;
    std::string owners;
    for (const data::TokenizerKind& each : data::tokenizers())
      if (has_option(each, name)) owners += (owners.empty() ? "" : " or ") + each.name;
    return text("--", name, " goes with --tokenizer ", owners, ", not with ", kind.name, '.');
  }
  return "";
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
  char digits[20];
  for (int64_t id : ids) {
    line.append(digits, std::to_chars(digits, std::end(digits), id).ptr);
    line += ' ';
  }
  if (!ids.empty()) line.pop_back();
  print(line + '\n');
}

void print_pieces(const data::Tokenizer& tokenizer, const std::vector<int64_t>& ids) {
  std::string lines;
  for (int64_t id : ids) lines += text(id, '\t', tokenizer.token_text(id), '\n');
  print(lines);
}

// What is wrong with the flags around --train; empty where nothing is.
std::string training_trouble(const Options& options) {
  if (options.train == 0 && !options.texts.empty())
    return "TEXT goes with --train N. Hint: a text to tokenize comes on standard input, < FILE.";
  if (options.train == 0 && !options.out.empty()) return "--out goes with --train N.";
  if (options.train > 0 && options.out.empty())
    return "--train needs --out FILE. Hint: .json for tokenizer.json, .tiktoken, any other name for lexigrad's own form.";
  return "";
}

int learn(const Options& options) {
  data::PieceCounts pieces;
  for (const std::string& path : options.texts.empty() ? std::vector<std::string>{"-"} : options.texts)
    pieces.add_text(data::read_texts({path}, options.encoding));
  data::BpeTokenizer tokenizer = data::BpeTokenizer::from_counts(
      pieces, {.vocabulary_size = options.train, .min_count = options.values.get<int64_t>("bpe-min-count")});
  if (options.out.ends_with(".json"))
    write_file_atomically(options.out, data::tokenizer_json(tokenizer.vocabulary()));
  else if (options.out.ends_with(".tiktoken"))
    write_file_atomically(options.out, data::tiktoken_lines(tokenizer.vocabulary()));
  else
    tokenizer.save(options.out);
  print(text(options.out, ": ", tokenizer.vocabulary_size(), " tokens from ", pieces.size(),
             " different pieces\n"));
  return 0;
}

int tokenize(const Options& options) {
  if (std::string why = training_trouble(options); !why.empty()) return bad_usage("tokenize", why);
  const std::string kind(options.train > 0 ? data::BpeTokenizer::kKind : std::string_view(options.tokenizer));
  if (options.run.empty())
    if (std::string why = contradiction(options, data::tokenizers().at(kind)); !why.empty())
      return bad_usage("tokenize", why);
  if (options.train > 0) return learn(options);
  std::string input = read_input();
  if (!options.decode) input = data::decoded(std::move(input), options.encoding, "standard input");
  std::unique_ptr<data::Tokenizer> tokenizer =
      options.run.empty() ? data::make_tokenizer(options.tokenizer, input, options.values)
                          : train::load_run_tokenizer(options.run);
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

void add_tokenize(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  std::string help;
  for (const data::TokenizerKind& kind : data::tokenizers())
    if (!kind.help.empty()) help += text(help.empty() ? "" : "; ", kind.name, ' ', kind.help);
  auto* kind = add_choice(verb, "--tokenizer", options->tokenizer, data::tokenizers().names(), help);
  for (const Option& option : options_of(data::tokenizers()))
    options->flags[option.name] = add_option(verb, option, options->values);
  auto* run =
      add_text(verb, "--run", options->run, "Take the tokenizer of this RUN folder", "none")->excludes(kind);
  for (const auto& [name, flag] : options->flags) run->excludes(flag);
  auto* encoding = add_choice(verb, "--encoding", options->encoding, data::encodings(),
                              "Of the text; auto: UTF-16 and UTF-32 by their byte order mark, else UTF-8");
  auto* pieces =
      add_switch(verb, "--pieces", options->pieces,
                 "Print a line for each token: id, tab, its text with \\n, \\t, \\xNN for what is invisible");
  auto* decode = add_switch(verb, "--decode", options->decode, "Turn ids into text, to the byte")
                     ->excludes(pieces)
                     ->excludes(encoding);
  auto* special =
      add_switch(verb, "--special", options->special, "Read <|endoftext|> in the text as its one id");
  verb.add_option("TEXT", options->texts, "Files to learn from with --train; none: standard input");
  auto* train = add_integer(verb, "--train", options->train, 257, data::BpeTokenizer::kMostTokens,
                            "Learn a vocabulary of so many byte pairs, bytes and <|endoftext|> from TEXT");
  for (auto* other : {kind, run, pieces, decode, special}) train->excludes(other);
  train->excludes(options->flags.at("bpe-size"));
  add_text(
      verb, "--out", options->out,
      "Where --train writes it: .json as Hugging Face's tokenizer.json, .tiktoken as tiktoken's ranks, else as "
      "--run reads it",
      "none");
  verb.footer("Ids are printed on one line, with blanks between.");
  verb.callback([options, &exit_code] { exit_code = tokenize(*options); });
}

}  // namespace lexigrad::tools
