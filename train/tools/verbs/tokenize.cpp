// lexigrad tokenize: texts to ids and back, and vocabularies learnt from texts.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/verbs/decode_ids.h"
#include "lexigrad/train/tools/verbs/learn_pairs.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string tokenizer{data::Gpt2Tokenizer::kKind}, run, encoding = "auto";
  OptionValues values;                             ///< of every kind's options
  std::map<std::string, CLI::Option*> flags = {};  ///< theirs, by the option's name
  CLI::Option* kind = nullptr;                     ///< --tokenizer
  bool decode = false, pieces = false, binary = false, count = false;
  std::vector<std::string> special = {};  ///< none, all, refuse, and names of tokens
  int64_t train = 0, superwords = 0;      ///< tokens to learn, and from which on merges cross blanks; 0: none
  std::vector<std::string> texts = {};
  std::string out = {}, curve = {}, field = {};
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

template <class Id>
void print_pieces(const data::Tokenizer& tokenizer, std::span<const Id> ids) {
  std::string lines;
  for (Id id : ids) lines += text(id, '\t', tokenizer.token_text(id), '\n');
  print(lines);
}

data::EncodeOptions encoding_of(const Options& options) {
  data::EncodeOptions out;
  for (const std::string& each : options.special)
    if (each == "none" || each == "all" || each == "refuse")
      out.special = each == "none"  ? data::Special::text
                    : each == "all" ? data::Special::read
                                    : data::Special::refused;
    else
      out.allowed.push_back(each);
  return out;
}

data::DocumentOptions documents_of(const Options& options) {
  return {.encoding = options.encoding, .field = options.field};
}

template <class Id>
void print_ids(std::span<const Id> ids, bool is_first) {
  std::string line;
  char digits[20];
  for (Id id : ids) {
    if (!std::exchange(is_first, false)) line += ' ';
    line.append(digits, std::to_chars(digits, std::end(digits), id).ptr);
  }
  print(line);
}

template <class Id>
std::string_view bytes_of(std::span<const Id> ids) {
  return {reinterpret_cast<const char*>(ids.data()), ids.size_bytes()};
}

// NumPy's format 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
std::string npy_header(int64_t ids, int64_t vocabulary) {
  constexpr size_t size = 128;
  std::string out = text("\x93NUMPY\x01", '\0', static_cast<char>(size - 10), '\0', "{'descr': '",
                         data::has_narrow_ids(vocabulary) ? "<u2" : "<u4",
                         "', 'fortran_order': False, 'shape': (", ids, ",), }");
  out.append(size - 1 - out.size(), ' ');
  return out + '\n';
}

int64_t save_npy(const std::string& path, const data::Tokenizer& tokenizer, data::Documents& documents,
                 const data::EncodeOptions& how) {
  int64_t count = 0;
  write_file_atomically(path, [&](FileWriter& file) {
    file.write(npy_header(0, tokenizer.vocabulary_size()));
    auto write = [&](auto ids) {
      file.write(bytes_of(ids));
      count += static_cast<int64_t>(ids.size());
    };
    while (std::unique_ptr<data::ByteSource> document = documents.next())
      data::for_each_ids(tokenizer, *document, how, write, documents.path());
    file.patch(0, npy_header(count, tokenizer.vocabulary_size()));
  });
  return count;
}

void save(const Options& options, const data::Tokenizer& tokenizer, data::Documents documents) {
  const data::EncodeOptions how = encoding_of(options);
  if (options.out.ends_with(".npy")) {
    int64_t count = save_npy(options.out, tokenizer, documents, how);
    return print(text(options.out, ": ", with_commas(count), " tokens\n"));
  }
  data::TokenFileSizes sizes = data::encode_file(tokenizer, documents, options.out, how);
  print(text(options.out, ": ", with_commas(sizes.tokens), " tokens of ", with_commas(sizes.documents),
             sizes.documents == 1 ? " text, " : " texts, ", bytes_text(sizes.text_bytes), '\n'));
}

