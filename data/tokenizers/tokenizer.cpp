#include "lexigrad/data/tokenizers/tokenizer.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kMagic = "lexigrad tokenizer 1 ";

// FNV-1a of 64 bits.
uint64_t checksum(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}
}  // namespace

std::vector<int64_t> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  std::vector<int64_t> ids;
  while (options.allow_special) {
    size_t at = text.find(kEndOfText);
    if (at == std::string_view::npos) break;
    append_ids(text.substr(0, at), ids);
    ids.push_back(end_of_text());
    text.remove_prefix(at + kEndOfText.size());
  }
  append_ids(text, ids);
  return ids;
}

std::string Tokenizer::token_text(int64_t id) const { return escape(vocabulary_.token(id)); }

void Tokenizer::save(const std::string& path) const {
  std::string rest = body();
  write_file_atomically(path, text(kMagic, kind(), ' ', checksum(rest), '\n', rest));
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path) {
  std::string bytes = read_text(path);
  std::string_view rest = bytes;
  size_t stop = rest.find('\n');
  if (!rest.starts_with(kMagic) || stop == std::string_view::npos)
    fail_file("tokenizer", "This is no saved tokenizer. Hint: name a file that a training run wrote.", path,
              0);
  std::string_view head = rest.substr(kMagic.size(), stop - kMagic.size());
  rest.remove_prefix(stop + 1);
  std::string_view kind = head.substr(0, head.find(' '));
  if (head != text(kind, ' ', checksum(rest)))
    fail_file("tokenizer",
              "The checksum does not fit. Hint: the file was cut off or changed; write it again.", path);
  if (kind == "word") return std::make_unique<WordTokenizer>(WordTokenizer::from_body(rest, path));
  if (kind == "gpt2") return std::make_unique<Gpt2Tokenizer>(Gpt2Tokenizer::from_body(rest, path));
  fail_file("tokenizer",
            text("Unknown kind \"", kind, "\" (known: word, gpt2). Hint: use the newest lexigrad."), path);
}

}  // namespace lexigrad::data
