#include "lexigrad/train/tools/stop_on_signal.h"

#include <signal.h>
#include <unistd.h>

#include <string_view>

namespace lexigrad::tools {
namespace {

volatile sig_atomic_t last_signal = 0;

void note(int signal) {
  if (last_signal != 0) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    return;
  }
  last_signal = signal;
  constexpr std::string_view line = "\nlexigrad: stopping after this step; once more: at once\n";
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
}

}  // namespace

StopOnSignal::~StopOnSignal() { restore(); }

// Also where the shell has the process ignore SIGINT, as in the background of a script: kill -INT means it.
void StopOnSignal::begin(train::RunState&) {
  restore();
  last_signal = 0;
  for (auto& [signal, before] : before_) before = ::signal(signal, note);
  installed_ = true;
}

void StopOnSignal::after_step(train::RunState& state) {
  state.stop = state.stop || last_signal != 0;
  if (state.step() == state.total) restore();
}

void StopOnSignal::restore() {
  if (!installed_) return;
  for (auto [signal, before] : before_) ::signal(signal, before);
  installed_ = false;
}

int StopOnSignal::caught() const { return last_signal; }

}  // namespace lexigrad::tools