// Ids as numbers have a line for each text.
void print_all(const Options& options, const data::Tokenizer& tokenizer, data::Documents documents) {
  const bool lines = !options.count && !options.binary && !options.pieces;
  const data::EncodeOptions how = encoding_of(options);
  int64_t count = 0;
  while (std::unique_ptr<data::ByteSource> document = documents.next()) {
    bool is_first = true;
    auto give = [&](auto ids) {
      count += static_cast<int64_t>(ids.size());
      if (options.binary)
        print(bytes_of(ids));
      else if (options.pieces)
        print_pieces(tokenizer, ids);
      else if (lines && !ids.empty())
        print_ids(ids, std::exchange(is_first, false));
    };
    data::for_each_ids(tokenizer, *document, how, give, documents.path());
    if (lines) print("\n");
  }
  if (options.count) print(text(count, '\n'));
}

// What is wrong with the flags around --train; empty where nothing is.
std::string training_trouble(const Options& options) {
  if (options.train == 0 && !options.curve.empty()) return "--curve goes with --train N.";
  if (options.train > 0 && options.out.empty())
    return "--train needs --out FILE. Hint: .json for tokenizer.json, .tiktoken, FOLDER/ for vocab.json and merges.txt, "
           "any other name for lexigrad's own form.";
  if (options.superwords > options.train) return "--superwords T goes with --train N, where T is N at most.";
  if (options.superwords > 0 && options.out.ends_with(".tiktoken"))
    return "A file of tiktoken's says no merges, which --superwords needs. Hint: .json, or lexigrad's own form.";
  if (options.superwords > 0 && is_folder_name(options.out))
    return "vocab.json and merges.txt state no pattern, which --superwords needs. Hint: a name for a .json, or for "
           "lexigrad's own form.";
  if (options.train > 0 && options.out == options.curve) return "--out and --curve name the same file.";
  return "";
}

// Where none is named, standard input.
std::vector<std::string> texts_of(const Options& options) {
  if (!options.texts.empty()) return options.texts;
  if (::isatty(STDIN_FILENO)) print_error("reading the text from the terminal; Ctrl-D ends it");
  return {"-"};
}

void give_ids(const Options& options, const data::Tokenizer& tokenizer, data::Documents documents) {
  (options.out.empty() ? print_all : save)(options, tokenizer, std::move(documents));
}

// One that learns nothing from the texts.
std::unique_ptr<data::Tokenizer> known_tokenizer(const Options& options) {
  return options.run.empty() ? data::make_tokenizer(options.tokenizer, "", options.values)
                             : train::load_run_tokenizer(options.run);
}

void decode(const Options& options) {
  const bool has_tokenizer = !options.run.empty() || options.kind->count() > 0;
  decode_ids(texts_of(options), {.binary = options.binary, .has_tokenizer = has_tokenizer},
             [&] { return known_tokenizer(options); });
}

void learn(const Options& options) {
  data::Documents texts(texts_of(options), documents_of(options));
  const data::BpeTokenizerOptions sizes{.vocabulary_size = options.train,
                                        .min_count = options.values.get<int64_t>("bpe-min-count")};
  if (options.superwords > 0)
    return learn_superwords(std::move(texts), sizes, options.superwords, options.out);
  learn_pairs(std::move(texts), sizes, options.out, options.curve);
}

int tokenize(const Options& options) {
  if (std::string why = training_trouble(options); !why.empty()) return bad_usage("tokenize", why);
  const std::string kind(options.train > 0 ? data::BpeTokenizer::kKind : std::string_view(options.tokenizer));
  if (options.run.empty())
    if (std::string why = contradiction(options, data::tokenizers().at(kind)); !why.empty())
      return bad_usage("tokenize", why);
  if (options.train > 0) return learn(options), 0;
  if (options.decode) return decode(options), 0;
  if (options.run.empty() && data::tokenizers().at(options.tokenizer).learns) {
    const data::Texts texts(texts_of(options), documents_of(options));
    auto learnt =
        data::make_tokenizer(options.tokenizer, *data::joined_texts(texts.documents()), options.values);
    give_ids(options, *learnt, texts.documents(false));
  } else {
    give_ids(options, *known_tokenizer(options), data::Documents(texts_of(options), documents_of(options)));
  }
  return 0;
}

}  // namespace

