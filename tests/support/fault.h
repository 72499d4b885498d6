// A fault for the command: what tests/faults/faults.cpp makes of its calls.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/paths.h"

namespace lexigrad::test {

/// One call of the system that fails: "write:3:28" under `folder`, or "malloc:100:12". It marks its coming.
class Fault {
 public:
  Fault(const std::string& folder, const std::string& fault) : fault_(fault), folder_(folder) {
    std::filesystem::remove(mark_);
  }
  Fault(const Fault&) = delete;
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" + in_build("tests/liblexigrad_faults.so"), "LEXIGRAD_FAULT=" + fault_,
            "LEXIGRAD_FAULT_UNDER=" + folder_, "LEXIGRAD_FAULT_MARK=" + mark_};
  }
  /// True where the command came to that call.
  bool came() const { return std::filesystem::exists(mark_); }
  const std::string& name() const { return fault_; }
  ~Fault() { std::filesystem::remove(mark_); }

 private:
  std::string fault_, folder_;
  std::string mark_ = in_build("tests/fault-" + std::to_string(::getpid()));
};

}  // namespace lexigrad::test
