// What is skipped of a header is what nlohmann's parser takes as a text, and nothing else.
#include "lexigrad/train/formats/safetensors/header_text.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/train/formats/safetensors.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using std::string_literals::operator""s;

namespace {

bool is_valid(const std::string& inside) { return nlohmann::json::accept('"' + inside + '"'); }

// Texts of pieces that are whole, halves or damaged.
std::string some_text(uint64_t seed, uint64_t pieces, bool damaged) {
  static const std::vector<std::string> whole = {
      "word",
      "\\n",
      "\\\\",
      "\\\"",
      "\\/\\b\\f\\r\\t",
      "\\u00e4",
      "\\uD7ff",
      "\xc3\xa4",
      "\xe4\xb8\xad",
      "\x7f",
      "\xed\x9f\xbf",
      "\xf0\x9f\x98\x80",
      "a longer word, and another one that is longer than a block of them"};
  static const std::vector<std::string> broken = {
      "\x01",     "\n",           "\\x41",    "\\u00g1",          "\\u12", "\xff", "\xc3",
      "\xe4\xb8", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\\",    "\0"s};
  CounterRng random(seed);
  std::string out;
  for (uint64_t i = 0; i < pieces; ++i) out += whole[random.below(whole.size(), 0, i)];
  if (damaged) out.insert(random.below(out.size() + 1, 1, 0), broken[random.below(broken.size(), 2, 0)]);
  return out;
}

std::string file_of(const std::string& words) {
  std::string json = R"({"__metadata__":{"a":"b","words":")" + words +
                     R"(","z":"\u0041"},"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";
  const uint64_t size = json.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &size, 8);
  return out + json + "\0\0\x80\x3f\0\0\0\x40"s;
}

}  // namespace

TEST_CASE("a valid text is gone through to its quote and any other to what is wrong at most",
          "[safetensors]") {
  int valid = 0, invalid = 0;
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    const std::string text = some_text(seed, 1 + seed % 40, seed % 2 == 1);
    INFO(nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    const std::string bytes = text + '"' + std::string(seed % 150, 'x');
    const size_t size = valid_json_text(bytes);
    REQUIRE(is_valid(bytes.substr(0, size)));
    if (is_valid(text)) REQUIRE(size == text.size());
    ++(is_valid(text) ? valid : invalid);
  }
  CHECK(valid > 1900);
  CHECK(invalid > 1500);
  CHECK(valid_json_text("\\ud83d\\ude00\"") == 0);  // left to the parser
  CHECK(valid_json_text("a\xc3") == 1);
}

TEST_CASE("rows are read or refused as the whole file is whatever stands in long metadata", "[safetensors]") {
  Folder folder;
  auto outcome = [&](const auto& read) {
    try {
      read();
    } catch (const FileError& error) { return std::string(error.what()); }
    return std::string("read");
  };
  int read = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::string words;
    while (words.size() < 20000 * (seed % 10)) words += some_text(seed * 1000 + words.size(), 300, false);
    words += some_text(seed, 30, seed % 3 == 1);
    spill(folder / "a", file_of(words));
    const std::string whole = outcome([&] { load_safetensors(folder / "a"); });
    const std::string rows = outcome([&] {
      Tensor row = load_safetensors_rows(folder / "a", "weight", 0, 1);
      CHECK(equal(row, tensor({{1.0, 2.0}})));
    });
    INFO(seed);
    CHECK(rows == whole);
    read += whole == "read";
  }
  CHECK(read > 40);
  CHECK(read < 60);
}

TEST_CASE("a header that is cut or changed in any byte is refused alike with and without its texts",
          "[safetensors]") {
  Folder folder;
  auto outcome = [&](bool texts) {
    try {
      return read_safetensors_header(InputFile(folder / "a"), texts).entries.size() == 1 ? "read"s : "other";
    } catch (const FileError& error) { return std::string(error.what()); }
  };
  const std::string good = file_of("w\\nw\\u0041\xc3\xa4\\n");
  for (size_t at = 8; at < good.size() - 8; ++at)
    for (int change : {1, 2, 4, 7, 32, 64, 128}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      spill(folder / "a", bad);
      INFO("byte " << at << " changed by " << change);
      REQUIRE(outcome(false) == outcome(true));
    }
  for (size_t size = 9; size < good.size(); ++size) {
    std::string bad = good.substr(0, size);
    const uint64_t header = size - 8;
    std::memcpy(bad.data(), &header, 8);
    spill(folder / "a", bad);
    REQUIRE(outcome(false) == outcome(true));
  }
}

TEST_CASE("our own keys are read where others are not", "[safetensors]") {
  Folder folder;
  Tensor w = tensor({{1.0, 2.0}, {3.0, 4.0}});
  save_safetensors(folder / "a", {{"weight", w}, {"again", w}}, {{"words", "a\nb\n"}});
  SafetensorsHeader header = read_safetensors_header(InputFile(folder / "a"), false);
  CHECK(header.metadata == Metadata{{"words", ""}});
  CHECK(header.alias == Metadata{{"again", "weight"}});
  CHECK(header.checksum == read_safetensors_header(folder / "a").checksum);
  CHECK(equal(load_safetensors_rows(folder / "a", "again", 1, 2)[0], w[1]));
}
