#include "lexigrad/data/tokenizers/tokenizers.h"

#include <map>
#include <random>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/bpe/file_forms.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/file_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/tokenizer_file.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/paths.h"
#include "support/shared_data.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Contains;
using data::Tokenizer;
using Ids = std::vector<int64_t>;

namespace {

constexpr const char* kText = "The cat's \u00e9t\u00e9, the mat. A cat -- 3.14 (\u4f60\u597d)!";

// What the walk below asks of one kind.
struct Kind {
  std::function<std::optional<OptionValues>()> options;  ///< none: its files are not here
  std::function<bool(const Tokenizer&, const std::string&)> round_trip;
  size_t damage_step;  ///< bytes from one damaged place of a saved file to the next
};

// A kind without an entry fails the walk.
const std::map<std::string, Kind>& kinds() {
  static const std::map<std::string, Kind> all = {
      {std::string(data::WordTokenizer::kKind),
       {[] { return OptionValues(); },
        [](const Tokenizer& tokenizer, const std::string& bytes) {
          Ids ids = tokenizer.encode(bytes);
          std::erase(ids, tokenizer.vocabulary().find(data::kUnknown));
          return tokenizer.encode(tokenizer.decode(ids)) == ids;
        },
        1}},
      {std::string(data::Gpt2Tokenizer::kKind),
       {[]() -> std::optional<OptionValues> {
          std::optional<std::string> folder = test::gpt2_folder();
          if (!folder) return std::nullopt;
          OptionValues options;
          options.set("gpt2-dir", *folder);
          return options;
        },
        [](const Tokenizer& tokenizer, const std::string& bytes) {
          return tokenizer.decode(tokenizer.encode(bytes)) == bytes;
        },
        50021}},
      {std::string(data::BpeTokenizer::kKind),
       {[] { return OptionValues(); },
        [](const Tokenizer& tokenizer, const std::string& bytes) {
          return tokenizer.decode(tokenizer.encode(bytes)) == bytes;
        },
        1}},
      {std::string(data::CharTokenizer::kKind),
       {[] { return OptionValues(); },
        [](const Tokenizer& tokenizer, const std::string& bytes) {
          Ids ids = tokenizer.encode(bytes);
          bool all = std::count(ids.begin(), ids.end(), tokenizer.vocabulary().find(data::kUnknown)) == 0;
          return !all || tokenizer.decode(ids) == bytes;
        },
        1}},
      {std::string(data::FileTokenizer::kKind),
       {[]() -> std::optional<OptionValues> {
          const std::string path = test::in_build("tokenizers_ranks.tiktoken");
          write_file_atomically(path,
                                data::tiktoken_lines(data::BpeTokenizer::from_text(kText).vocabulary()));
          OptionValues options;
          options.set("tokenizer-file", path);
          options.set("pattern", std::string("o200k"));
          return options;
        },
        [](const Tokenizer& tokenizer, const std::string& bytes) {
          return tokenizer.decode(tokenizer.encode(bytes)) == bytes;
        },
        11}},
  };
  return all;
}

// Any bytes, and pieces of texts in any order.
std::vector<std::string> fuzz_set() {
  const std::string parts[] = {"the", "cat", "A",  " ",   "\n", "3.14", "--",   "\u00e9t\u00e9",
                               "'",   ",",   "\t", "(",   ".",  "\xff", "\xc3", std::string(1, '\0'),
                               "\r",  "mat", "!",  "'ll", "  ", "7",    ")",    "<|endoftext|>"};
  std::mt19937 random(20);
  std::vector<std::string> out{"", kText};
  for (int trial = 0; trial < 600; ++trial) {
    std::string bytes;
    for (auto n = random() % 20; n > 0; --n)
      trial % 3 == 0 ? bytes += static_cast<char>(random()) : bytes += parts[random() % std::size(parts)];
    out.push_back(bytes);
  }
  return out;
}

// The ids of kText, or the error instead.
std::string outcome(const std::string& kind, const OptionValues& options) {
  std::string ids;
  std::string error = message_of([&] {
    for (int64_t id : data::make_tokenizer(kind, kText, options)->encode(kText)) ids += text(id, ' ');
  });
  return ids.empty() ? error : ids;
}

void check_options(const std::vector<Option>& options) {
  std::set<std::string> names;
  for (const Option& option : options) {
    INFO(option.name);
    CHECK(names.insert(option.name).second);
    CHECK(option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
    CHECK_FALSE(option.help.empty());
    if (const auto* whole = std::get_if<Whole>(&option.valid)) {
      CHECK(std::get<int64_t>(option.standard) >= whole->low);
      CHECK(std::get<int64_t>(option.standard) <= whole->high);
    }
  }
}

void check_saved(const Tokenizer& tokenizer, const std::vector<std::string>& texts, size_t step) {
  const std::string path = test::in_build("tokenizers_saved.txt");
  tokenizer.save(path);
  const std::string good = data::read_text(path);
  std::unique_ptr<Tokenizer> copy = data::load_tokenizer(path);
  REQUIRE(copy->kind() == tokenizer.kind());
  REQUIRE(copy->vocabulary().to_lines() == tokenizer.vocabulary().to_lines());
  for (const std::string& bytes : texts) REQUIRE(copy->encode(bytes) == tokenizer.encode(bytes));
  copy->save(path);
  REQUIRE(data::read_text(path) == good);
  for (size_t i = 0; i < good.size(); i += step) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_file_atomically(path, bad);
    REQUIRE_THROWS_AS(data::load_tokenizer(path), FileError);
    if (i == 0) continue;
    write_file_atomically(path, good.substr(0, i));
    REQUIRE_THROWS_AS(data::load_tokenizer(path), FileError);
  }
}

}  // namespace