void add_tokenize(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  std::string help;
  for (const data::TokenizerKind& kind : data::tokenizers())
    if (!kind.help.empty()) help += text(help.empty() ? "" : "; ", kind.name, ' ', kind.help);
  auto* kind = options->kind =
      add_choice(verb, "--tokenizer", options->tokenizer, data::tokenizers().names(), help);
  for (const Option& option : options_of(data::tokenizers()))
    options->flags[option.name] = add_option(verb, option, options->values);
  auto* run = add_text(verb, "--run", options->run,
                       "Take the tokenizer of this RUN folder, or of a token file", "none")
                  ->excludes(kind);
  for (const auto& [name, flag] : options->flags) run->excludes(flag);
  auto* encoding = add_choice(verb, "--encoding", options->encoding, data::encodings(),
                              "Of the text; auto: UTF-16 and UTF-32 by their byte order mark, else UTF-8");
  auto* pieces =
      add_switch(verb, "--pieces", options->pieces,
                 "Print a line for each token: id, tab, its text with \\n, \\t, \\xNN for what is invisible");
  auto* decode = add_switch(verb, "--decode", options->decode,
                            "Turn ids into text, to the byte: numbers, NumPy's arrays (.npy) and token files")
                     ->excludes(pieces)
                     ->excludes(encoding);
  auto* binary =
      add_switch(verb, "--binary", options->binary,
                 "Ids as numbers of 2 bytes, 4 where the vocabulary is larger than 65,536, little endian")
          ->excludes(pieces);
  auto* count = add_switch(verb, "--count", options->count, "Print how many ids there are, no more")
                    ->excludes(pieces)
                    ->excludes(decode)
                    ->excludes(binary);
  auto* special =
      verb.add_option(
              "--special", options->special,
              "Special tokens in the text: none: they are text like any other; all: each becomes its one id; "
              "refuse: an error; TOKEN: this one becomes its id, and may be given again")
          ->type_name("none|all|refuse|TOKEN")
          ->allow_extra_args(false)
          ->default_str("none")
          ->excludes(decode);
  verb.add_option(
      "TEXT", options->texts,
      "Files, packed or not, and folders of them; with --decode files of ids; - or none: standard input");
  add_text(verb, "--field", options->field,
           "Of JSON lines: this field of each line's object is a text of its own", "none")
      ->excludes(decode);
  auto* train = add_integer(verb, "--train", options->train, 257, data::BpeTokenizer::kMostTokens,
                            "Learn a vocabulary of so many byte pairs, bytes and <|endoftext|> from TEXT");
  for (auto* other : {kind, run, pieces, decode, binary, count, special}) train->excludes(other);
  train->excludes(options->flags.at("bpe-size"));
  add_text(
      verb, "--out", options->out,
      "A file for the ids: .npy as NumPy's array, else a token file, which train takes. With --train, for the "
      "vocabulary: .json as Hugging Face's tokenizer.json, .tiktoken as tiktoken's ranks, a folder "
      "(FOLDER/) as its vocab.json and merges.txt, else as --run reads it",
      "none")
      ->excludes(pieces)
      ->excludes(decode)
      ->excludes(binary)
      ->excludes(count);
  auto* curve = add_text(
      verb, "--curve", options->curve,
      "With --train: an SVG of the bytes that a token stands for, over the size of the vocabulary", "none");
  add_integer(verb, "--superwords", options->superwords, 257, data::BpeTokenizer::kMostTokens,
              "With --train: from so many tokens on, learn some of several words, within lines and sentences")
      ->excludes(curve);
  verb.footer("Ids are printed on a line for each text, with blanks between.");
  verb.callback([options, &exit_code] { exit_code = tokenize(*options); });
}

}  // namespace lexigrad::tools
