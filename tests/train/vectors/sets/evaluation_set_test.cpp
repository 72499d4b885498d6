#include "lexigrad/train/vectors/sets/evaluation_set.h"

#include "catch.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;

namespace {

EvaluationSet read(const std::string& bytes, std::optional<SetKind> kind = {}) {
  Folder folder;
  spill(folder / "set", bytes);
  return read_evaluation_set(folder / "set", kind);
}

// What is said of a file with these bytes, without the path.
std::string refusal(const std::string& bytes, std::optional<SetKind> kind = {}) {
  Folder folder;
  spill(folder / "set", bytes);
  std::string message = message_of([&] { read_evaluation_set(folder / "set", kind); });
  if (const size_t at = message.find(folder / "set"); at != std::string::npos)
    message.replace(at, (folder / "set").size(), "set");
  return message;
}

}  // namespace

TEST_CASE("the first line tells what a set is and what stands between its fields", "[eval]") {
  for (const char* bytes : {"# heading\n\nred\tblue\t1.5\nA\tb\t-2e1\n", "red,blue, 1.5\nA ,b,-20\n",
                            "red blue 1.5\r\n  A   b\t-20", "\xEF\xBB\xBFred\tblue\t1.5\nA\tb\t-20"}) {
    const EvaluationSet set = read(bytes);
    CHECK(set.kind == SetKind::pairs);
    REQUIRE(set.items.size() == 2);
    CHECK(set.items[0].texts == std::vector<std::string>{"red", "blue"});
    CHECK(set.items[1].texts == std::vector<std::string>{"A", "b"});
    CHECK(set.items[0].score == 1.5);
    CHECK(set.items[1].score == -20);
  }
  const EvaluationSet questions = read(": one\na b c d\n: empty\n: two words \ne\tf  g h\n");
  CHECK(questions.kind == SetKind::analogies);
  CHECK(questions.sections == std::vector<std::string>{"one", "empty", "two words"});
  CHECK(questions.items[1].texts == std::vector<std::string>{"e", "f", "g", "h"});
  CHECK(questions.items[1].section == 2);
  const EvaluationSet classes = read("cat animal\nred\tcolor\n", SetKind::classes);
  CHECK(read("cat,animal\nred,color\n").kind == SetKind::classes);
  CHECK(classes.kind == SetKind::classes);
  const EvaluationSet texts = read("hello\tHi!\t3\nA cat, here\ta dog\t1\n");
  CHECK(texts.kind == SetKind::sentences);
  CHECK(texts.items[1].texts == std::vector<std::string>{"A cat, here", "a dog"});
  CHECK(read("new york\tcity\t3\n", SetKind::pairs).items[0].texts[0] == "new york");
}

TEST_CASE("what a set cannot have is named with its line", "[eval]") {
  CHECK(
      refusal("a\tb\t1\n# x\nc\td\n") ==
      "[eval] Line 3: It has 2 fields, one of pairs has 3. Hint: --kind says what the file has; begin headings "
      "with # (set, byte 10)");
  CHECK(
      refusal("Word 1,Word 2,Human (mean)\nlove,sex,6.77\n") ==
      "[eval] Line 1: \"Human\\x20(mean)\" is no score. Hint: it is a finite number, the line's last field; begin "
      "headings with # (set, byte 0)");
  for (const char* score : {"x", "1x", "nan", "inf", "1e999", "1,5"})
    CHECK_THAT(refusal(std::string("a\tb\t") + score), Catch::Contains("is no score"));
  CHECK(
      refusal("a b c d\n") ==
      "[eval] Line 1: The question stands before any section. Hint: begin with a line \": name\" (set, byte 0)");
  CHECK_THAT(refusal(": s\na b c\n"), Catch::Contains("Line 2: It has 3 fields, one of analogies has 4."));
  CHECK(refusal("a\t\t1\n") ==
        "[eval] Line 1: A field is empty. Hint: write a # before a line to leave it out (set, byte 0)");
  CHECK(refusal("a x\nb y\nA y\n") ==
        "[eval] Line 3: The word \"A\" has a class already. Hint: give each word one (set, byte 8)");
  CHECK(
      refusal("a\n") ==
      "[eval] Line 1: It has 1 field, and is no pair (a b score), analogy (a b c d), word of a class (word class) "
      "or pair of sentences (text, text, score, with tabs between). Hint: begin headings with # (set, byte 0)");
  for (const char* bytes : {"# only\n", "\n \n", ": section\n"})
    CHECK(refusal(bytes) ==
          "[eval] There is no line to measure by. Hint: is it the file that was meant? (set)");
  CHECK_THAT(message_of([] { read_evaluation_set("/nowhere/set"); }), Catch::Contains("No such file"));
}