TEST_CASE("every kind of tokenizer keeps texts, is saved and read back, and refuses a damaged file",
          "[tokenizers]") {
  const std::vector<std::string> texts = fuzz_set();
  for (const data::TokenizerKind& row : data::tokenizers()) {
    INFO("kind " << row.name << ": where it has no entry in kinds(), give it one");
    REQUIRE(kinds().contains(row.name));
    const Kind& kind = kinds().at(row.name);
    check_options(row.options);
    CHECK(outcome(row.name, {}) == outcome(row.name, OptionValues(row.options)));
    std::optional<OptionValues> options = kind.options();
    if (!options) continue;
    std::unique_ptr<Tokenizer> tokenizer = data::make_tokenizer(row.name, kText, *options);
    REQUIRE(tokenizer->kind() == row.name);
    REQUIRE(tokenizer->end_of_text() >= 0);
    for (const std::string& bytes : texts) {
      INFO(data::escape(bytes));
      REQUIRE(kind.round_trip(*tokenizer, bytes));
    }
    check_saved(*tokenizer, texts, kind.damage_step);
  }
}

TEST_CASE("a row says whether its tokenizer learns from the text", "[tokenizers]") {
  for (const data::TokenizerKind& row : data::tokenizers()) {
    std::optional<OptionValues> options = kinds().at(row.name).options();
    if (!options) continue;
    auto size = [&](const char* text) {
      return data::make_tokenizer(row.name, text, *options)->vocabulary_size();
    };
    CHECK((size("one") != size("one two three")) == row.learns);
  }
}

TEST_CASE("a tokenizer is made with the options that belong to it", "[tokenizers]") {
  OptionValues options;
  options.set("min-count", int64_t{2});
  options.set("gpt2-dir", std::string("/nowhere"));  // of another kind, and not looked at
  CHECK(data::make_tokenizer("word", "a a b", options)->vocabulary_size() == 3);
  CHECK(data::make_tokenizer("word", "a a b")->vocabulary_size() == 4);
  CHECK_THAT(message_of([&] { data::make_tokenizer("gpt2", "", options); }), Contains("/nowhere/vocab.bpe"));
  CHECK_THAT(message_of<std::invalid_argument>([] { data::make_tokenizer("bytes", "a"); }),
             Contains("There is no tokenizer \"bytes\" (valid are word, gpt2, bpe, char, file)"));
}

