#include "lexigrad/data/corpora/planted_corpus.h"

#include <sys/stat.h>

#include "support/command.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

TEST_CASE("corpus writes the text and the truth of its flags") {
  Folder folder;
  CommandResult result = run_command({"corpus", "--seed", "9", "--classes", "3", "--words-per-class", "4",
                                      "--sentences", "500", "--controls-per-class", "1", "--min-count", "5",
                                      "--out", folder / "a.txt", "--truth", folder / "a.json"});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("500 sentences"));
  data::PlantedCorpus expected = data::make_planted_corpus({.seed = 9,
                                                            .classes = 3,
                                                            .words_per_class = 4,
                                                            .sentences = 500,
                                                            .controls_per_class = 1,
                                                            .min_count = 5});
  CHECK(slurp(folder / "a.txt") == expected.text);
  CHECK(slurp(folder / "a.json") == data::truth_json(expected.truth));
}

TEST_CASE("corpus without flags is make_planted_corpus without options") {
  Folder folder;
  REQUIRE(run_command({"corpus", "--out", folder / "a.txt"}).exit == 0);
  CHECK(slurp(folder / "a.txt") == data::make_planted_corpus().text);
  CHECK(folder.files() == 1);
}

TEST_CASE("sizes of a corpus that do not fit are bad usage and write nothing") {
  Folder folder;
  CHECK_THAT(failed_command(2, {"corpus", "--sentences", "10", "--out", folder / "a.txt"}),
             Contains("--sentences"));
  CHECK_THAT(failed_command(2, {"corpus", "--out", folder / "a.txt", "--truth", folder / "a.txt"}),
             Contains("--out and --truth"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a corpus that cannot be written leaves what was there") {
  Folder folder;
  CHECK_THAT(failed_command(1, {"corpus", "--out", folder / "none/a.txt"}), Contains("none/a.txt"));
  std::filesystem::create_directory(folder / "a.txt");
  failed_command(1, {"corpus", "--out", folder / "a.txt"});
  CHECK(std::filesystem::is_directory(folder / "a.txt"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(failed_command(1, {"corpus", "--out", folder / "pipe"}), Contains("This is a pipe or a device"));
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(folder.files() == 2);
}

TEST_CASE("lexigrad corpus --statistics prints and draws them") {
  Folder folder;
  spill(folder / "a.jsonl", "{\"t\": \"one two\"}\n{\"t\": \"two\\nthree\"}\n");
  CommandResult result = run_command(
      {"corpus", "--statistics", folder / "a.jsonl", "--field", "t", "--picture", folder / "zipf.svg"});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("texts           2, 16 B") && Contains("words           4\n") &&
                             Contains("different words 3, 66.7 % of them once"));
  CHECK_THAT(slurp(folder / "zipf.svg"), Contains("<svg") && Contains("rank"));
  result = run_command({"corpus", "--statistics", "-", "--json"}, {.input = "one two\none two\n"});
  CHECK_THAT(result.out, Contains("\"words\": 4") && Contains("\"repeated_lines_share\": 0.5"));
  CHECK_THAT(failed_command(2, {"corpus"}), Contains("--out is required"));
  CHECK_THAT(failed_command(2, {"corpus", "--statistics", "x", "--out", "y"}), Contains("excludes"));
  CHECK_THAT(failed_command(2, {"corpus", "--picture", "x.svg", "--out", "y"}), Contains("--statistics"));
  CHECK_THAT(failed_command(1, {"corpus", "--statistics", folder / "none"}), Contains("none"));
}
