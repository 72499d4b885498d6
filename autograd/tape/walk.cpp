#include "lexigrad/autograd/tape/walk.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::detail {
namespace {

std::atomic<uint64_t> counts{0};
constinit thread_local Walk* running_walk = nullptr;

// The counts whose marks stand in nodes at this moment, of all threads.
class RunningCounts {
 public:
  void replace(uint64_t before, uint64_t now) {
    std::lock_guard lock(mutex_);
    if (before != 0) running_.erase(std::find(running_.begin(), running_.end(), before));
    if (now != 0) running_.push_back(now);
    size_.store(running_.size(), std::memory_order_relaxed);
  }
  /// Cheap, and seldom true: more than `own` walks run.
  bool more_than(size_t own) const { return size_.load(std::memory_order_relaxed) > own; }
  bool contains(uint64_t count) {
    std::lock_guard lock(mutex_);
    return std::find(running_.begin(), running_.end(), count) != running_.end();
  }

 private:
  ForkMutex mutex_;
  std::vector<uint64_t> running_;
  std::atomic<size_t> size_{0};
};
RunningCounts running_counts;

// Drops what a walk has brought to a node and not handed on.
void forget(Node& node) {
  node.gradient = Gradient();
  if (node.extras) node.extras->parts.clear();
}

}  // namespace

LeafVisit& visit_of(Node& leaf) { return *running_walk->find(leaf); }

Walk::Walk(const char* op, const std::vector<Node*>& roots) : op_(op), outer_(running_walk) {
  for (Node* root : roots)
    if (std::find(roots_.begin(), roots_.end(), root) == roots_.end()) roots_.push_back(root);
  running_walk = this;
}

Walk::~Walk() {
  running_walk = outer_;
  running_counts.replace(epoch_, 0);
  for (Held& held : held_) {
    Node& node = *held.node;
    node.epoch.store(held.epoch, std::memory_order_relaxed);
    node.pending = held.pending;
    node.wanted = held.wanted;
    node.gradient = std::move(held.gradient);
    if (node.extras) node.extras->parts = std::move(held.parts);
  }
}

LeafVisit* Walk::find(Node& leaf) {
  uint32_t hint = leaf.visit.load(std::memory_order_relaxed);
  if (hint < leaves_.size() && leaves_[hint].leaf == &leaf) return &leaves_[hint];
  auto found = place_.find(&leaf);
  if (found == place_.end()) return nullptr;
  leaf.visit.store(found->second, std::memory_order_relaxed);
  return &leaves_[found->second];
}

LeafVisit& Walk::meet(Node& leaf, bool first) {
  LeafVisit* visit = find(leaf);
  if (!visit) {
    auto place = static_cast<uint32_t>(leaves_.size());
    place_.emplace(&leaf, place);
    leaf.visit.store(place, std::memory_order_relaxed);
    leaves_.push_back({.leaf = &leaf, .wanted = !selective_});
    visit = &leaves_.back();
  }
  if (std::exchange(visit->epoch, epoch_) != epoch_) {
    visit->pending = 0;
    if (first) visit->incoming = Gradient();
  }
  return *visit;
}

// Writes this walk's mark into a node, and throws where that of another thread's walk stands.
void Walk::mark(Node& node) {
  uint64_t before = node.epoch.exchange(epoch_, std::memory_order_acq_rel);
  if (before == 0 || covers(before) || !running_counts.contains(before)) return;
  node.epoch.store(before, std::memory_order_release);
  fail(op_, text("Another thread walks the same graph at this moment: it is at \"", node.name,
                 "\". Hint: threads may share leaves; each needs a graph of its own, or a lock"));
}

void Walk::visit(Node* node, bool first) {
  uint64_t before = node->epoch.load(std::memory_order_relaxed);
  if (before == epoch_) return;
  if (first && outer_ && outer_->covers(before)) [[unlikely]]
    hold(*node);
  if (running_counts.more_than(1)) [[unlikely]]
    mark(*node);
  else
    node->epoch.store(epoch_, std::memory_order_relaxed);
  node->pending = 0;
  if (first) {
    node->wanted = true;
    forget(*node);
  }
  stack_.push_back(node);
}

void Walk::hold(Node& node) {
  held_.push_back({Ref<Node>(&node),
                   node.epoch.load(std::memory_order_relaxed),
                   node.pending,
                   node.wanted,
                   std::move(node.gradient),
                   {}});
  if (node.extras) held_.back().parts = std::move(node.extras->parts);
}

void Walk::arrive(Node& input, bool first) {
  if (input.leaf) {
    ++meet(input, first).pending;
    return;
  }
  visit(&input, first);
  ++input.pending;
}

int64_t& Walk::pending(Node& node) { return node.leaf ? find(node)->pending : node.pending; }
bool Walk::wanted(Node& node) { return node.leaf ? find(node)->wanted : node.wanted; }

