// The verb eval; its numbers are tested in tests/train/vectors/sets/.
#include <nlohmann/json.hpp>

#include "support/command.h"
#include "support/fixture.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// At 0, 56, 90 and 108 degrees.
constexpr const char* kVectors = "4 2\ncat 1 0\nDog 2 3\nred 0 1\nsea -1 3\n";

void write_sets(const Folder& folder) {
  spill(folder / "a.vec", kVectors);
  spill(folder / "pairs.tsv", "cat\tdog\t9\ncat\tred\t4\nCAT\tsea\t1\ncat\tnone\t5\n");
  spill(folder / "questions.txt", ": one\ncat dog dog red\ncat dog red none\n: two\ncat red dog sea\n");
  spill(folder / "classes.txt", "cat animal\ndog animal\nred other\nsea other\n");
  spill(folder / "texts.tsv", "a cat\tdog\t2\ncat red\tthe dog\t3\n");
}

}  // namespace

TEST_CASE("eval prints one table for sets of all kinds") {
  Folder folder;
  write_sets(folder);
  CommandResult result =
      run_command({"eval", folder / "a.vec", folder / "pairs.tsv", folder / "questions.txt",
                   folder / "classes.txt", folder / "texts.tsv", "-k", "1"});
  CHECK(result.err.empty());
  CHECK(result.exit == 0);
  CHECK(result.out ==
        "set                 measure     value      low     high  counted  unknown\n"
        "pairs.tsv           spearman   1.0000   1.0000   1.0000        3        1\n"
        "pairs.tsv           pearson    0.9999                          3        1\n"
        "questions.txt: one  3CosAdd    1.0000                          1        1\n"
        "questions.txt: two  3CosAdd    1.0000                          1        0\n"
        "questions.txt       3CosAdd    1.0000                          2        1\n"
        "classes.txt         purity     0.7500                          4        0\n"
        "texts.tsv           spearman   1.0000   1.0000   1.0000        2        0\n"
        "texts.tsv           pearson    1.0000                          2        0\n");
}

TEST_CASE("eval counts unknown words where it is told to, and prints JSON") {
  Folder folder;
  write_sets(folder);
  CommandResult result =
      run_command({"eval", folder / "a.vec", folder / "pairs.tsv", folder / "questions.txt", "--oov-zero",
                   "--method", "mul", "--restrict", "3", "--json"});
  CHECK(result.exit == 0);
  const auto lines = nlohmann::json::parse(result.out);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].at("measure") == "spearman");
  CHECK(lines[0].at("counted") == 4);
  CHECK(lines[0].at("unknown") == 1);
  CHECK(lines[0].contains("low"));
  CHECK(lines[4] == nlohmann::json{{"set", "questions.txt"},
                                   {"measure", "3CosMul"},
                                   {"value", 1.0 / 3},
                                   {"counted", 3},
                                   {"unknown", 2},
                                   {"correct", 1}});
  CHECK_THAT(run_command({"eval", folder / "a.vec", folder / "pairs.tsv", "--seed", "9"}).out,
             Contains("spearman"));
  spill(folder / "none.tsv", "x\ty\t1\n");
  CHECK_THAT(run_command({"eval", folder / "a.vec", folder / "none.tsv"}).out,
             Contains("        -        -"));
  CHECK(nlohmann::json::parse(run_command({"eval", folder / "a.vec", folder / "none.tsv", "--json"}).out)[0]
            .at("value")
            .is_null());
}

TEST_CASE("eval reads a run, and says which line of a set it cannot use") {
  Folder folder;
  write_sets(folder);
  write_run(folder / "run", data::WordTokenizer::from_text("cat dog red sea"));
  CHECK(run_command({"eval", folder / "run", folder / "pairs.tsv"}).exit == 0);
  CHECK_THAT(failed_command(1, {"eval", folder / "a.vec", folder / "pairs.tsv", "--kind", "classes"}),
             Contains("[eval] Line 1: It has 3 fields, one of classes has 2."));
  CHECK_THAT(failed_command(1, {"eval", folder / "a.vec", folder / "none"}), Contains("No such file"));
  CHECK_THAT(failed_command(2, {"eval", folder / "a.vec"}), Contains("SETS is required"));
  CHECK_THAT(failed_command(2, {"eval", folder / "a.vec", "x", "--kind", "words"}),
             Contains("\"words\" is unknown (valid: auto|pairs|analogies|classes|sentences)"));
}
