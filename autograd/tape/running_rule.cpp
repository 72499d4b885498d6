#include "lexigrad/autograd/tape/running_rule.h"

#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/node.h"

namespace lexigrad::detail {
namespace {
constinit thread_local const char* running = "backward";
}

const char* running_rule() { return running; }

RunningRule::RunningRule(const Node& node) : before_(running), scope_(current_scope) {
  running = node.name;
  current_scope = node.scope;
}

RunningRule::~RunningRule() {
  running = before_;
  current_scope = scope_;
}

}  // namespace lexigrad::detail
