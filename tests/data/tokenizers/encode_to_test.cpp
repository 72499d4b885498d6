// Ids written to places that are there, and those of many texts at a time, by every kind of tokenizer.
#include "catch.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "support/paths.h"
#include "support/shared_data.h"
#include "support/throws.h"

using namespace lexigrad;
using Ids = std::vector<int64_t>;

namespace {

std::string some_text() {
  std::string out = "The cat's \u00e9t\u00e9 \u4f60\u597d\uff0c\u4e16\u754c\u3002 <|endoftext|> 3.14\n";
  for (int i = 0; i < 6'000; ++i)  // several blocks of an encoder
    out += " w" + std::to_string(i * i % 9'973) + (i % 50 ? "" : ".\n\u9f8d\u9f9c\xe4\x41\xff");
  for (int i = 0; i < 6; ++i) out += out.substr(0, 60'000);
  return out;
}

template <class Id>
Ids written(const data::Tokenizer& tokenizer, const std::string& text, data::Special special) {
  std::vector<Id> places(text.size() + 3, Id{7});
  size_t count = tokenizer.encode_to(text, std::span<Id>(places), {.special = special});
  for (size_t i = count; i < places.size(); ++i) REQUIRE(places[i] == Id{7});
  places.resize(count);
  return Ids(places.begin(), places.end());
}

// Calls use(tokenizer) for one of each kind that is there.
template <class Use>
void for_each_tokenizer(const std::string& text, const Use& use) {
  for (const data::TokenizerKind& kind : data::tokenizers()) {
    OptionValues options;
    if (kind.name == "gpt2") {
      if (!test::gpt2_folder()) continue;
      options.set("gpt2-dir", *test::gpt2_folder());
    }
    if (kind.name == "file") {
      const std::string path = test::in_build("encode_to.json");
      write_file_atomically(path, data::tokenizer_json(data::BpeTokenizer::from_text(text).vocabulary()));
      options.set("tokenizer-file", path);
    }
    INFO(kind.name);
    use(*data::make_tokenizer(kind.name, text, options));
  }
}

}  // namespace

TEST_CASE("every tokenizer writes the ids of encode() to places of any width", "[tokenizer]") {
  const std::string text = some_text();
  for_each_tokenizer(text, [&](const data::Tokenizer& tokenizer) {
    for (const std::string& some : {text, std::string(), std::string("a"), std::string("<|endoftext|>")})
      for (data::Special special : {data::Special::text, data::Special::read}) {
        INFO("special " << static_cast<int>(special));
        const Ids ids = tokenizer.encode(some, {.special = special});
        CHECK((written<uint16_t>(tokenizer, some, special) == ids));
        CHECK((written<uint32_t>(tokenizer, some, special) == ids));
        CHECK((written<int64_t>(tokenizer, some, special) == ids));
      }
  });
}

TEST_CASE("a batch has the ids of each text alone, for any number of threads", "[tokenizer]") {
  const std::string text = some_text();
  std::vector<std::string> texts = {"", text.substr(0, 90'000)};
  for (size_t at = 0; at < 300'000; at += 1 + at % 97)  // short ones, in some of them half a character
    texts.push_back(text.substr(at, at % 131));
  texts.insert(texts.begin() + 3'000, text);  // more than a thread's share
  texts.push_back("<|endoftext|>");
  for_each_tokenizer(text, [&](const data::Tokenizer& tokenizer) {
    const int before = num_threads();
    for (data::Special special : {data::Special::text, data::Special::read}) {
      std::vector<Ids> expected;
      for (const std::string& each : texts) expected.push_back(tokenizer.encode(each, {.special = special}));
      for (int threads : {1, 2, 5}) {
        set_num_threads(threads);
        CHECK((tokenizer.encode_batch(texts, {.special = special}) == expected));
        const std::vector<std::string_view> views(texts.begin(), texts.end());
        CHECK((tokenizer.encode_batch(views, {.special = special}) == expected));
      }
      set_num_threads(before);
    }
    CHECK(tokenizer.encode_batch(std::span<const std::string>()).empty());
    for (int threads : {1, 3}) {  // the first of two
      set_num_threads(threads);
      std::vector<std::string> two = texts;
      for (std::string& each : two)
        if (each.find("<|endoftext|>") != each.npos) each = "none";
      two[2'500] = two[2'000] = "a<|endoftext|>";
      const data::EncodeOptions refusing = {.special = data::Special::refused};
      CHECK_THAT(message_of<std::invalid_argument>([&] { tokenizer.encode_batch(two, refusing); }),
                 Catch::Contains("Text 2000 has the special token \"<|endoftext|>\" at byte 1, which is"));
      set_num_threads(before);
    }
  });
}

TEST_CASE("ids for which there is no room are refused", "[tokenizer]") {
  auto tokenizer = data::BpeTokenizer::from_text("ab ab ab cd", {.vocabulary_size = 300});
  std::vector<uint16_t> places(2);
  CHECK(tokenizer.encode_to("ab", std::span(places)) == 1);
  CHECK_THROWS_WITH(
      tokenizer.encode_to("xyz", std::span(places)),
      "[tokenizer] The text has more ids than the 2 for which there is room. Hint: there are at most "
      "as many as bytes");
  CHECK_THROWS_WITH(
      tokenizer.encode_to("x<|endoftext|>", std::span(places).first(1), {.special = data::Special::read}),
      Catch::Contains("more ids than the 1"));
  std::string many;
  for (int i = 0; i < 70'000; ++i) many += "w" + std::to_string(i) + " ";
  auto words = data::make_tokenizer("word", many);
  CHECK_THROWS_WITH(words->encode_to("w1", std::span(places)),
                    Catch::Contains("has ids that do not fit into 16 bits. Hint: take uint32_t"));
}
