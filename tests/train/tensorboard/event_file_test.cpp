// TensorBoard's files: checksums and frames against the published ones, events read back by a reader of the tests'
// own, and what a resume does. tests/train/tensorboard/read_events.py reads a run with TensorBoard itself.
#include "lexigrad/train/tensorboard/event_file.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "catch.h"
#include "lexigrad/train/loop/callbacks/log.h"
#include "lexigrad/train/loop/callbacks/tensorboard.h"
#include "lexigrad/train/tensorboard/crc32c.h"
#include "train/formats/folder.h"
#include "train/loop/callbacks/scripted.h"

using namespace lexigrad;
using namespace lexigrad::train;
using namespace lexigrad::test;

namespace {

uint64_t number(std::string_view bytes) {
  uint64_t out = 0;
  for (size_t i = bytes.size(); i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[i]);
  return out;
}

// A message as pairs of a field and its bytes, or the number of a varint as 8 of them.
std::vector<std::pair<int, std::string>> fields(std::string_view message) {
  std::vector<std::pair<int, std::string>> out;
  size_t at = 0;
  auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      auto byte = static_cast<unsigned char>(message.at(at++));
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.size()) {
    uint64_t tag = varint(), value = 0;
    size_t size = tag % 8 == 1 ? 8 : tag % 8 == 5 ? 4 : 0;
    if (tag % 8 == 0 || tag % 8 == 2) value = varint();
    if (tag % 8 == 2) size = value;
    std::string bytes(message.substr(at, size));
    if (tag % 8 == 0)
      for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
    out.emplace_back(static_cast<int>(tag / 8), bytes);
    at += size;
  }
  return out;
}
std::string field(std::string_view message, int wanted) {
  for (const auto& [name, bytes] : fields(message))
    if (name == wanted) return bytes;
  return "";
}

struct Read {
  int64_t step;
  std::map<std::string, float> scalars;
  std::map<std::string, std::string> histograms;
};

std::vector<Read> read_events(const std::string& path) {
  std::string file = slurp(path);
  std::vector<Read> out;
  for (std::string_view rest = file; !rest.empty();) {
    size_t size = number(rest.substr(0, 8));
    REQUIRE(rest.size() >= size + 16);
    std::string_view message = rest.substr(12, size);
    CHECK(field(message, 1).size() == 8);
    if (out.empty() && file.size() == rest.size()) CHECK(field(message, 3) == "brain.Event:2");
    Read event{static_cast<int64_t>(number(field(message, 2))), {}, {}};
    for (const auto& [name, value] : fields(field(message, 5))) {
      std::string tag = field(value, 1), scalar = field(value, 2), histogram = field(value, 5);
      if (!scalar.empty()) event.scalars[tag] = std::bit_cast<float>(static_cast<uint32_t>(number(scalar)));
      if (!histogram.empty()) event.histograms[tag] = histogram;
    }
    if (!event.scalars.empty() || !event.histograms.empty()) out.push_back(event);
    rest.remove_prefix(size + 16);
  }
  return out;
}

std::vector<int64_t> steps(const std::string& path) {
  std::vector<int64_t> out;
  for (const Read& event : read_events(path)) out.push_back(event.step);
  return out;
}

double real(const std::string& message, int wanted) {
  return std::bit_cast<double>(number(field(message, wanted)));
}

std::vector<double> reals(const std::string& message, int wanted) {
  std::string bytes = field(message, wanted);
  std::vector<double> out;
  for (size_t at = 0; at < bytes.size(); at += 8)
    out.push_back(std::bit_cast<double>(number(std::string_view(bytes).substr(at, 8))));
  return out;
}

}  // namespace

TEST_CASE("crc32c has the values of RFC 3720", "[tensorboard]") {
  std::string rising(32, '\0'), falling;
  std::iota(rising.begin(), rising.end(), '\0');
  falling.assign(rising.rbegin(), rising.rend());
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c(rising) == 0x46dd794e);
  CHECK(crc32c(falling) == 0x113fdb5c);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c("") == 0);
}

TEST_CASE("a record is a length, bytes and a masked checksum of each", "[tensorboard]") {
  std::string record = tf_record("123456789");
  REQUIRE(record.size() == 25);
  auto masked = [](uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; };
  CHECK(record.substr(0, 8) == std::string("\x09\0\0\0\0\0\0\0", 8));
  CHECK(number(record.substr(8, 4)) == masked(crc32c(record.substr(0, 8))));
  CHECK(record.substr(12, 9) == "123456789");
  CHECK(number(record.substr(21)) == masked(0xe3069283));
}