bool Walk::wants_inputs(Node& node) {
  for (uint32_t i = 0; i < node.edge_count; ++i)
    if (Node* input = node.edges()[i].get(); input && (!selective_ || wanted(*input))) return true;
  return false;
}

const Node* Walk::count_edges(bool first) {
  uint64_t before = std::exchange(epoch_, counts.fetch_add(1, std::memory_order_relaxed) + 1);
  running_counts.replace(before, epoch_);
  return count_from(roots_, first);
}

const Node* Walk::count_from(const std::vector<Node*>& roots, bool first) {
  const Node* spent = nullptr;
  for (Node* root : roots)
    if (root->leaf)
      meet(*root, first);
    else
      visit(root, first);
  while (!stack_.empty()) {
    Node* node = stack_.back();
    stack_.pop_back();
    if (node->spent) spent = node;
    if (node->barrier) continue;
    for (uint32_t i = 0; i < node->edge_count; ++i)
      if (Node* input = node->edges()[i].get()) arrive(*input, first);
  }
  return spent;
}

void Walk::want_captured() {
  selective_ = true;
  std::vector<Node*> order;
  for (Node* root : roots_)
    if (pending(*root) == 0) order.push_back(root);
  for (size_t i = 0; i < order.size(); ++i)
    for (uint32_t e = 0; e < order[i]->edge_count && !order[i]->barrier; ++e)
      if (Node* input = order[i]->edges()[e].get(); input && --pending(*input) == 0) order.push_back(input);
  for (size_t i = order.size(); i-- > 0;) {
    Node& node = *order[i];
    if (node.leaf) {
      LeafVisit& visit = *find(node);
      visit.wanted = visit.capture;
    } else {
      node.wanted = (node.extras && node.extras->capture) || (!node.barrier && wants_inputs(node));
    }
  }
}

void Walk::run_rule(Node& node, bool last) {
  Tensor dy = std::move(node.gradient.dense);
  bool parts = node.extras && !node.extras->parts.empty();
  if (!dy.defined() && !parts) return;
  if (node.extras) dy = through_hooks(*node.extras, std::move(dy));
  if (node.barrier || !wants_inputs(node)) {
    if (parts) node.extras->parts.clear();
    return;
  }
  if (node.output >= 0) return collect_part(*node.edges()[0], node.output, std::move(dy));
  RunningRule running(node);
  if (observers) [[unlikely]]
    Observers::running(node,
                       parts ? std::span<const Tensor>(node.extras->parts) : std::span<const Tensor>(&dy, 1));
  Grads dx(node, last, selective_);
  node.run(node, dy, dx);
}

void Walk::run(bool retain_graph) {
  try {
    follow(retain_graph);
  } catch (...) {  // drops the gradients on their way: with a graph of theirs, they would be a cycle
    if (running_) roots_.push_back(running_.get());
    for (const Ref<Node>& node : ready_) roots_.push_back(node.get());
    count_edges(true);
    throw;
  }
}

void Walk::add_ready(const std::vector<Node*>& roots) {
  for (Node* root : roots)
    if (pending(*root) == 0 && wanted(*root)) ready_.emplace_back(root);
}

void Walk::follow(bool retain_graph) {
  add_ready(roots_);
  while (!ready_.empty()) {
    running_ = std::move(ready_.back());
    ready_.pop_back();
    Node* node = running_.get();
    if (node->leaf) {
      deliver(*find(*node));
      continue;
    }
    run_rule(*node, !retain_graph);
    if (node->barrier) continue;
    for (uint32_t i = 0; i < node->edge_count; ++i) {
      Node* input = node->edges()[i].get();
      if (input && --pending(*input) == 0 && wanted(*input)) ready_.emplace_back(input);
    }
    if (!retain_graph) {
      spend(*node);
      node->spent = true;
    }
  }
}

void Walk::go_on(const std::vector<Tensor>& y, const std::vector<Tensor>& dy) {
  std::vector<Node*> roots;
  for (const Tensor& each : y)
    if (std::find(roots.begin(), roots.end(), node_of(each)) == roots.end()) roots.push_back(node_of(each));
  if (const Node* spent = count_from(roots, true)) fail_spent(*spent);
  for (size_t i = 0; i < y.size(); ++i) collect(*node_of(y[i]), dy[i], running_rule(), static_cast<int>(i));
  add_ready(roots);
}

void go_on_through(const std::vector<Tensor>& y, const std::vector<Tensor>& dy) {
  running_walk->go_on(y, dy);
}

void fail_spent(const Node& node) {
  fail("backward", text("A second backward through \"", node.name,
                        "\": what it saved was freed by the first. Hint: the first needs "
                        "backward({.retain_graph = true})"));
}

}  // namespace lexigrad::detail
