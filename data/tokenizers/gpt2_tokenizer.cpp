#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/gpt2_encode.h"
#include "lexigrad/data/tokenizers/gpt2_files.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "gpt2_tokenizer";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
}  // namespace

TokenizerKind Gpt2Tokenizer::row() {
  const std::string folder = "gpt2-dir";
  return {
      .name = std::string(kKind),
      .help = "",
      .options = {{folder, std::string(), std::monostate(),
                   "folder with encoder.json and vocab.bpe; default: the cache that script/setup fills",
                   true}},
      .make =
          [folder](std::string_view, const OptionValues& options) {
            const auto& named = options.get<std::string>(folder);
            return std::make_unique<Gpt2Tokenizer>(named.empty() ? from_cache() : Gpt2Tokenizer(named));
          },
      .load = [](std::string_view body,
                 const std::string& path) { return std::make_unique<Gpt2Tokenizer>(from_body(body, path)); }};
}

Gpt2Tokenizer::Gpt2Tokenizer(const std::string& folder) : Tokenizer(read_gpt2_files(folder)) {}

std::string Gpt2Tokenizer::default_folder() {
  if (std::string own = environment("LEXIGRAD_CACHE"); !own.empty()) return own + "/gpt2";
  std::string cache = environment("XDG_CACHE_HOME");
  if (cache.empty()) cache = environment("HOME") + "/.cache";
  return cache + "/lexigrad/gpt2";
}

Gpt2Tokenizer Gpt2Tokenizer::from_cache() {
  std::string folder = default_folder();
  std::error_code error;
  for (const char* name : {"/encoder.json", "/vocab.bpe"})
    if (!std::filesystem::exists(folder + name, error))
      fail_file(kWhere,
                "GPT-2's vocabulary is not here. Hint: script/setup gets it; or name a folder that has "
                "encoder.json and vocab.bpe with --gpt2-dir (in C++: Gpt2Tokenizer(folder)).",
                folder + name);
  return Gpt2Tokenizer(folder);
}

Gpt2Tokenizer Gpt2Tokenizer::from_body(std::string_view body, const std::string& path) {
  Vocabulary vocabulary = Vocabulary::from_lines(body, path, 2);
  for (int byte = 0; byte < 256; ++byte)
    if (char c = static_cast<char>(byte); vocabulary.find({&c, 1}) < 0)
      fail_file(kWhere, text("No token is the single byte ", byte, ". Hint: the file is damaged."), path);
  if (vocabulary.find(kEndOfText) < 0)
    fail_file(kWhere, text("The list lacks ", kEndOfText, ". Hint: the file is damaged."), path);
  return Gpt2Tokenizer(std::move(vocabulary));
}

void Gpt2Tokenizer::append_ids(std::string_view text, std::vector<int64_t>& ids) const {
  append_gpt2_ids(vocabulary(), text, ids);
}

std::string Gpt2Tokenizer::decode(std::span<const int64_t> ids) const {
  size_t size = 0;
  for (int64_t id : ids) size += vocabulary().token(id).size();
  std::string out(size, '\0');
  // A copy of fixed size is quicker, and what follows overwrites its rest.
  constexpr size_t kWhole = Vocabulary::kSlack;
  char *p = out.data(), *end = p + size;
  for (int64_t id : ids) {
    std::string_view token = vocabulary().token(id);
    bool whole = token.size() <= kWhole && kWhole <= static_cast<size_t>(end - p);
    if (whole) {
      std::memcpy(p, token.data(), kWhole);
    } else {
      std::memcpy(p, token.data(), token.size());
    }
    p += token.size();
  }
  return out;
}

std::vector<int64_t> Gpt2Tokenizer::candidates(std::string_view word) const {
  std::vector<int64_t> out;
  for (std::string_view space : {"", " "})
    if (int64_t id = vocabulary().find(text(space, word)); id >= 0) out.push_back(id);
  return out;
}

int64_t Gpt2Tokenizer::id_of(std::string_view word) const {
  int64_t id = vocabulary().find(word);
  if (id >= 0) return id;
  std::string pieces, hint;
  for (int64_t part : encode(word)) pieces += text(pieces.empty() ? "" : ", ", '"', token_text(part), '"');
  if (int64_t spaced = vocabulary().find(text(' ', word)); spaced >= 0) {
    hint = text("did you mean \"", token_text(spaced), "\", with its leading space?");
  } else {
    for (const std::string& near : vocabulary().nearest(word))
      hint += text(hint.empty() ? "tokens spelled like it: " : ", ", '"', escape(near), '"');
    hint += hint.empty() ? "try one of its parts." : ".";
  }
  fail(kWhere, text('"', escape(word), "\" is no single token but ", pieces.empty() ? "nothing" : pieces,
                    ". Hint: ", hint));
}

size_t Gpt2Tokenizer::cut(std::string_view text, size_t from) const {
  auto visible = [&](size_t i) { return text[i] > ' ' && text[i] < 0x7F; };
  for (size_t end = text.find('\n', std::max<size_t>(from, 1)); end != std::string_view::npos;
       end = text.find('\n', end + 1))
    if (end + 1 < text.size() && visible(end - 1) && visible(end + 1)) return end + 1;
  return text.size();
}

}  // namespace lexigrad::data