TEST_CASE("events are read back: step, scalars, histograms", "[tensorboard]") {
  Folder folder;
  EventFile file = EventFile::make(folder / "events.out.tfevents.test");
  const double inf = std::numeric_limits<double>::infinity();
  Histogram h = histogram(from_values<double>(std::vector<double>{0, 1, 1, 2, 3, inf}, {2, 3}));
  file.add(0, {.scalars = {{"a/b", 0.25}}});
  file.add(300, {.scalars = {{"a/b", -1}, {"c", 1e9}}, .histograms = {{"h", h}}});
  auto events = read_events(folder / "events.out.tfevents.test");
  REQUIRE(events.size() == 2);
  CHECK((events[0].step == 0 && events[1].step == 300));
  CHECK(events[0].scalars == std::map<std::string, float>{{"a/b", 0.25f}});
  CHECK(events[1].scalars == std::map<std::string, float>{{"a/b", -1.f}, {"c", 1e9f}});
  std::string found = events[1].histograms.at("h");
  CHECK((real(found, 1) == 0 && real(found, 2) == 3 && real(found, 3) == 5));
  CHECK((real(found, 4) == 7 && real(found, 5) == 15));
  std::vector<double> ends = reals(found, 6), counts = reals(found, 7);
  REQUIRE((ends.size() == 30 && counts.size() == 30));
  CHECK((ends.front() == Approx(0.1) && ends.back() == 3));
  CHECK((counts[0] == 1 && counts[10] == 2 && counts[20] == 1 && counts[29] == 1));
  CHECK(std::accumulate(counts.begin(), counts.end(), 0.0) == 5);
  CHECK(histogram(full({3}, 2.0)).counts[0] == 3);
  CHECK(histogram(full({3}, inf)).counts.empty());
}

TEST_CASE("a file goes on behind its last whole event up to a step", "[tensorboard]") {
  Folder folder;
  std::string path = folder / "events.out.tfevents.test";
  EventFile file = EventFile::make(path);
  size_t head = slurp(path).size();
  for (int64_t step : {0, 10, 20, 30}) file.add(step, {.scalars = {{"x", 1}}});
  const std::string whole = slurp(path);
  EventFile::go_on(path, 20).add(25, {.scalars = {{"x", 2}}});
  CHECK(steps(path) == std::vector<int64_t>{0, 10, 20, 25});
  for (size_t size = whole.size() - 1; size > head; --size) {  // as a kill leaves it
    spill(path, whole.substr(0, size));
    EventFile::go_on(path, 30).add(40, {.scalars = {{"x", 2}}});
    std::vector<int64_t> left = steps(path);
    CHECK(left.back() == 40);
    CHECK(left.size() <= 4);
  }
  std::string damaged = whole;
  damaged[head + 20] ^= 1;  // in the first event
  spill(path, damaged);
  EventFile::go_on(path, 30).add(40, {.scalars = {{"x", 2}}});
  CHECK(steps(path) == std::vector<int64_t>{40});
  for (const std::string& nothing :
       {std::string(), whole.substr(0, head - 1), std::string("no events here")}) {
    spill(path, nothing);
    EventFile::go_on(path, 30).add(40, {.scalars = {{"x", 2}}});
    CHECK(steps(path) == std::vector<int64_t>{40});
  }
}

TEST_CASE("a run's events are those of its log, once, also behind a resume", "[tensorboard]") {
  Folder folder;
  Scripted run([](int64_t step) { return static_cast<double>(step); });
  Told told({9, 8, 7, 6, 5, 4, 3, 2});
  auto go = [&](int64_t total) {
    Log log(folder / "log.jsonl", 2);
    TensorBoard board(folder.path, 2, [] {
      return WordVectors{{"a", "b c"}, from_values<float>(std::vector<float>{1, 2, 3, 4}, {2, 2})};
    });
    train_to(run.trainer, total, {&told, &log, &board});
  };
  go(6);
  run.trainer.restore({.step = 4, .epoch = 0, .batch = 4, .tokens = 4}, {});
  go(8);
  std::string path = folder / kEventsFile;
  CHECK(steps(path) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  Read last = read_events(path).back();
  CHECK((last.scalars.at("loss/training") == 8 && last.scalars.at("loss/held_out") == 2));
  CHECK(last.scalars.at("learning_rate") == 0.125f);
  CHECK((last.histograms.contains("parameters/weight") && last.histograms.contains("parameters/bias")));
  CHECK(slurp(folder / "projector.tsv") == "1\t2\n3\t4\n");
  CHECK(slurp(folder / "projector.metadata.tsv") == "a\nb\\x20c\n");
  CHECK_THAT(slurp(folder / "projector_config.pbtxt"), Catch::Contains("tensor_path: \"projector.tsv\""));
}
