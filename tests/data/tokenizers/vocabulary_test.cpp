#include "lexigrad/data/tokenizers/vocabulary.h"

#include <fstream>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "support/paths.h"

using namespace lexigrad;
using Catch::Contains;
using data::Vocabulary;
using Words = std::vector<std::string>;

TEST_CASE("a vocabulary maps tokens to ids and back", "[vocabulary]") {
  Vocabulary vocabulary;
  REQUIRE(vocabulary.find("x") == -1);
  for (int i = 0; i < 1000; ++i) REQUIRE(vocabulary.add("word" + std::to_string(i), i) == i);
  REQUIRE(vocabulary.add("word7") == -1);
  REQUIRE(vocabulary.size() == 1000);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(vocabulary.find("word" + std::to_string(i)) == i);
    REQUIRE(vocabulary.token(i) == "word" + std::to_string(i));
    REQUIRE(vocabulary.count(i) == i);
  }
  REQUIRE(vocabulary.find("word1000") == -1);
  REQUIRE_THROWS_WITH(vocabulary.token(1000), Contains("Id 1000") && Contains("0..999"));
  REQUIRE_THROWS_WITH(vocabulary.count(-1), Contains("Id -1"));
  REQUIRE_THROWS_WITH(Vocabulary(Words{"a", "b", "a"}), Contains("\"a\" occurs twice"));
}

TEST_CASE("a word that is not there brings its nearest spellings", "[vocabulary]") {
  Vocabulary vocabulary(Words{"apple", "Cat", "cats", "cut", "dog", " whale", "\u00c9cole", "sea"});
  REQUIRE(vocabulary.nearest("cat") == Words{"Cat", "cats", "cut"});
  REQUIRE(vocabulary.nearest("cat", 1) == Words{"Cat"});
  REQUIRE(vocabulary.nearest("appel") == Words{"apple"});
  REQUIRE(vocabulary.nearest("WHALE") == Words{" whale"});
  REQUIRE(vocabulary.nearest("\u00e9cole") == Words{"\u00c9cole"});
  REQUIRE(vocabulary.nearest("zzzzzz").empty());
  REQUIRE_THROWS_WITH(
      vocabulary.id_of("cat"),
      "[vocabulary] \"cat\" is not among the 8 tokens. Hint: did you mean \"Cat\" or \"cats\" or \"cut\"?");
  REQUIRE_THROWS_WITH(vocabulary.id_of("zzzzzz"), Contains("nothing in it is spelled like this"));
  REQUIRE(vocabulary.id_of("dog") == 4);

  Vocabulary counted;
  counted.add("bat", 1), counted.add("hat", 9), counted.add("rat", 5);
  REQUIRE(counted.nearest("cat", 2) == Words{"hat", "rat"});
}

TEST_CASE("a vocabulary comes back from its file", "[vocabulary]") {
  std::string path = lexigrad::test::in_build("vocabulary.txt");
  Vocabulary vocabulary;
  for (std::string word :
       {"a", " b", "tab\there", "line\nbreak", "back\\slash", "\xFF\xFE", "\u00e9", "trailing "})
    vocabulary.add(word, 5);
  vocabulary.add("", 0);
  vocabulary.save(path);
  Vocabulary copy = Vocabulary::load(path);
  REQUIRE(copy.size() == vocabulary.size());
  for (int64_t id = 0; id < copy.size(); ++id) {
    REQUIRE(copy.token(id) == vocabulary.token(id));
    REQUIRE(copy.count(id) == vocabulary.count(id));
  }
}

TEST_CASE("a damaged vocabulary file names its line", "[vocabulary]") {
  std::string path = lexigrad::test::in_build("vocabulary_damaged.txt");
  for (auto [content, reason] : {std::pair{"a\t1\nb\t2", "Line 2 is cut off"},
                                 {"a 1\n", "Line 1 is not token, tab, count"},
                                 {"a\t1\nb\tx\n", "Line 2 has no count"},
                                 {"a\t-1\n", "Line 1 has no count"},
                                 {"a\t1\nb\t1\na\t1\n", "Line 3 repeats a token"},
                                 {"\\q\t1\n", "Line 1 has a broken escape"}}) {
    std::ofstream(path) << content;
    REQUIRE_THROWS_AS(Vocabulary::load(path), FileError);
    REQUIRE_THROWS_WITH(Vocabulary::load(path), Contains(reason) && Contains(path));
  }
}
