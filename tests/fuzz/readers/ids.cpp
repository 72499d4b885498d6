// Fuzzes encoding and decoding: any bytes, by tokenizers that remember what they met and by one that is new.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "fuzz/readers/reader.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/stream_decoder.h"

namespace lexigrad::fuzz {
namespace {

data::BpeTokenizer learnt() {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text +=
        "the cat's the caterpillar, 1984 1985\n\n    猫和狗。猫が好き。 caf\xC3\xA9s \xF0\x9F\x98\x80\xF0\x9F\x98\x80 ========\xE2\x80";
  return data::BpeTokenizer::from_text(text, {.vocabulary_size = 400});
}

struct Tokenizers {
  std::vector<std::unique_ptr<data::FileTokenizer>> by_pattern;
  data::BpeTokenizer own = learnt();

  Tokenizers() {
    const std::string path =
        std::filesystem::temp_directory_path() / ("fuzz_ids_" + std::to_string(::getpid()));
    spill(path, data::tiktoken_lines(own.vocabulary()));
    for (const char* pattern : {"gpt2", "cl100k", "llama3", "o200k"})
      by_pattern.push_back(std::make_unique<data::FileTokenizer>(path, pattern));
    std::filesystem::remove(path);
  }
};

void check(const data::Tokenizer& tokenizer, const std::string& text) {
  const std::vector<int64_t> ids = tokenizer.encode(text);
  require(tokenizer.decode(ids) == text, "another text is decoded");
  data::StreamDecoder decoder(tokenizer);
  std::string streamed;
  for (int64_t id : ids) streamed += decoder.add(id);
  require(streamed + decoder.finish() == text, "another text is decoded id by id");
  std::vector<uint16_t> narrow(text.size());
  narrow.resize(tokenizer.encode_to(text, std::span(narrow)));
  require(std::equal(narrow.begin(), narrow.end(), ids.begin(), ids.end()), "ids of 16 bits are others");
  std::vector<int64_t> parts;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, tokenizer.cut(rest, rest.size() / 3));
    const std::vector<int64_t> some = tokenizer.encode(part);
    parts.insert(parts.end(), some.begin(), some.end());
    rest.remove_prefix(part.size());
  }
  require(parts == ids, "the parts between cuts have other ids");
  size_t at = 0;
  for (const data::TokenPlace& place : tokenizer.encode_with_places(text)) {
    require(place.begin == at, "places are not one behind another");
    at = place.end;
  }
  require(at == text.size(), "places end elsewhere");
}

}  // namespace

std::string file_name() { return "text"; }

void write_seeds(const std::string& folder) {
  spill(folder + "/words", "The cat's caterpillar, 1984.\n\n    猫和狗。\xF0\x9F\x98\x80");
  spill(folder + "/runs", std::string(80, 'a') + std::string(70, ' ') + std::string(90, '\n'));
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  static const Tokenizers tokenizers;
  const std::string text = slurp(path);
  for (const auto& tokenizer : tokenizers.by_pattern) check(*tokenizer, text);
  check(tokenizers.own, text);
  static const std::string saved = tokenizers.own.saved();
  const std::string body = saved.substr(saved.find('\n') + 1);
  require(data::BpeTokenizer::from_body(body, path).encode(text) == tokenizers.own.encode(text),
          "what was remembered changes ids");
}

}  // namespace lexigrad::fuzz
