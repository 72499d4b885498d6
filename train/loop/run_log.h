// log.jsonl: one JSON object a line, one line each time the loss is logged.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lexigrad::train {

struct LogEntry {
  int64_t step = 0, epoch = 0, tokens = 0;
  std::optional<double> loss;        ///< nats a token since the entry before; none at step 0
  std::optional<double> validation;  ///< nats a held-out token, where it was measured
  double lr = 0, seconds = 0;
  std::map<std::string, double> cosines;  ///< of watched pairs
};

/// Appends one line and flushes it. Throws FileError where the disk is full.
void append_log(const std::string& path, const LogEntry& entry);
/// All entries; a last line that a kill cut short is left out. Empty where there is no file.
std::vector<LogEntry> read_log(const std::string& path);
/// Cuts what lies past `step`.
void cut_log(const std::string& path, int64_t step);

}  // namespace lexigrad::train
