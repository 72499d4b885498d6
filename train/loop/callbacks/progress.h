// How far a run is: a bar that stays on one line of a terminal, plain lines elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// What a line of progress shows.
struct ProgressFigures {
  int64_t step, total;
  double tokens_per_second, loss, seconds_left;
};
/// The figures in at most `columns` characters: all of them behind a bar where there is room, else without it, and
/// in fewer columns the less telling ones left out; share and loss stay longest. 0: without a bar, in any width.
std::string progress_line(const ProgressFigures& figures, int64_t columns);

class Progress {
 public:
  /// `first_step` of `total` steps, with `first_tokens`, are done already. `out` is a terminal
  /// where it is std::cerr and that is one.
  Progress(std::ostream& out, int64_t first_step, int64_t first_tokens, int64_t total);
  ~Progress();
  /// Shows the state, on a terminal at most ten times a second. `line` asks for a plain line
  /// where there is no terminal, which has one every ten seconds anyway.
  void show(int64_t step, int64_t tokens, double loss, bool line);
  /// A line of its own above the state.
  void note(const std::string& line);

 private:
  std::string text_at(int64_t step, int64_t tokens, double loss) const;
  double seconds() const;

  std::ostream& out_;
  int64_t first_step_, first_tokens_, total_;
  bool terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

/// Behind all others: shows a Progress to `out`, with plain lines every `line_interval` steps, and RunState::notes.
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
