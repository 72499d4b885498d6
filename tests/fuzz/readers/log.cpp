// Fuzzes the reader of log.jsonl, and the cut that a resumed run makes.
#include "fuzz/readers/reader.h"
#include "lexigrad/train/loop/run_log.h"

namespace lexigrad::fuzz {

std::string file_name() { return "log.jsonl"; }

void write_seeds(const std::string& folder) {
  const std::string path = folder + "/log";
  train::append_log(path, {.step = 0, .validation = 3.5, .lr = 0.1});
  train::append_log(path,
                    {.step = 1, .epoch = 1, .tokens = 9, .loss = 2.5, .lr = 0.1, .cosines = {{"a:b", 0.5}}});
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  size_t entries = train::read_log(path).size();
  train::cut_log(path, INT64_MAX);
  require(train::read_log(path).size() == entries, "an entry was lost");
  train::cut_log(path, 0);
}

}  // namespace lexigrad::fuzz
