#include "lexigrad/autograd/tape.h"

#include <atomic>
#include <vector>

#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/elementwise.h"
#include "lexigrad/autograd/ops.h"

namespace lexigrad {
namespace {

constinit thread_local bool recording = true;
std::atomic<uint64_t> walks{0};

bool sole_owner(const Tensor& x) {
  const detail::Body* body = x.body();
  return body->references.load(std::memory_order_acquire) == 1 && body->storage.unique();
}

}  // namespace

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }

namespace detail {

Node::Node() = default;
Node::~Node() = default;

void* allocate_node(size_t bytes) { return allocate(bytes); }

void check_inputs(const char* name, size_t count, size_t limit) {
  check(count <= limit, name, "An op was recorded with ", count, " inputs in a list (at most ", limit,
        "). Hint: pass them as a std::vector<Tensor>");
}

namespace {
constinit thread_local Node* doomed = nullptr;
constinit thread_local bool burying = false;

// Lets go of what the rule saved and of the inputs' nodes.
void spend(Node& node) noexcept {
  if (node.drop) node.drop(node);
  node.drop = nullptr;
  node.run = nullptr;
  for (uint32_t i = 0; i < node.edge_count; ++i) node.edges()[i] = Ref<Node>();
}
}  // namespace

// Through a list, not recursion: a chain may be a million nodes deep.
void destroy(Node* node) noexcept {
  node->next = doomed;
  doomed = node;
  if (burying) return;
  burying = true;
  while (doomed) {
    Node* n = doomed;
    doomed = n->next;
    spend(*n);
    size_t bytes = n->bytes;
    n->~Node();
    release_memory(n, bytes);
  }
  burying = false;
}

Node* node_of(const Tensor& x) { return get(x).node.get(); }

Ref<Node> new_leaf(const Shape& shape, Dtype dtype) {
  Node* node = new (allocate_node(sizeof(Node))) Node;
  node->bytes = sizeof(Node);
  node->leaf = true;
  node->name = leaf_name;
  node->shape = shape;
  node->dtype = dtype;
  return Ref<Node>(node);
}

bool wants_grad(const Tensor* const* inputs, int count) {
  if (!recording) return false;
  for (int i = 0; i < count; ++i)
    if (get(*inputs[i]).node) return true;
  return false;
}

Tensor attach(Tensor y, Ref<Node> node, const Tensor* const* inputs, int count) {
  if (!node) return y;
  Body* body = y.body();
  node->shape = body->shape;
  node->dtype = body->dtype;
  for (int i = 0; i < count; ++i) new (&node->edges()[i]) Ref<Node>(inputs[i]->body()->node);
  if (body->node || body->references.load(std::memory_order_relaxed) != 1) {
    y = y.detach();
    body = y.body();
  }
  body->node = std::move(node);
  return y;
}

void collect(Node& node, Tensor g, const char* from, int input) {
  check(g.dtype() == node.dtype, from, "The gradient of input ", input, " is ", name(g.dtype()),
        ", the input ", name(node.dtype));
  if (g.shape() != node.shape) g = sum_to(from, input, g, node.shape);
  if (node.rows) {
    Tensor sum = g.clone();
    node.rows->add_to(sum);
    node.rows.reset();
    node.grad = std::move(sum);
  } else if (!node.grad.defined()) {
    // A leaf's gradient is the user's to change: it shares with nothing.
    node.grad = node.leaf && !(g.is_contiguous() && sole_owner(g)) ? g.clone() : std::move(g);
  } else if (node.grad.is_contiguous() && sole_owner(node.grad)) {
    add_into(node.grad, g);
  } else {
    node.grad = add(node.grad, g);
  }
}

void collect(Node& node, RowGrad g, const char* from, int input) {
  check(g.dtype() == node.dtype && g.shape() == node.shape, from, "The row gradient of input ", input, " is ",
        name(g.dtype()), " ", g.shape(), ", the input ", name(node.dtype), " ", node.shape);
  if (!node.leaf) return collect(node, g.dense(), from, input);
  if (node.grad.defined()) {
    if (!sole_owner(node.grad)) node.grad = node.grad.clone();
    g.add_to(node.grad);
  } else if (node.rows) {
    node.rows->add(g);
  } else {
    node.rows = std::make_unique<RowGrad>(std::move(g));
  }
}

namespace {

// Counts, for each node that can be reached, the edges that lead to it.
void count_edges(Node* root) {
  uint64_t epoch = walks.fetch_add(1, std::memory_order_relaxed) + 1;
  std::vector<Node*> stack{root};
  root->epoch = epoch;
  root->pending = 0;
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    check(!node->spent, "backward", "A second backward through \"", node->name,
          "\": what it saved was freed by the first. Hint: the first needs backward({.retain_graph = true})");
    for (uint32_t i = 0; i < node->edge_count; ++i) {
      Node* input = node->edges()[i].get();
      if (!input) continue;
      if (input->epoch != epoch) {
        input->epoch = epoch;
        input->pending = 0;
        if (!input->leaf) input->grad = Tensor();  // what a walk that threw may have left
        stack.push_back(input);
      }
      ++input->pending;
    }
  }
}

void run_rule(Node& node) {
  Tensor dy = std::move(node.grad);
  node.grad = Tensor();
  if (!dy.defined()) return;
  if (node.extras && node.extras->retain) {
    Tensor& kept = node.extras->retained;
    kept = kept.defined() ? add(kept, dy) : dy;
  }
  Grads dx(node);
  node.run(node, dy, dx);
}

void walk(Node* root, const Tensor& seed, bool retain_graph) {
  count_edges(root);
  root->grad = seed;
  std::vector<Ref<Node>> ready{Ref<Node>(root)};
  while (!ready.empty()) {
    Ref<Node> node = std::move(ready.back());
    ready.pop_back();
    if (node->leaf) continue;
    run_rule(*node);
    for (uint32_t i = 0; i < node->edge_count; ++i) {
      Node* input = node->edges()[i].get();
      if (input && --input->pending == 0) ready.emplace_back(input);
    }
    if (!retain_graph) {
      spend(*node);
      node->spent = true;
    }
  }
}

}  // namespace
}  // namespace detail

void Tensor::backward(const Backward& options) const {
  check(numel() == 1, "backward", "Needs a scalar, got shape ", shape(),
        ". Hint: reduce with sum() or mean(), or pass a gradient of that shape");
  backward(ones(shape(), dtype()), options);
}

void Tensor::backward(const Tensor& seed, const Backward& options) const {
  detail::Node* node = detail::get(*this).node.get();
  check(node != nullptr, "backward",
        "Nothing that made this tensor requires a gradient. Hint: call requires_grad_() on the inputs, "
        "or leave the NoGrad scope");
  check(seed.shape() == shape() && seed.dtype() == dtype(), "backward", "The gradient given is ",
        name(seed.dtype()), " ", seed.shape(), ", the tensor ", name(dtype()), " ", shape());
  NoGrad off;
  if (node->leaf) return detail::collect(*node, seed, "backward", 0);
  detail::walk(node, seed, options.retain_graph);
}

}  // namespace lexigrad
