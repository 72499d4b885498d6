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
  std::map<std::string, double> cosines = {};   ///< of watched pairs
  std::map<std::string, double> measured = {};  ///< RunState::measured; what is not finite is left out
  /// By the clock and the machine, and not the same in two runs; the bytes are this process's.
  std::optional<double> tokens_per_second = {}, resident_bytes = {}, peak_bytes = {};
};

/// Appends one line and flushes it. Throws FileError where the disk is full.
void append_log(const std::string& path, const LogEntry& entry);
/// All entries; a last line that a kill cut short is left out. Empty where there is no file.
std::vector<LogEntry> read_log(const std::string& path);
/// Cuts what lies past `step`.
void cut_log(const std::string& path, int64_t step);

}  // namespace lexigrad::train
