#include "lexigrad/train/loop/run_log.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/json_text.h"

namespace lexigrad::train {
namespace {

std::string line_of(const LogEntry& e) {
  nlohmann::ordered_json line = {{"step", e.step}, {"epoch", e.epoch}, {"tokens", e.tokens}};
  if (e.loss) line["loss"] = *e.loss;
  if (e.validation) line["validation"] = *e.validation;
  line["lr"] = e.lr;
  line["seconds"] = e.seconds;
  if (!e.cosines.empty()) line["cosines"] = e.cosines;
  return data::json_text(line) + "\n";
}

LogEntry parse(const nlohmann::json& line) {
  LogEntry e{.step = line.at("step"),
             .epoch = line.at("epoch"),
             .tokens = line.at("tokens"),
             .loss = {},
             .validation = {},
             .lr = line.at("lr"),
             .seconds = line.at("seconds"),
             .cosines = {}};
  if (line.contains("loss")) e.loss = line["loss"].get<double>();
  if (line.contains("validation")) e.validation = line["validation"].get<double>();
  if (line.contains("cosines")) line["cosines"].get_to(e.cosines);
  return e;
}

}  // namespace

void append_log(const std::string& path, const LogEntry& entry) {
  struct stat info;
  bool plain = ::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);  // a pipe would wait for a reader
  std::ofstream file;
  if (plain) file.open(path, std::ios::app | std::ios::binary);
  if (!plain || !(file << line_of(entry) << std::flush))
    fail_file("log", "Cannot write. Hint: is the disk full? --resume goes on from the last checkpoint", path);
}

std::vector<LogEntry> read_log(const std::string& path) {
  std::vector<LogEntry> entries;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 && errno == ENOENT) return entries;
  if (S_ISREG(info.st_mode) && info.st_size == 0) return entries;
  std::istringstream file(data::read_utf8(path));
  for (std::string line; std::getline(file, line);) {
    nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded()) {
      if (file.peek() == std::istringstream::traits_type::eof()) break;
      fail_file("log", text("Line ", entries.size() + 1, " is damaged. Hint: take that line out"), path);
    }
    try {
      entries.push_back(parse(json));
    } catch (const nlohmann::json::exception&) {
      fail_file("log",
                text("Line ", entries.size() + 1,
                     " is not a log entry: a number is missing. Hint: take that line out"),
                path);
    }
  }
  return entries;
}

void cut_log(const std::string& path, int64_t step) {
  std::vector<LogEntry> entries = read_log(path);
  write_file_atomically(path, [&](FileWriter& out) {
    for (const LogEntry& entry : entries)
      if (entry.step <= step) out.write(line_of(entry));
  });
}

}  // namespace lexigrad::train
