#include "lexigrad/train/loop/run_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/json_text.h"

namespace lexigrad::train {
namespace {

constexpr std::pair<const char*, std::optional<double> LogEntry::*> kOptional[] = {
    {"tokens_per_second", &LogEntry::tokens_per_second},
    {"resident_bytes", &LogEntry::resident_bytes},
    {"peak_bytes", &LogEntry::peak_bytes}};

std::string line_of(const LogEntry& e) {
  nlohmann::ordered_json line = {{"step", e.step}, {"epoch", e.epoch}, {"tokens", e.tokens}};
  if (e.loss) line["loss"] = *e.loss;
  if (e.validation) line["validation"] = *e.validation;
  line["lr"] = e.lr;
  line["seconds"] = e.seconds;
  if (!e.cosines.empty()) line["cosines"] = e.cosines;
  std::map<std::string, double> finite;
  for (const auto& [name, value] : e.measured)
    if (std::isfinite(value)) finite[name] = value;
  if (!finite.empty()) line["measured"] = finite;
  for (const auto& [name, member] : kOptional)
    if (e.*member) line[name] = *(e.*member);
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
             .cosines = {},
             .measured = {}};
  if (line.contains("loss")) e.loss = line["loss"].get<double>();
  if (line.contains("validation")) e.validation = line["validation"].get<double>();
  for (const auto& [name, member] : kOptional)
    if (line.contains(name)) e.*member = line[name].get<double>();
  if (line.contains("measured")) line["measured"].get_to(e.measured);
  if (line.contains("cosines")) line["cosines"].get_to(e.cosines);
  return e;
}

}  // namespace

void append_log(const std::string& path, const LogEntry& entry) {
  const std::string line = line_of(entry);
  Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
  struct stat info {};
  int code = !file || ::fstat(file.number(), &info) != 0 ? errno : 0;
  if (code == 0 && !S_ISREG(info.st_mode)) code = EINVAL;
  for (size_t put = 0; code == 0 && put < line.size();) {
    ssize_t n = ::write(file.number(), line.data() + put, line.size() - put);
    if (n > 0)
      put += static_cast<size_t>(n);
    else if (n == 0 || errno != EINTR)
      code = n == 0 ? ENOSPC : errno;
  }
  if (code != 0)
    fail_file("log",
              text("Cannot write: ", std::generic_category().message(code),
                   ". Hint: put that right; --resume goes on from the last checkpoint"),
              path);
}

std::vector<LogEntry> read_log(const std::string& path) {
  std::vector<LogEntry> entries;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 && errno == ENOENT) return entries;
  if (S_ISREG(info.st_mode) && info.st_size == 0) return entries;
  const std::string bytes = data::read_utf8(path);
  for (std::string_view rest = bytes; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    nlohmann::json json = data::parsed_json<nlohmann::json>(line);
    if (json.is_discarded()) {
      if (rest.empty()) break;
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
