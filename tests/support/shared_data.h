// Texts and GPT-2's files, which are not in the repository. A test that lacks them says so
// loudly, and fails where CI=true.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "catch.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "support/paths.h"

namespace lexigrad::test {

/// The folder of shared data: $LEXIGRAD_SHARED, else ../shared beside the source tree.
inline std::string shared_folder() {
  const char* own = std::getenv("LEXIGRAD_SHARED");
  return own && *own ? own : lexigrad::test::in_source("../shared");
}

/// Says that a test is skipped for want of `what`; a failure where CI=true.
inline void skip_without(const std::string& what) {
  const char* ci = std::getenv("CI");
  if (ci && std::string(ci) == "true") FAIL("CI=true and there is no " << what);
  WARN("SKIPPED: there is no " << what);
}

/// Path of a shared file such as "data/the-verdict.txt"; where it is absent, the test is
/// skipped (return from it).
inline std::optional<std::string> shared_file(const std::string& name) {
  std::string path = shared_folder() + "/" + name;
  if (std::filesystem::exists(path)) return path;
  skip_without(path);
  return std::nullopt;
}

/// The folder of encoder.json and vocab.bpe: the cache that script/setup fills, else shared/data/gpt2.
inline std::optional<std::string> gpt2_folder() {
  for (const std::string& folder : {data::Gpt2Tokenizer::default_folder(), shared_folder() + "/data/gpt2"})
    if (std::filesystem::exists(folder + "/encoder.json") && std::filesystem::exists(folder + "/vocab.bpe"))
      return folder;
  skip_without("encoder.json and vocab.bpe in " + data::Gpt2Tokenizer::default_folder() +
               " (script/setup gets them)");
  return std::nullopt;
}

/// GPT-2's tokenizer, read once; null where its files are absent (return from the test).
inline const data::Gpt2Tokenizer* gpt2() {
  static std::optional<data::Gpt2Tokenizer> tokenizer;
  if (!tokenizer) {
    if (auto folder = gpt2_folder()) tokenizer.emplace(*folder);
  }
  return tokenizer ? &*tokenizer : nullptr;
}

}  // namespace lexigrad::test
