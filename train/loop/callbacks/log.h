// log.jsonl, a line now and then.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Appends a LogEntry to a file before the first step, every `interval` steps and where a callback before it has
/// measured something. A resumed run's lines behind its checkpoint are cut.
class Log final : public Callback {
 public:
  using Cosines = std::function<std::map<std::string, double>()>;

  /// `cosines` gives those of watched pairs, and may be empty.
  Log(std::string path, int64_t interval, Cosines cosines = {})
      : path_(std::move(path)), interval_(interval), cosines_(std::move(cosines)) {}

  void begin(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  void write(RunState& state);

  std::string path_;
  int64_t interval_;
  Cosines cosines_;
  double seconds_before_ = 0, last_seconds_ = 0;
  int64_t last_tokens_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lexigrad::train
