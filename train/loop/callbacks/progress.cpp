#include "lexigrad/train/loop/callbacks/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <vector>

namespace lexigrad::train {
namespace {

constexpr std::chrono::seconds kLongest(10);  // between plain lines

int64_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col;
  const char* given = std::getenv("COLUMNS");
  int64_t columns = given ? std::strtoll(given, nullptr, 10) : 0;
  return columns > 1 ? columns : 80;
}

// "[###...] " of at most 40 columns; none where fewer than ten are left.
std::string bar(double share, int64_t columns) {
  if (columns < 10) return {};
  auto width = static_cast<size_t>(std::min<int64_t>(columns, 40) - 3),
       filled = static_cast<size_t>(share * static_cast<double>(width));
  return fmt::format("[{}{}] ", std::string(filled, '#'), std::string(width - filled, '.'));
}

struct Piece {
  std::string text;
  int importance;  // the least goes first
};

std::string joined(const std::vector<Piece>& pieces, int least) {
  std::string out;
  for (const Piece& piece : pieces)
    if (piece.importance >= least) out += (out.empty() ? "" : "  ") + piece.text;
  return out;
}

}  // namespace

std::string duration(double seconds) {
  int64_t s = std::llround(std::clamp(seconds, 0.0, 1e9));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string progress_line(const ProgressFigures& f, int64_t columns) {
  double share = f.total > 0 ? static_cast<double>(f.step) / static_cast<double>(f.total) : 1;
  const std::vector<Piece> pieces = {{fmt::format("{:3.0f}%", share * 100), 5},
                                     {fmt::format("step {}/{}", f.step, f.total), 2},
                                     {fmt::format("{:.0f} tokens/s", f.tokens_per_second), 1},
                                     {fmt::format("loss {:.4f}", f.loss), 4},
                                     {fmt::format("ETA {}", duration(f.seconds_left)), 3}};
  std::string all = joined(pieces, 1);
  if (columns == 0) return all;
  auto room = static_cast<size_t>(columns);
  for (int least = 2; all.size() > room && least <= 5; ++least) all = joined(pieces, least);
  if (all.size() > room) return all.substr(0, room);
  return bar(share, columns - static_cast<int64_t>(all.size())) + all;
}

Progress::Progress(std::ostream& out, int64_t first_step, int64_t first_tokens, int64_t total)
    : out_(out),
      first_step_(first_step),
      first_tokens_(first_tokens),
      total_(total),
      terminal_(&out == &std::cerr && isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) out_ << "\n";
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::string Progress::text_at(int64_t step, int64_t tokens, double loss) const {
  double done = static_cast<double>(step - first_step_),
         eta = done > 0 ? seconds() / done * static_cast<double>(total_ - step) : 0;
  double rate = static_cast<double>(tokens - first_tokens_) / std::max(seconds(), 1e-9);
  return progress_line({step, total_, rate, loss, eta}, terminal_ ? terminal_columns() - 1 : 0);
}

void Progress::note(const std::string& line) {
  out_ << (drawn_ ? "\r\x1b[2K" : "") << line << "\n" << std::flush;
  if (terminal_) last_ = {};  // the state is drawn anew below it
}

void Progress::show(int64_t step, int64_t tokens, double loss, bool line) {
  auto now = std::chrono::steady_clock::now();
  if (!terminal_) {
    if (!line && now - last_ < kLongest) return;
    last_ = now;
    out_ << text_at(step, tokens, loss) << "\n" << std::flush;
    return;
  }
  if (drawn_ && step < total_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  out_ << "\r\x1b[2K" << text_at(step, tokens, loss) << std::flush;
}

void ShowProgress::begin(RunState& state) {
  progress_.emplace(out_, state.step(), state.trainer.position().tokens, state.total);
}

void ShowProgress::after_step(RunState& state) {
  for (const std::string& line : state.notes) progress_->note(line);
  const Tally& tally = state.trainer.tally();
  progress_->show(state.step(), state.trainer.position().tokens, tally.weight > 0 ? tally.mean() : state.loss,
                  state.due(line_interval_));
}

}  // namespace lexigrad::train
