#include "lexigrad/data/tokenizers/text_blocks.h"

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/data/datasets/token_array.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/shared_data.h"

using namespace lexigrad;

namespace {

// Words, marks, blanks, line ends, characters of each length and bytes that are none.
std::string mixed_text(uint64_t seed, int64_t size) {
  const std::vector<std::string> parts = {"a",  "word", " ", "  ", "\n", "\n",   "\n\n", "\r\n", ".",
                                          "'s", "7",    "é", "猫", "😀",  " the", ",\n",  "\xff", "\t"};
  CounterRng random(seed);
  std::string out;
  for (int64_t i = 0; i < size; ++i) out += parts[random.below(parts.size(), 0, static_cast<uint64_t>(i))];
  return out;
}

// Some bytes at a time, however many are asked for.
class Dripping final : public data::ByteSource {
 public:
  explicit Dripping(std::string_view text, size_t most) : rest_(text), most_(most) {}
  size_t read(std::span<char> out) override {
    size_t n = std::min({out.size(), rest_.size(), most_});
    std::copy_n(rest_.data(), n, out.data());
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
  size_t most_;
};

void check_blocks(const data::Tokenizer& tokenizer, const std::string& text) {
  const std::vector<int64_t> whole = tokenizer.encode(text);
  for (size_t size : {1, 7, 64, 500, 1 << 20}) {
    INFO(tokenizer.kind() << ", blocks of " << size);
    Dripping source(text, 3 + size / 2);
    data::TextBlocks blocks(source, tokenizer, size);
    data::TokenArrayBuilder ids(tokenizer.vocabulary_size(), 0);
    std::string joined;
    int64_t count = 0;
    for (std::string_view block; !(block = blocks.next()).empty(); ++count) {
      joined += block;
      ids.append(tokenizer, block);
    }
    CHECK(joined == text);
    CHECK((size > text.size() || count > 1));
    data::TokenArray all = std::move(ids).finish();
    REQUIRE(all.size() == static_cast<int64_t>(whole.size()));
    std::vector<int64_t> found(whole.size());
    all.copy(0, all.size(), found.data());
    CHECK(found == whole);
  }
}

}  // namespace

TEST_CASE("a text's blocks have the ids of the whole", "[text_blocks]") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::string text = mixed_text(seed, 700) + "end\nof it";
    check_blocks(data::WordTokenizer::from_text(text), text);
    check_blocks(data::CharTokenizer::from_text(text), text);
    check_blocks(data::BpeTokenizer::from_text(text, {.vocabulary_size = 300}), text);
    if (auto* gpt2 = test::gpt2()) check_blocks(*gpt2, text);
  }
}

TEST_CASE("a text that may not be cut is one block", "[text_blocks]") {
  const std::string text(100'000, 'a');
  auto tokenizer = data::WordTokenizer::from_text("a b");
  Dripping source(text, 4096);
  data::TextBlocks blocks(source, tokenizer, 100);
  CHECK(blocks.next() == text);
  CHECK(blocks.next().empty());
  data::TextBlocks none(source, tokenizer);
  CHECK(none.next().empty());
}

TEST_CASE("vocabularies learnt from a source are those of the text", "[text_blocks]") {
  const std::string text = mixed_text(3, 5000);
  Dripping words(text, 100), characters(text, 100), pieces(text, 100);
  CHECK(data::WordTokenizer::from_text(words).saved() == data::WordTokenizer::from_text(text).saved());
  CHECK(data::CharTokenizer::from_text(characters).saved() == data::CharTokenizer::from_text(text).saved());
  data::PieceCounts counts;
  counts.add_text(pieces);
  CHECK(data::BpeTokenizer::from_counts(counts, {.vocabulary_size = 400}).saved() ==
        data::BpeTokenizer::from_text(text, {.vocabulary_size = 400}).saved());
}
