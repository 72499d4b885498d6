#include "lexigrad/data/prefetch.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/serial_thread.h"
#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::data {
namespace {
constexpr size_t kAhead = 2;  // things that wait at most
}  // namespace

struct Prefetch::State {
  Make make;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<const void>> ready;
  std::exception_ptr error;
  bool finished = false, stopped = false;
  std::thread worker;
  pid_t process = getpid();  // of the worker: a child of fork() has the locks and no worker

  void run(int64_t first, int64_t count) {
    SerialThread alone;
    NoGrad off;
    try {
      for (int64_t i = first; i < count; ++i)
        if (!hand_over(make(i))) return;
    } catch (...) {
      std::lock_guard lock(mutex);
      error = std::current_exception();
    }
    std::lock_guard lock(mutex);
    finished = true;
    changed.notify_all();
  }

  bool hand_over(std::shared_ptr<const void> thing) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stopped || ready.size() < kAhead; });
    if (stopped) return false;
    ready.push_back(std::move(thing));
    changed.notify_all();
    return true;
  }
};

Prefetch::Prefetch(Make make, int64_t first, int64_t count) : state_(std::make_unique<State>()) {
  state_->make = std::move(make);
  state_->worker = std::thread([state = state_.get(), first, count] { state->run(first, count); });
}

Prefetch::~Prefetch() {
  if (state_->process != getpid()) {
    static_cast<void>(state_.release());
    return;
  }
  {
    std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  state_->changed.notify_all();
  state_->worker.join();
}

std::shared_ptr<const void> Prefetch::take() {
  check(
      state_->process == getpid(), "loader",
      "The thread that makes the batches stayed in the process that forked. Hint: begin the iteration in the "
      "child");
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->finished || !state_->ready.empty(); });
  if (state_->ready.empty()) {
    if (state_->error) std::rethrow_exception(state_->error);
    return nullptr;
  }
  std::shared_ptr<const void> next = std::move(state_->ready.front());
  state_->ready.pop_front();
  state_->changed.notify_all();
  return next;
}

}  // namespace lexigrad::data