namespace {

class Rowless : public data::WordTokenizer {
 public:
  Rowless() : WordTokenizer(from_text("a b")) {}
  std::string_view kind() const override { return "rowless"; }
};

}  // namespace

TEST_CASE("what no row could load again is not saved, and a kind may have any name", "[tokenizers]") {
  const std::string path = test::in_build("tokenizers_rowless.txt");
  CHECK_THAT(message_of<std::invalid_argument>([&] { Rowless().save(path); }),
             Contains("The kind \"rowless\" has no row in tokenizers() that could load it again"));
  std::string bytes = data::join_tokenizer_file({"two words", "body\nof it"});
  data::TokenizerFile file = data::split_tokenizer_file(bytes, "f");
  CHECK(file.kind == "two words");
  CHECK(file.body == "body\nof it");
}

TEST_CASE("a tokenizer of an unknown kind or version is refused with what is known", "[tokenizers]") {
  const std::string path = test::in_build("tokenizers_unknown.txt");
  Xxh64 sum;
  sum.update("body");
  auto message = [&](const std::string& first_line) {
    write_file_atomically(path, first_line + "\nbody");
    return message_of<FileError>([&] { data::load_tokenizer(path); });
  };
  CHECK_THAT(
      message("lexigrad tokenizer 2 chars " + sum.hex()),
      Contains(
          "Unknown kind \"chars\" (known: word, gpt2, bpe, char, file). Hint: use the newest lexigrad."));
  CHECK_THAT(message("lexigrad tokenizer 3 word " + sum.hex()), Contains("This is no saved tokenizer"));
  CHECK_THAT(message("lexigrad tokenizer 2"), Contains("This is no saved tokenizer"));
  CHECK_THAT(message("lexigrad tokenizer 2 word " + sum.hex() + " "), Contains("The checksum does not fit"));
}

TEST_CASE("files of version 1 are read, with their checksum; version 2 is written with XXH64",
          "[tokenizers]") {
  const std::string old = test::in_source("tests/fixtures/checkpoint_v1/tokenizer.txt"),
                    path = test::in_build("tokenizers_version.txt"), good = data::read_text(old);
  std::unique_ptr<Tokenizer> tokenizer = data::load_tokenizer(old);
  REQUIRE(tokenizer->kind() == "word");
  REQUIRE(tokenizer->decode(tokenizer->encode("the dog eats a pear.")) == "the dog eats a pear.");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_file_atomically(path, bad);
    REQUIRE_THROWS_AS(data::load_tokenizer(path), FileError);
  }
  tokenizer->save(path);
  std::string body = good.substr(good.find('\n') + 1);
  Xxh64 sum;
  sum.update(body);
  REQUIRE(data::read_text(path) == "lexigrad tokenizer 2 word " + sum.hex() + "\n" + body);
}

TEST_CASE("each character is a token of the char tokenizer, a byte that is none too, and others are unknown",
          "[tokenizers]") {
  const std::string bytes = "caf\u00e9 \u65e5\u672c\U0001f600\xff\xe6\x97";
  std::unique_ptr<Tokenizer> tokenizer = data::make_tokenizer("char", bytes);
  CHECK(tokenizer->vocabulary_size() == 13);  // 4 ASCII, a blank among them, 4 others, 3 bytes, 2 special
  Ids ids = tokenizer->encode(bytes);
  CHECK(ids.size() == 11);
  CHECK(tokenizer->decode(ids) == bytes);
  CHECK(tokenizer->token_text(ids[5]) == "\u65e5");
  CHECK(tokenizer->token_text(ids[8]) == "\\xff");
  CHECK(tokenizer->encode("cz") == Ids{tokenizer->id_of("c"), tokenizer->id_of("<|unk|>")});
  CHECK_THROWS_WITH(data::make_tokenizer("char", ""), Contains("empty"));
}
