#include "lexigrad/train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace lexigrad::train {

std::string duration(double seconds) {
  int64_t s = std::llround(std::clamp(seconds, 0.0, 1e9));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

Progress::Progress(std::ostream& out, int64_t first, int64_t total)
    : out_(out), first_(first), total_(total), terminal_(&out == &std::cerr && isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (drawn_) out_ << "\n";
}

double Progress::seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

double Progress::tokens_per_second(int64_t tokens) const { return static_cast<double>(tokens) / std::max(seconds(), 1e-9); }

std::string Progress::text_at(int64_t step, int64_t tokens, double loss) const {
  double share = total_ > 0 ? static_cast<double>(step) / static_cast<double>(total_) : 1;
  double done = static_cast<double>(step - first_), eta = done > 0 ? seconds() / done * static_cast<double>(total_ - step) : 0;
  constexpr int width = 30;
  int filled = static_cast<int>(share * width);
  return fmt::format("[{}{}] {:3.0f}%  step {}/{}  {:.0f} tokens/s  loss {:.4f}  ETA {}", std::string(static_cast<size_t>(filled), '#'),
                     std::string(static_cast<size_t>(width - filled), '.'), share * 100, step, total_, tokens_per_second(tokens), loss, duration(eta));
}

void Progress::show(int64_t step, int64_t tokens, double loss, bool line) {
  if (!terminal_) {
    if (line) out_ << text_at(step, tokens, loss) << "\n" << std::flush;
    return;
  }
  auto now = std::chrono::steady_clock::now();
  if (drawn_ && step < total_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  out_ << "\r\x1b[2K" << text_at(step, tokens, loss) << std::flush;
}

}  // namespace lexigrad::train
