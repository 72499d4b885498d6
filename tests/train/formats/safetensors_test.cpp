#include "lexigrad/train/formats/safetensors.h"

#include <cstring>
#include <limits>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "support/paths.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

const std::string kFixtures = lexigrad::test::in_source("tests/fixtures/formats/");

std::vector<NamedTensor> sample() {
  return {{"w", tensor({{0.5, -1.5}, {2.25, 3.0}})},
          {"mask", tensor({true, false, true})},
          {"ids", tensor({7, -9})},
          {"half", tensor({0.1, -3.0, 1e38}, bfloat16)},
          {"wide", tensor({0.1, 1e300}, float64)},
          {"scalar", tensor(3.5)},
          {"none", zeros({0, 4})}};
}

// A file of `json` and `data`, as another program would write it.
std::string foreign(const std::string& json, const std::string& data = "") {
  uint64_t length = json.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + json + data;
}

std::string error_of(const std::string& path) {
  try {
    load_safetensors(path);
  } catch (const FileError& e) { return e.what(); }
  return "";
}

}  // namespace

TEST_CASE("safetensors come back as they were saved") {
  Folder folder;
  auto saved = sample();
  save_safetensors(folder / "a", saved, {{"step", "12"}, {"größe", "a \"quoted\"\nline"}});
  SafetensorsFile file = load_safetensors(folder / "a");
  REQUIRE(file.metadata == Metadata{{"step", "12"}, {"größe", "a \"quoted\"\nline"}});
  REQUIRE(file.tensors.size() == saved.size());
  for (size_t i = 0; i < saved.size(); ++i) {
    REQUIRE(file.tensors[i].name == saved[i].name);
    REQUIRE(equal(file.tensors[i].tensor, saved[i].tensor));
  }
  REQUIRE(file.find("ids")->dtype() == int64);
  REQUIRE(file.find("nothing") == nullptr);
}

TEST_CASE("safetensors keep every bit of odd floats") {
  Folder folder;
  std::vector<float> odd{-0.0f, std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::quiet_NaN(), 1e-45f};
  save_safetensors(folder / "a", {{"x", tensor(odd)}});
  auto read = load_safetensors(folder / "a").tensors[0].tensor;
  REQUIRE(std::memcmp(read.data<float>(), odd.data(), 16) == 0);
}

TEST_CASE("strided views are written by their elements, and nothing at all is a file too") {
  Folder folder;
  Tensor m = tensor({{1, 2, 3}, {4, 5, 6}});
  save_safetensors(folder / "a", {{"t", m.t()}, {"row", m[1]}});
  SafetensorsFile file = load_safetensors(folder / "a");
  REQUIRE(equal(*file.find("t"), tensor({{1, 4}, {2, 5}, {3, 6}})));
  REQUIRE(equal(*file.find("row"), tensor({4, 5, 6})));
  save_safetensors(folder / "b", {});
  REQUIRE(load_safetensors(folder / "b").tensors.empty());
}

TEST_CASE("rows are read alone, as they are in the whole file") {
  Folder folder;
  Tensor w = rand({100, 8});
  save_safetensors(folder / "a", {{"w", w},
                                  {"ids", tensor({5, 6, 7})},
                                  {"half", w.to(bfloat16)},
                                  {"cube", w.view({10, 10, 8})},
                                  {"tied", w},
                                  {"one", tensor(7.0)}});
  SafetensorsFile file = load_safetensors(folder / "a");
  for (const auto& [name, tensor] : file.tensors) {
    if (tensor.rank() == 0) continue;
    INFO(name);
    for (int64_t begin : {int64_t{0}, int64_t{1}, tensor.size(0) - 1}) {
      Tensor rows = load_safetensors_rows(folder / "a", name, begin, begin + 1);
      CHECK(rows.dtype() == tensor.dtype());
      CHECK(equal(rows[0], tensor[begin]));
    }
    CHECK(equal(load_safetensors_rows(folder / "a", name, 0, tensor.size(0)), tensor));
    CHECK(load_safetensors_rows(folder / "a", name, 2, 2).size(0) == 0);
  }
  Tensor halves = *load_safetensors(kFixtures + "half.safetensors").find("half");
  CHECK(equal(load_safetensors_rows(kFixtures + "half.safetensors", "half", 1, 2)[0], halves[1]));
  auto refused = [&](const char* name, int64_t begin, int64_t end, const char* why) {
    CHECK_THROWS_WITH(load_safetensors_rows(folder / "a", name, begin, end), Contains(why));
  };
  refused("v", 0, 1, "There is no tensor \"v\"");
  refused("w", 99, 101, "Rows 99..101 are not in the tensor \"w\" of shape [100, 8]");
  refused("w", -1, 1, "Rows -1..1");
  refused("w", 2, 1, "Rows 2..1");
  refused("one", 0, 1, "of shape []");
  // What lies elsewhere is not read: a damaged byte there is no trouble.
  std::string bytes = slurp(folder / "a");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  spill(folder / "b", bytes);
  CHECK_THROWS_WITH(load_safetensors(folder / "b"), Contains("checksum"));
  CHECK(equal(load_safetensors_rows(folder / "b", "w", 0, 1)[0], w[0]));
}

