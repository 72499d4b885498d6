#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"

#include <cstdlib>
#include <filesystem>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/tokenizers/bpe/gpt2_files.h"

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
          [folder](ByteSource&, const OptionValues& options) {
            const auto& named = options.get<std::string>(folder);
            return std::make_unique<Gpt2Tokenizer>(named.empty() ? from_cache() : Gpt2Tokenizer(named));
          },
      .load = [](std::string_view body,
                 const std::string& path) { return std::make_unique<Gpt2Tokenizer>(from_body(body, path)); }};
}

Gpt2Tokenizer::Gpt2Tokenizer(const std::string& folder) : BytePairTokenizer(read_gpt2_files(folder)) {}

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
  return Gpt2Tokenizer(read_body(kWhere, body, path));
}

}  // namespace lexigrad::data
