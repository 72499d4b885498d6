// The gradient rule that this thread runs.
#pragma once
#include <cstdint>

namespace lexigrad::detail {

struct Node;

/// "mul", for errors; "backward" where none runs.
const char* running_rule();

/// Names the rule that runs, and makes what it records part of the module that made the node.
class RunningRule {
 public:
  explicit RunningRule(const Node& node);
  ~RunningRule();
  RunningRule(const RunningRule&) = delete;
  RunningRule& operator=(const RunningRule&) = delete;

 private:
  const char* before_;
  uint32_t scope_;
};

}  // namespace lexigrad::detail