TEST_CASE("tied tensors are written once and come back tied") {
  Folder folder;
  Tensor w = rand({100, 8});
  Tensor base = w.detach();
  save_safetensors(folder / "tied", {{"tok.weight", w}, {"head.weight", base}, {"t", w.t()}, {"part", w[0]}});
  save_safetensors(folder / "one", {{"tok.weight", w}});
  SafetensorsFile file = load_safetensors(folder / "tied");
  REQUIRE(file.metadata.empty());
  REQUIRE(file.find("head.weight")->shares_storage(*file.find("tok.weight")));
  REQUIRE_FALSE(file.find("t")->shares_storage(*file.find("tok.weight")));
  REQUIRE(equal(*file.find("head.weight"), w));
  REQUIRE(equal(*file.find("t"), w.t()));
  REQUIRE(equal(*file.find("part"), w[0]));
  SafetensorsHeader header = read_safetensors_header(folder / "tied");
  REQUIRE(header.alias == Metadata{{"head.weight", "tok.weight"}});
  REQUIRE(header.entries.size() == 3);
}

TEST_CASE("views that differ in place, shape or strides alone are no aliases") {
  Folder folder;
  Tensor w = tensor({{1, 2}, {3, 4}});
  save_safetensors(
      folder / "a",
      {{"w", w}, {"t", w.t()}, {"row0", w[0]}, {"row1", w[1]}, {"flat", w.view({4})}, {"again", w[1]}});
  SafetensorsFile file = load_safetensors(folder / "a");
  REQUIRE(equal(*file.find("w"), w));
  REQUIRE(equal(*file.find("t"), tensor({{1, 3}, {2, 4}})));
  REQUIRE(equal(*file.find("row0"), tensor({1, 2})));
  REQUIRE(equal(*file.find("row1"), tensor({3, 4})));
  REQUIRE(equal(*file.find("flat"), tensor({1, 2, 3, 4})));
  REQUIRE(read_safetensors_header(folder / "a").alias == Metadata{{"again", "row1"}});
  Tensor column = lexigrad::detail::new_view(w, {1, 2}, {2, 1}, 0),
         longer = lexigrad::detail::new_view(w, {2, 2}, {2, 1}, 0);
  save_safetensors(folder / "b", {{"column", column}, {"longer", longer}});
  REQUIRE(equal(*load_safetensors(folder / "b").find("longer"), w));
}

TEST_CASE("the data of every tensor is aligned, and the header reads alone") {
  Folder folder;
  save_safetensors(folder / "a", sample());
  SafetensorsHeader header = read_safetensors_header(folder / "a");
  REQUIRE(header.data_begin % 8 == 0);
  for (const SafetensorsEntry& entry : header.entries) REQUIRE(entry.begin % entry.element->bytes == 0);
  REQUIRE(header.entries[0].name == "w");
  REQUIRE(header.entries[0].shape == Shape({2, 2}));
  REQUIRE(header.entries[0].end - header.entries[0].begin == 16);
}

TEST_CASE("the checksum is XXH64 of the file with zeros for its digits") {
  Folder folder;
  save_safetensors(folder / "a", sample());
  std::string bytes = slurp(folder / "a");
  size_t at = bytes.find("xxh64:") + 6;
  std::string digits = bytes.substr(at, 16);
  bytes.replace(at, 16, 16, '0');
  Xxh64 sum;
  sum.update(bytes);
  REQUIRE(sum.hex() == digits);
}

TEST_CASE("the same tensors make the same bytes") {
  Folder folder;
  save_safetensors(folder / "a", sample(), {{"b", "1"}, {"a", "2"}});
  save_safetensors(folder / "b", sample(), {{"a", "2"}, {"b", "1"}});
  REQUIRE(slurp(folder / "a") == slurp(folder / "b"));
}

