#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "support/sha256.h"

using namespace lexigrad;

namespace {
std::string letters(size_t size) {  // abc...zabc...
  std::string out;
  for (size_t i = 0; i < size; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

std::string xxh64(std::string_view bytes) {
  Xxh64 sum;
  sum.update(bytes);
  return sum.hex();
}
}  // namespace

TEST_CASE("sha256 gives the standard's answers") {  // FIPS 180-4 examples of NIST
  REQUIRE(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  REQUIRE(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  REQUIRE(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  REQUIRE(
      sha256(
          "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
          "mnopqrstnopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  REQUIRE(sha256(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 pads every length and takes any pieces") {
  // hashlib.sha256 over the joined digests of letters(0), letters(1), ..., letters(199)
  std::string all;
  for (size_t size = 0; size < 200; ++size) all += sha256(letters(size));
  REQUIRE(sha256(all) == "549a7a2ad66b59964b05e9a98c4e60aa2121182bab19b46d7b388da124a411ea");
  std::string text = letters(1000);
  for (size_t piece : {1, 3, 63, 64, 65, 200}) {
    Sha256 sum;
    for (size_t at = 0; at < text.size(); at += piece) sum.update(std::string_view(text).substr(at, piece));
    REQUIRE(sum.hex() == sha256(text));
  }
}

TEST_CASE("xxh64 gives the reference implementation's answers") {
  std::vector<std::pair<size_t, std::string>> expected = {
      {0, "ef46db3751d8e999"},   {1, "d24ec4f1a98c6e5b"},   {3, "44bc2cf5ad770999"},
      {4, "de0327b0d25d92cc"},   {5, "07e3670c0c8dc7eb"},   {7, "1860940e2902822d"},
      {8, "3ad351775b4634b7"},   {11, "814e257441cf78e0"},  {12, "4b09b7d3a233d4b3"},
      {15, "2e1218a2b1375068"},  {31, "f7d421c242541ac9"},  {32, "4da6cbe536cf55c7"},
      {33, "9ac581034b031f72"},  {39, "a6c2b538a1fd0a14"},  {63, "a12b47d9d143a6bc"},
      {64, "14696b774542d718"},  {65, "d7cebcc4da5d749e"},  {100, "79c9fa152bb53c71"},
      {255, "b3a5b705e25e98a2"}, {1000, "94b86db9a16d86a9"}};
  for (const auto& [size, digits] : expected) REQUIRE(xxh64(letters(size)) == digits);
}

TEST_CASE("xxh64 takes any pieces and may be asked at any time") {
  std::string text = letters(1000);
  for (size_t piece : {1, 7, 31, 32, 33, 200}) {
    Xxh64 sum;
    for (size_t at = 0; at < text.size(); at += piece) {
      sum.update(std::string_view(text).substr(at, piece));
      REQUIRE(sum.hex() == xxh64(text.substr(0, at + piece)));
    }
  }
}
