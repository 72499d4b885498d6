#include "lexigrad/train/loop/callbacks/waiting.h"

#include <chrono>
#include <ostream>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {

Waiting::Waiting(std::ostream& out, std::string what)
    : out_(out), what_(std::move(what)), thread_([this] { run(); }) {}

Waiting::~Waiting() {
  {
    std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Waiting::run() {
  std::unique_lock lock(mutex_);
  for (int64_t seconds = 0, more = 1;
       !ended_.wait_for(lock, std::chrono::seconds(more), [this] { return end_; });
       more = 10 - seconds % 10) {
    seconds += more;
    out_ << text(what_, ": ", seconds, " s\n") << std::flush;
  }
}

}  // namespace lexigrad::train
