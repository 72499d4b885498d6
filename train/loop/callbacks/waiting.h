// What is going on, where nothing else shows it for a while.
#pragma once
#include <condition_variable>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// While it lives, writes `what` and the seconds so far to `out`: after one second, and then every ten. Nothing
/// else may write to `out` meanwhile.
class Waiting {
 public:
  Waiting(std::ostream& out, std::string what);
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting();

 private:
  void run();

  std::ostream& out_;
  std::string what_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

/// Waits for the first step of this process, which may come after a long evaluation.
class WaitForFirstStep final : public Callback {
 public:
  explicit WaitForFirstStep(std::ostream& out) : out_(out) {}
  void begin(RunState&) override { waiting_.emplace(out_, "before the first step"); }
  void audited(RunState&, const Audit&) override { waiting_.reset(); }
  void after_step(RunState&) override { waiting_.reset(); }

 private:
  std::ostream& out_;
  std::optional<Waiting> waiting_;
};

}  // namespace lexigrad::train
