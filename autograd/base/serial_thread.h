// A thread beside the main one that leaves the processors to it.
#pragma once

namespace lexigrad {

/// While it lives, num_threads() is 1 in this thread: its parallel loops run on it alone.
class [[nodiscard]] SerialThread {
 public:
  SerialThread();
  ~SerialThread();
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;

 private:
  bool before_;
};

}  // namespace lexigrad
