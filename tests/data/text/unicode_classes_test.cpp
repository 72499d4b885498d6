#include "lexigrad/data/text/unicode_classes.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/paths.h"

using namespace lexigrad::data;

TEST_CASE("every code point has the class that tiktoken gives it", "[tokenizer]") {
  auto expected = nlohmann::json::parse(
      std::ifstream(lexigrad::test::in_source("tests/fixtures/gpt2_tokens.json")))["classes"];
  uint64_t hash = 0xCBF29CE484222325;
  int64_t counts[4] = {};
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    CharClass kind = char_class(c);
    uint64_t code = kind == CharClass::letter || kind == CharClass::ideograph ? 1
                    : kind == CharClass::number                               ? 2
                    : kind == CharClass::space                                ? 3
                                                                              : 0;
    ++counts[code];
    hash = (hash ^ code) * 0x100000001B3;
  }
  REQUIRE(counts[1] == expected["letters"].get<int64_t>());
  REQUIRE(counts[2] == expected["numbers"].get<int64_t>());
  REQUIRE(counts[3] == expected["spaces"].get<int64_t>());
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  REQUIRE(digits == expected["fnv1a"].get<std::string>());
}

TEST_CASE("marks, ideographs and control characters of Unicode 16", "[tokenizer]") {
  for (char32_t c : {0x301, 0x93E, 0xFE0F, 0x20DD}) REQUIRE(char_class(c) == CharClass::mark);
  for (char32_t c : {0x4E00, 0x3400, 0xF900, 0x20000}) REQUIRE(char_class(c) == CharClass::ideograph);
  for (char32_t c : {0x0, 0x7F, 0xAD, 0x200D, 0xFEFF}) REQUIRE(char_class(c) == CharClass::control);
  for (char32_t c : {0x3042, 0x10D50, 0xA7CB})
    REQUIRE(char_class(c) == CharClass::letter);  // two of Unicode 16
  for (char32_t c : {0x110000u, 0xFFFFFFFFu, 0x21u}) REQUIRE(char_class(c) == CharClass::other);
}

TEST_CASE("lower case of letters of many scripts", "[tokenizer]") {
  const char32_t pairs[][2] = {{'A', 'a'},         {'Z', 'z'},         {0xC9, 0xE9},    {0x100, 0x101},
                               {0x101, 0x101},     {0x130, 'i'},       {0x178, 0xFF},   {0x394, 0x3B4},
                               {0x416, 0x436},     {0x13A0, 0xAB70},   {0x1E9E, 0xDF},  {0x2126, 0x3C9},
                               {0x10400, 0x10428}, {0x10D50, 0x10D70}, {0xA7DC, 0x19B}, {'a', 'a'},
                               {'1', '1'},         {0x4E00, 0x4E00},   {0x3A2, 0x3A2},  {0x110000, 0x110000},
                               {0x16EA0, 0x16EA0}};  // the last is of Unicode 17
  for (auto [upper, lower] : pairs) REQUIRE(to_lower(upper) == lower);
}