TEST_CASE("no changed byte and no cut passes") {
  Folder folder;
  Tensor w = tensor({1.0, 2.0});
  save_safetensors(folder / "a", {{"w", w}, {"v", w.detach()}, {"m", tensor({true})}}, {{"k", "v"}});
  std::string good = slurp(folder / "a");
  REQUIRE(error_of(folder / "a").empty());
  auto refused = [&](const std::string& bytes) {
    spill(folder / "b", bytes);
    std::string error = error_of(folder / "b");
    bool clear = error.find("Hint: ") != std::string::npos && error.find(", byte ") != std::string::npos &&
                 error.find('\n') == std::string::npos;
    return clear || bytes.empty();
  };
  for (size_t at = 0; at < good.size(); ++at)
    for (int change = 1; change < 256; change += at < 8 || change < 32 ? 1 : 16) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      INFO("byte " << at << " changed by " << change);
      REQUIRE(refused(bad));
    }
  for (size_t size = 0; size < good.size(); ++size) REQUIRE(refused(good.substr(0, size)));
  REQUIRE(refused(good + '\0'));
  REQUIRE(refused(good.substr(0, 50) + good.substr(51)));
}

TEST_CASE("files that break the format are refused with the reason and without a large allocation") {
  Folder folder;
  auto reason = [&](const std::string& bytes) {
    spill(folder / "bad", bytes);
    return error_of(folder / "bad");
  };
  auto tensor_json = [](const std::string& fields) {
    return foreign("{\"a\":{" + fields + "}}", "12345678");
  };
  const std::string fine = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  REQUIRE(reason(tensor_json(fine)).empty());

  REQUIRE_THAT(reason("short"), Contains("has 5 bytes, too few for a header"));
  REQUIRE_THAT(reason(std::string(8, '\xff') + "{}"),
               Contains("The header should have 18446744073709551615"));
  REQUIRE_THAT(reason(foreign("[]")), Contains("does not start with {"));
  REQUIRE_THAT(reason(foreign("")), Contains("does not start with {"));
  REQUIRE_THAT(reason(foreign("{")), Contains("not valid JSON") && Contains("byte 9)"));
  REQUIRE_THAT(reason(foreign("{}x")), Contains("not valid JSON"));
  REQUIRE_THAT(reason(foreign("{\"\xff\":1}")), Contains("not valid JSON in UTF-8"));
  REQUIRE_THAT(reason(foreign(std::string(100000, '{'))), Contains("[safetensors]"));
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  REQUIRE_THAT(reason(foreign(deep)), Contains("nested too deep"));
  REQUIRE_THAT(reason(foreign("{\"a\":" + std::string(100000, '['))), Contains("a list where none belongs"));
  REQUIRE_THAT(reason(tensor_json(fine + ",\"more\":\"x\"")), Contains("where none belongs"));
  REQUIRE_THAT(reason(tensor_json(R"("dtype":"F32","shape":[2])")),
               Contains("needs dtype, shape and data_offsets"));
  REQUIRE_THAT(reason(tensor_json(fine + "," + fine)), Contains("\"dtype\" occurs twice"));
  REQUIRE_THAT(reason(foreign("{\"a\":{" + fine + "},\"a\":{" + fine + "}}", "12345678")),
               Contains("\"a\" occurs twice"));
  REQUIRE_THAT(reason(foreign(R"({"__metadata__":{"a":1}})")), Contains("a number where none belongs"));
  REQUIRE_THAT(reason(foreign(R"({"__metadata__":{"a":"1","a":"2"}})")), Contains("occurs twice"));

  auto entry = [&](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return tensor_json("\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets +
                       "]");
  };
  REQUIRE_THAT(reason(entry("F4", "16", "0,8")),
               Contains("has dtype F4; F32, F64, I64, BF16, BOOL, F16, ") && !Contains("damaged"));
  REQUIRE_THAT(reason(entry("F32", "-2", "0,8")), Contains("a negative number"));
  REQUIRE_THAT(reason(entry("F32", "2.0", "0,8")), Contains("a fraction"));
  REQUIRE_THAT(reason(entry("F32", "2", "8,0")), Contains("not [begin, end]"));
  REQUIRE_THAT(reason(entry("F32", "2", "0,8,8")), Contains("not [begin, end]"));
  REQUIRE_THAT(reason(entry("F32", "2", "0,9223372036854775807")), Contains("too large"));
  REQUIRE_THAT(reason(entry("F32", "1000000000000", "0,4000000000000")), Contains("which has 8 bytes"));
  REQUIRE_THAT(reason(entry("F32", "3", "0,8")), Contains("does not fill its 8 bytes"));
  // 5 * 1844674407370955162 * 4 is 8 in 64 bits.
  REQUIRE_THAT(reason(entry("F32", "5,1844674407370955162", "0,8")), Contains("does not fill"));
  REQUIRE_THAT(reason(entry("F32", "0,4000000000000000000,4000000000000000000", "0,0")),
               Contains("does not fill"));
  REQUIRE_THAT(reason(entry("F32", "1", "0,4")), Contains("The data has 8 bytes, the header accounts for 4"));
  REQUIRE_THAT(reason(entry("F32", "1", "4,8")), Contains("starts at 4 of the data, where 0 is next"));
  REQUIRE_THAT(reason(entry("BOOL", "8", "0,8")), Contains("a byte other than 0 and 1"));
  REQUIRE_THAT(reason(foreign(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                              "12345678")),
               Contains("bytes overlap"));
}

