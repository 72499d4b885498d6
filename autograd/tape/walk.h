// The walk back over the tape, from the nodes of some tensors to the leaves.
#pragma once
#include <unordered_map>
#include <vector>

#include "lexigrad/autograd/tape/node.h"

namespace lexigrad::detail {

/// One walk. A rule or a hook may start another, over nodes of this one: those get
/// back what they held. Walks of several threads may meet at leaves; at other nodes the one that
/// comes second throws.
class Walk {
 public:
  Walk(const char* op, const std::vector<Node*>& roots);
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
  /// Goes on, in run(), through ops that the running rule has put on the tape: from their results `y`, with the
  /// gradients `dy`. What they read has to be among the rule's inputs.
  void go_on(const std::vector<Tensor>& y, const std::vector<Tensor>& dy);
  /// What this walk knows of a leaf; null where it has not met it.
  LeafVisit* find(Node& leaf);

 private:
  struct Held {
    Ref<Node> node;
    uint64_t epoch;
    int64_t pending;
    bool wanted;
    Gradient gradient;
    std::vector<Tensor> parts;
  };
  LeafVisit& meet(Node& leaf, bool first);
  const Node* count_from(const std::vector<Node*>& roots, bool first);
  void visit(Node* node, bool first);
  void mark(Node& node);
  void arrive(Node& input, bool first);
  int64_t& pending(Node& node);
  bool wanted(Node& node);
  bool wants_inputs(Node& node);
  bool covers(uint64_t epoch) const { return epoch == epoch_ || (outer_ && outer_->covers(epoch)); }
  void hold(Node& node);
  void follow(bool retain_graph);
  void run_rule(Node& node, bool last);
  void add_ready(const std::vector<Node*>& roots);

  const char* op_;
  std::vector<Node*> roots_, stack_;
  std::vector<Held> held_;
  std::vector<Ref<Node>> ready_;  // to run, the last one first
  Ref<Node> running_;
  std::vector<LeafVisit> leaves_;
  std::unordered_map<const Node*, uint32_t> place_;  // in leaves_
  Walk* outer_;
  uint64_t epoch_ = 0;
  bool selective_ = false;  // some nodes are not wanted
};

/// go_on() of this thread's walk.
void go_on_through(const std::vector<Tensor>& y, const std::vector<Tensor>& dy);

[[noreturn]] void fail_spent(const Node& node);

}  // namespace lexigrad::detail
