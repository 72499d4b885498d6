#include "lexigrad/data/corpora/corpus_statistics.h"

#include <cmath>

#include "catch.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

data::CorpusStatistics statistics_of(const std::vector<std::string>& paths,
                                     data::DocumentOptions options = {},
                                     size_t most_lines = data::CorpusStatistics::kMostLines) {
  data::Documents documents(paths, std::move(options));
  data::CorpusStatistics out(most_lines);
  out.add(documents);
  return out;
}

}  // namespace

TEST_CASE("a corpus is counted by texts, words, lines and encodings", "[corpus_statistics]") {
  Folder folder;
  spill(folder / "a", "the cat\n\nthe dog\r\nthe cat\n   \nthe cat");
  spill(folder / "b", "caf\xc3\xa9 the dog\na long line that is the longest\n");
  spill(folder / "c", std::string("\xff\xfe"
                                  "o\0n\0e\0",
                                  8));
  data::CorpusStatistics found = statistics_of({folder / "a", folder / "b", folder / "c"});
  CHECK(found.documents == 3);
  CHECK(found.encodings == std::map<std::string, int64_t>{{"ASCII", 1}, {"UTF-8", 1}, {"utf-16", 1}});
  CHECK(found.words.total() == 8 + 3 + 7 + 1);
  CHECK(found.words.words().size() == 11);  // the cat dog café a long line that is longest one
  CHECK(found.lines == 9);
  CHECK(found.blank_lines == 2);
  CHECK(found.repeated_share() == 2.0 / 7);  // "the cat" twice more of seven; the dog's end is another
  CHECK(found.longest_line == 31);
  CHECK_THAT(found.longest_line_at, Contains("/b, line 2"));
  CHECK(found.frequencies() == std::vector<int64_t>{6, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("the share of repeated lines is that of a sample where there are many", "[corpus_statistics]") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i / 2) + "\n";
  spill(folder / "t", text);
  data::CorpusStatistics all = statistics_of({folder / "t"}), some = statistics_of({folder / "t"}, {}, 5000);
  CHECK(!all.repeats_are_sampled());
  CHECK(all.repeated_share() == 0.5);
  CHECK(some.repeats_are_sampled());
  CHECK(some.repeated_share() == 0.5);
}

TEST_CASE("Zipf's exponent is that of the law", "[corpus_statistics]") {
  for (double s : {0.8, 1.0, 1.3}) {
    std::vector<int64_t> frequencies;
    for (int rank = 1; rank <= 10'000; ++rank)
      frequencies.push_back(static_cast<int64_t>(std::lround(1e9 * std::pow(rank, -s))));
    CHECK(std::abs(data::zipf_exponent(frequencies) - s) < 1e-3);
  }
  CHECK(data::zipf_exponent({5, 3, 1}) == 0);
}
