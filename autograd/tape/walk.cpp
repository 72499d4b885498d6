#include "lexigrad/autograd/tape/walk.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <utility>

#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::detail {
namespace {

std::atomic<uint64_t> walks{0};
constinit thread_local Walk* running_walk = nullptr;

// Drops what a walk has brought to a node and not handed on.
void forget(Node& node) {
  if (!node.leaf) node.gradient = Gradient();
  if (node.extras) node.extras->incoming = Gradient();
}

bool wants_inputs(const Node& node) {
  for (uint32_t i = 0; i < node.edge_count; ++i)
    if (const Node* input = const_cast<Node&>(node).edges()[i].get(); input && input->wanted) return true;
  return false;
}

}  // namespace

Walk::Walk(const std::vector<Node*>& roots) : outer_(running_walk) {
  for (Node* root : roots)
    if (std::find(roots_.begin(), roots_.end(), root) == roots_.end()) roots_.push_back(root);
  running_walk = this;
}

Walk::~Walk() {
  running_walk = outer_;
  for (Held& held : held_) {
    Node& node = *held.node;
    node.epoch = held.epoch;
    node.pending = held.pending;
    node.wanted = held.wanted;
    if (!node.leaf) node.gradient = std::move(held.gradient);
    if (node.extras) node.extras->incoming = std::move(held.incoming);
  }
}

void Walk::visit(Node* node, bool first) {
  if (node->epoch == epoch_) return;
  if (first && outer_ && outer_->covers(node->epoch)) [[unlikely]]
    hold(*node);
  node->epoch = epoch_;
  node->pending = 0;
  if (first) {
    node->wanted = true;
    forget(*node);
  }
  stack_.push_back(node);
}

void Walk::hold(Node& node) {
  held_.push_back({Ref<Node>(&node), node.epoch, node.pending, node.wanted, {}, {}});
  if (!node.leaf) held_.back().gradient = std::move(node.gradient);
  if (node.extras) held_.back().incoming = std::move(node.extras->incoming);
}

const Node* Walk::count_edges(bool first) {
  epoch_ = walks.fetch_add(1, std::memory_order_relaxed) + 1;
  const Node* spent = nullptr;
  for (Node* root : roots_) visit(root, first);
  while (!stack_.empty()) {
    Node* node = stack_.back();
    stack_.pop_back();
    if (node->spent) spent = node;
    if (node->barrier) continue;
    for (uint32_t i = 0; i < node->edge_count; ++i)
      if (Node* input = node->edges()[i].get()) {
        visit(input, first);
        ++input->pending;
      }
  }
  return spent;
}

void Walk::want_captured() {
  std::vector<Node*> order;
  for (Node* root : roots_)
    if (root->pending == 0) order.push_back(root);
  for (size_t i = 0; i < order.size(); ++i)
    for (uint32_t e = 0; e < order[i]->edge_count && !order[i]->barrier; ++e)
      if (Node* input = order[i]->edges()[e].get(); input && --input->pending == 0) order.push_back(input);
  for (size_t i = order.size(); i-- > 0;) {
    Node& node = *order[i];
    node.wanted = (node.extras && node.extras->capture) || (!node.barrier && wants_inputs(node));
  }
}

void Walk::run_rule(Node& node, bool last) {
  Tensor dy = std::move(node.gradient.dense);
  if (!dy.defined() && !node.gradient.parts) return;
  if (node.extras) dy = through_hooks(node, std::move(dy));
  if (node.barrier || !wants_inputs(node)) {
    node.gradient.parts.reset();
    return;
  }
  if (node.output >= 0) return collect_part(*node.edges()[0], node.output, std::move(dy));
  RunningRule running(node);
  if (observers) [[unlikely]]
    Observers::running(node, node.gradient.parts ? std::span<const Tensor>(*node.gradient.parts)
                                                 : std::span<const Tensor>(&dy, 1));
  Grads dx(node, last);
  node.run(node, dy, dx);
}

void Walk::run(bool retain_graph) {
  try {
    follow(retain_graph);
  } catch (...) {  // drops the gradients on their way: with a graph of theirs, they would be a cycle
    count_edges(true);
    throw;
  }
}

void Walk::follow(bool retain_graph) {
  std::vector<Ref<Node>> ready;
  for (Node* root : roots_)
    if (root->pending == 0 && root->wanted) ready.emplace_back(root);
  while (!ready.empty()) {
    Ref<Node> node = std::move(ready.back());
    ready.pop_back();
    if (node->leaf) {
      if (node->extras) deliver(*node);
      continue;
    }
    run_rule(*node, !retain_graph);
    if (node->barrier) continue;
    for (uint32_t i = 0; i < node->edge_count; ++i) {
      Node* input = node->edges()[i].get();
      if (input && --input->pending == 0 && input->wanted) ready.emplace_back(input);
    }
    if (!retain_graph) {
      spend(*node);
      node->spent = true;
    }
  }
}

void fail_spent(const Node& node) {
  fail("backward", text("A second backward through \"", node.name,
                        "\": what it saved was freed by the first. Hint: the first needs "
                        "backward({.retain_graph = true})"));
}

}  // namespace lexigrad::detail
