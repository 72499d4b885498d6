// The parts that a run's options make.
#include "lexigrad/train/runs/make.h"

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/data/tokenizers/char_tokenizer.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/shared_data.h"

using namespace lexigrad;

namespace {

// Pieces that meet at a line's end in every way: blanks, marks, letters and bytes that are no UTF-8 around it.
std::string lines(uint64_t seed, int64_t count) {
  const std::vector<std::string> parts = {
      "\n",   "\n",       "\n\n",         " ",        "\t",           "a",    "word", "don't",
      "'",    "s",        "12",           "-",        "...",          "\r\n", "é",    "日本",
      "\xff", "\xc2\xa0", "\xe3\x80\x80", "\xcc\x81", "\xef\xbb\xbf", "!?"};
  CounterRng random(seed);
  std::string out;
  for (int64_t i = 0; i < count; ++i) out += parts[random.below(parts.size(), 0, static_cast<uint64_t>(i))];
  return out;
}

// Cuts at every place that the tokenizer names, from every start.
void check_cuts(const data::Tokenizer& tokenizer, const std::string& text) {
  auto whole = tokenizer.encode(text);
  size_t places = 0;
  for (size_t from = 0; from < text.size(); ++from) {
    size_t cut = tokenizer.cut(text, from);
    REQUIRE((cut > from && cut <= text.size()));
    auto left = tokenizer.encode(text.substr(0, cut)), right = tokenizer.encode(text.substr(cut));
    left.insert(left.end(), right.begin(), right.end());
    REQUIRE(left == whole);
    places += cut < text.size();
  }
  REQUIRE(places > 0);
}

}  // namespace

TEST_CASE("a text is cut where its tokens stay the same", "[make]") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::string text = lines(seed, 60) + "end\nof it";
    check_cuts(data::WordTokenizer::from_text(text), text);
    if (auto* gpt2 = test::gpt2()) check_cuts(*gpt2, text);
    check_cuts(data::CharTokenizer::from_text(text), text);
  }
}