TEST_CASE("our marks cannot be half there") {
  Folder folder;
  auto reason = [&](const std::string& json) {
    spill(folder / "bad", foreign(json));
    return error_of(folder / "bad");
  };
  REQUIRE_THAT(reason(R"({"__metadata__":{"lexigrad":"1"}})"),
               Contains("The checksum is not at the file's start"));
  REQUIRE_THAT(reason(R"({"__metadata__":{"checksum":"xxh64:0000000000000000"}})"),
               Contains("The checksum is not at the file's start"));
  REQUIRE_THAT(reason(R"({"__metadata__":{"checksum":"xxh64:0000000000000000","lexigrad":"2"}})"),
               Contains("version 2, this lexigrad reads 1"));
  REQUIRE_THAT(
      reason(R"({"__metadata__":{"checksum":"xxh64:0000000000000000","lexigrad":"1","alias_of:a":"b"}})"),
      Contains("Alias \"a\" of \"b\""));
  REQUIRE(reason(R"({"__metadata__":{"checksum":"someone else's"}})").empty());
}

TEST_CASE("what cannot be saved is refused before anything is written") {
  Folder folder;
  Tensor x = tensor({1});
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"x", x}, {"x", x}}),
                      Contains("\"x\" is reserved or occurs twice"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"__metadata__", x}}), Contains("reserved"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"x", Tensor()}}), Contains("undefined"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"\xff", x}}), Contains("not UTF-8"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"x", x}}, {{"k", "\xff"}}), Contains("not UTF-8"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"x", x}}, {{"checksum", "1"}}),
                      Contains("is our own"));
  REQUIRE_THROWS_WITH(save_safetensors(folder / "a", {{"x", x}}, {{"alias_of:x", "1"}}),
                      Contains("is our own"));
  REQUIRE(folder.files() == 0);
}

TEST_CASE("files of Python's safetensors are read") {
  SafetensorsFile file = load_safetensors(kFixtures + "python.safetensors");
  REQUIRE(file.metadata == Metadata{{"format", "np"}, {"größe", "a \"quoted\"\nline"}});
  REQUIRE(file.tensors.size() == 7);
  std::vector<float> rows{0.1f,     -0.0f,    1e-45f, 3.4028235e38f, -1.17549435e-38f,
                          16777216, 1.0f / 3, 7,      -2.5e-7f};
  REQUIRE(file.find("rows")->shape() == Shape({3, 3}));
  REQUIRE(std::memcmp(file.find("rows")->data<float>(), rows.data(), 36) == 0);
  REQUIRE(file.find("wide")->dtype() == float64);
  REQUIRE(equal(*file.find("wide"), file.find("rows")->t().to(float64)));
  REQUIRE(file.find("ids")->to_vector<int64_t>() == std::vector<int64_t>{1, -2, 3, int64_t{1} << 62});
  REQUIRE(equal(*file.find("mask"), tensor({true, false, true})));
  REQUIRE(equal(*file.find("bytes"), tensor({0, 7, 255})));
  REQUIRE(equal(*file.find("scalar"), tensor(2.5)));
  REQUIRE(file.find("none")->shape() == Shape({0, 4}));
  REQUIRE(equal(*load_safetensors(kFixtures + "half.safetensors").find("half"), tensor({1.0, 2.0})));
}
