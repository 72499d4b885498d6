// How far a run is: a bar that stays on one line of a terminal, plain lines elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

class Progress {
 public:
  /// `first_step` of `total` steps, with `first_tokens`, are done already. `out` is a terminal
  /// where it is std::cerr and that is one.
  Progress(std::ostream& out, int64_t first_step, int64_t first_tokens, int64_t total);
  ~Progress();
  /// Shows the state, on a terminal at most ten times a second. `line` asks for a plain line
  /// where there is no terminal, which has one every ten seconds anyway.
  void show(int64_t step, int64_t tokens, double loss, bool line);

 private:
  std::string text_at(int64_t step, int64_t tokens, double loss) const;
  std::string bar(double share, int64_t columns) const;
  double seconds() const;

  std::ostream& out_;
  int64_t first_step_, first_tokens_, total_;
  bool terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

/// Shows a Progress to `out`, with plain lines every `line_interval` steps.
class ShowProgress final : public Callback {
 public:
  ShowProgress(std::ostream& out, int64_t line_interval) : out_(out), line_interval_(line_interval) {}
  void begin(RunState& state) override;
  void after_step(RunState& state) override;
  void end(RunState&) override { progress_.reset(); }

 private:
  std::ostream& out_;
  int64_t line_interval_;
  std::optional<Progress> progress_;
};

/// "1:02:03", "0:42".
std::string duration(double seconds);

}  // namespace lexigrad::train
