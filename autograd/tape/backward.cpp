// The walks over the tape: backward() and grad().
#include <atomic>
#include <utility>
#include <vector>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace detail {
namespace {

std::atomic<uint64_t> walks{0};

// Drops what a walk has brought to a node and not handed on.
void forget(Node& node) {
  if (!node.leaf) node.gradient = Gradient();
  if (node.extras) node.extras->incoming = Gradient();
}

class Walk;
constinit thread_local Walk* running_walk = nullptr;

// One walk. A rule or a hook may start another, over nodes of this one: those get back what they held.
class Walk {
 public:
  explicit Walk(std::vector<Node*> roots) : roots_(std::move(roots)), outer_(running_walk) {
    running_walk = this;
  }
  ~Walk() {
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
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Counts, for each node that can be reached, the edges that lead to it; returns a node whose rule is
  /// spent, if there is one. The first count of a walk makes every node wanted.
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
  void visit(Node* node, bool first) {
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
  bool covers(uint64_t epoch) const { return epoch == epoch_ || (outer_ && outer_->covers(epoch)); }
  void hold(Node& node);
  void follow(bool retain_graph);

  std::vector<Node*> roots_, stack_;
  std::vector<Held> held_;
  Walk* outer_;
  uint64_t epoch_ = 0;
};

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

[[noreturn]] void fail_spent(const Node& node) {
  fail("backward", text("A second backward through \"", node.name,
                        "\": what it saved was freed by the first. Hint: the first needs "
                        "backward({.retain_graph = true})"));
}

bool wants_inputs(const Node& node) {
  for (uint32_t i = 0; i < node.edge_count; ++i)
    if (const Node* input = const_cast<Node&>(node).edges()[i].get(); input && input->wanted) return true;
  return false;
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

void run_rule(Node& node, bool last) {
  Tensor dy = std::move(node.gradient.dense);
  node.gradient.dense = Tensor();
  if (!dy.defined()) return;
  if (node.extras) dy = through_hooks(node, std::move(dy));
  if (node.barrier || !wants_inputs(node)) return;
  RunningRule running(node);
  if (observers) [[unlikely]]
    Observers::running(node, dy);
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

// Marks the nodes whose gradients grad() returns, while it lives.
class Captures {
 public:
  explicit Captures(const std::vector<Tensor>& inputs) : inputs_(inputs) {
    for (const Tensor& x : inputs_) {
      NodeExtras& extras = extras_of(*node_of(x));
      before_.emplace_back(extras.capture, std::exchange(extras.captured, Tensor()));
      extras.capture = true;
    }
  }
  ~Captures() {
    for (size_t i = inputs_.size(); i-- > 0;) {
      NodeExtras& extras = *node_of(inputs_[i])->extras;
      extras.capture = before_[i].first;
      extras.captured = std::move(before_[i].second);
    }
  }
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;
  Tensor operator[](size_t i) const { return node_of(inputs_[i])->extras->captured; }

 private:
  std::vector<Tensor> inputs_;
  std::vector<std::pair<bool, Tensor>> before_;  // of a walk that this one runs in
};

void check_seed(const char* op, const Tensor& y, const Tensor& seed) {
  check(seed.shape() == y.shape() && seed.dtype() == y.dtype(), op, "The gradient given is ",
        name(seed.dtype()), " ", seed.shape(), ", the tensor ", name(y.dtype()), " ", y.shape());
}

}  // namespace
}  // namespace detail

void Tensor::backward(const BackwardOptions& options) const {
  check(numel() == 1, "backward", "Needs a scalar, got shape ", shape(),
        ". Hint: reduce with sum() or mean(), or pass a gradient of that shape");
  backward(ones(shape(), dtype()), options);
}

void Tensor::backward(const Tensor& seed, const BackwardOptions& options) const {
  detail::Node* node = detail::get(*this).node.get();
  check(node != nullptr, "backward",
        "Nothing that made this tensor requires a gradient. Hint: call requires_grad_() on the inputs, "
        "or leave the NoGrad scope");
  detail::check_seed("backward", *this, seed);
  detail::Recording mode(options.create_graph);
  detail::Walk walk({node});
  if (const detail::Node* spent = walk.count_edges(true)) detail::fail_spent(*spent);
  detail::collect(*node, seed, "backward", 0);
  walk.run(options.retain_graph || options.create_graph);
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  const std::vector<Tensor>& seeds = options.grad_outputs;
  check(seeds.empty() || seeds.size() == outputs.size(), "grad", seeds.size(), " grad_outputs for ",
        outputs.size(), " outputs");
  for (size_t i = 0; i < inputs.size(); ++i)
    check(inputs[i].requires_grad(), "grad", "Input ", i,
          " does not require a gradient. Hint: requires_grad_() before the outputs are computed");
  detail::Captures captures(inputs);
  detail::Recording mode(options.create_graph);
  std::vector<detail::Node*> roots;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& y = outputs[i];
    check(y.requires_grad(), "grad", "Nothing that made output ", i, " requires a gradient");
    check(!seeds.empty() || y.numel() == 1, "grad", "Output ", i, " has shape ", y.shape(),
          ". Hint: reduce it to a scalar, or give grad_outputs");
    if (!seeds.empty()) detail::check_seed("grad", y, seeds[i]);
    roots.push_back(detail::node_of(y));
  }
  detail::Walk walk(roots);
  const detail::Node* spent = walk.count_edges(true);
  walk.want_captured();
  walk.count_edges(false);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (roots[i]->wanted)
      detail::collect(*roots[i], seeds.empty() ? ones(outputs[i].shape(), outputs[i].dtype()) : seeds[i],
                      "grad", static_cast<int>(i));
  walk.run(options.retain_graph || options.create_graph);
  std::vector<Tensor> found;
  for (size_t i = 0; i < inputs.size(); ++i) {
    found.push_back(captures[i]);
    if (found.back().defined() || options.allow_unused) continue;
    if (spent) detail::fail_spent(*spent);
    fail("grad", text("Input ", i,
                      " has no part in the outputs. Hint: {.allow_unused = true} gives Tensor() for it"));
  }
  return found;
}

std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  return grad(std::vector<Tensor>{output}, inputs, options);
}

namespace detail {

void composed_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& composed,
                        const std::vector<Tensor>& inputs, const Tensor& dy, Grads& dx) {
  std::vector<Tensor> cut, asked;
  for (const Tensor& x : inputs) {
    cut.push_back(x.defined() && x.requires_grad() ? identity(x) : x);
    if (x.defined() && x.requires_grad()) {
      node_of(cut.back())->barrier = true;
      asked.push_back(cut.back());
    }
  }
  std::vector<Tensor> found =
      grad(composed(cut), asked, {.grad_outputs = {dy}, .create_graph = true, .allow_unused = true});
  for (size_t i = 0, next = 0; i < inputs.size(); ++i) {
    if (!cut[i].defined() || !cut[i].requires_grad()) continue;
    node_of(cut[i])->barrier = false;
    if (found[next].defined()) dx[static_cast<int>(i)] += found[next];
    ++next;
  }
}

}  // namespace detail
}  // namespace lexigrad
