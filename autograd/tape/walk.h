// The walk back over the tape, from the nodes of some tensors to the leaves.
#pragma once
#include <vector>

#include "lexigrad/autograd/tape/node.h"

namespace lexigrad::detail {

/// One walk. A rule or a hook may start another, over nodes of this one: those get
/// back what they held.
class Walk {
 public:
  explicit Walk(const std::vector<Node*>& roots);
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Counts, for each node that can be reached, the edges that lead to it; returns a node whose
  /// rule is spent, if there is one. The first count of a walk makes every node wanted.
  const Node* count_edges(bool first);
  /// Leaves `wanted` only where the walk leads on to a captured node.
  void want_captured();
  /// Runs the rules from the roots on, each when all that leads to it has run.
  void run(bool retain_graph);

 private:
  struct Held {
    Ref<Node> node;
    uint64_t epoch;
    int64_t pending;
    bool wanted;
    Gradient gradient, incoming;
  };
  void visit(Node* node, bool first);
  bool covers(uint64_t epoch) const { return epoch == epoch_ || (outer_ && outer_->covers(epoch)); }
  void hold(Node& node);
  void follow(bool retain_graph);
  static void run_rule(Node& node, bool last);

  std::vector<Node*> roots_, stack_;
  std::vector<Held> held_;
  Walk* outer_;
  uint64_t epoch_ = 0;
};

[[noreturn]] void fail_spent(const Node& node);

}  // namespace lexigrad::detail
