#include "lexigrad/train/tools/verbs/learn_pairs.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe/superwords.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/train/pictures/svg_plot.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

// Bytes a token over the size of the vocabulary, at some 300 sizes.
void save_curve(const std::string& path, const std::vector<int64_t>& lengths) {
  train::Series series{.name = "bytes a token", .points = {}};
  for (size_t i = 0, step = std::max<size_t>(lengths.size() / 300, 1); i < lengths.size(); i += step)
    series.points.emplace_back(257 + i,
                               static_cast<double>(lengths.front()) / static_cast<double>(lengths[i]));
  train::save_svg_plot(path, {{.title = "Bytes a token over the size of the vocabulary",
                               .x_label = "tokens: bytes, merges and <|endoftext|>",
                               .y_label = "bytes a token",
                               .series = {series},
                               .references = {}}});
}

// Both files or none.
void save_folder(const std::string& folder, const data::Vocabulary& tokens) {
  const data::VocabularyFiles files = data::vocabulary_files(tokens);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    fail_file("tokenize", text("Cannot make the folder: ", error.message(), ". Hint: give another --out"),
              folder);
  const std::filesystem::path into(folder);
  write_files_together([&] {
    write_file_atomically((into / "vocab.json").string(), files.vocab);
    write_file_atomically((into / "merges.txt").string(), files.merges);
  });
}

}  // namespace

bool is_folder_name(const std::string& out) {
  std::error_code error;
  return out.ends_with('/') || std::filesystem::is_directory(out, error);
}

void learn_pairs(data::Documents texts, const data::BpeTokenizerOptions& options, const std::string& out,
                 const std::string& curve) {
  data::PieceCounts pieces;
  while (std::unique_ptr<data::ByteSource> text = texts.next()) pieces.add_text(*text);
  std::vector<int64_t> lengths;
  data::BpeTokenizer tokenizer = data::BpeTokenizer::from_counts(pieces, options, &lengths);
  if (is_folder_name(out))
    save_folder(out, tokenizer.vocabulary());
  else if (out.ends_with(".json"))
    write_file_atomically(out, data::tokenizer_json(tokenizer.vocabulary()));
  else if (out.ends_with(".tiktoken"))
    write_file_atomically(out, data::tiktoken_lines(tokenizer.vocabulary()));
  else
    tokenizer.save(out);
  if (!curve.empty()) save_curve(curve, lengths);
  const double bytes =
      static_cast<double>(lengths.front()) / std::max(1.0, static_cast<double>(lengths.back()));
  print(text(out, ": ", tokenizer.vocabulary_size(), " tokens from ", pieces.size(), " different pieces, ",
             fixed(bytes, 2), " bytes a token\n"));
}

void learn_superwords(data::Documents texts, const data::BpeTokenizerOptions& options, int64_t begin,
                      const std::string& out) {
  data::SuperwordTexts read;
  while (std::unique_ptr<data::ByteSource> text = texts.next()) read.add_text(*text);
  int64_t length = 0;
  data::BytePairFile file = data::learn_superwords(
      read, {.size = options.vocabulary_size, .begin = begin, .least = options.min_count}, &length);
  const int64_t tokens = file.vocabulary.size();
  if (out.ends_with(".json"))
    write_file_atomically(out, data::tokenizer_json(file));
  else
    data::FileTokenizer(std::move(file)).save(out);
  const double bytes = static_cast<double>(read.kept_bytes()) / std::max(1.0, static_cast<double>(length));
  print(text(out, ": ", tokens, " tokens from ", read.pieces().size(), " different pieces and ",
             bytes_text(read.kept_bytes()), " of phrases, ", fixed(bytes, 2), " bytes a token\n"));
}

}  // namespace lexigrad::tools
