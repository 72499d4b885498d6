#include "lexigrad/autograd/tape/node.h"

#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/elementwise.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

constinit thread_local Node* doomed = nullptr;
constinit thread_local bool burying = false;

bool sole_owner(const Tensor& x) {
  const Body* body = body_of(x);
  return body->references.load(std::memory_order_acquire) == 1 && body->storage.unique();
}

// True where nothing else sees or records what is added.
bool adds_in_place(const Tensor& sum) {
  return !grad_enabled() && sum.defined() && sum.is_contiguous() && sole_owner(sum);
}

// Where the running walk puts what reaches a node.
Gradient& place(Node& node) { return node.leaf ? visit_of(node).incoming : node.gradient; }

// `owns`: the sum is the user's to change.
void add_to(Gradient& sum, Tensor g, bool owns = false) {
  if (sum.rows) {
    Tensor dense = g.clone();
    sum.rows->add_to(dense);
    sum.rows.reset();
    sum.dense = std::move(dense);
  } else if (!sum.dense.defined()) {
    sum.dense = owns && !grad_enabled() && !(g.is_contiguous() && sole_owner(g)) ? g.clone() : std::move(g);
  } else if (adds_in_place(sum.dense)) {
    add_into(sum.dense, g);
  } else {
    sum.dense = sum.dense + g;
  }
}

void add_to(Gradient& sum, RowGrad g) {
  if (sum.dense.defined()) {
    if (!sole_owner(sum.dense)) sum.dense = sum.dense.clone();
    g.add_to(sum.dense);
  } else if (sum.rows) {
    sum.rows->add(g);
  } else {
    sum.rows = std::make_unique<RowGrad>(std::move(g));
  }
}

}  // namespace

Gradient::Gradient() = default;
Gradient::~Gradient() = default;
Gradient::Gradient(Gradient&&) noexcept = default;
Gradient& Gradient::operator=(Gradient&&) noexcept = default;

Node::Node() = default;
Node::~Node() = default;

bool is_leaf(const Node& node) { return node.leaf; }

void disown(const Body& body) noexcept {
  if (body.node && body.node->extras && body.node->extras->owner == &body) body.node->extras->owner = nullptr;
}

void* allocate_node(size_t bytes) { return allocate(bytes); }
void release_node(void* node, size_t bytes) noexcept { release_memory(node, bytes); }

Node* node_of(const Tensor& x) { return get(x).node.get(); }

NodeExtras& extras_of(Node& node) {
  if (!node.extras) node.extras = std::make_unique<NodeExtras>();
  return *node.extras;
}

Ref<Node> new_leaf(const Shape& shape, Dtype dtype) {
  Shape own = shape;  // before there is a node that could be lost
  Node* node = new (allocate_node(sizeof(Node))) Node;
  node->bytes = sizeof(Node);
  node->leaf = true;
  node->name = kLeafName;
  node->shape = std::move(own);
  node->dtype = dtype;
  return Ref<Node>(node);
}

void spend(Node& node) noexcept {
  if (node.drop) node.drop(node);
  node.drop = nullptr;
  node.run = nullptr;
  for (uint32_t i = 0; i < node.edge_count; ++i) node.edges()[i] = Ref<Node>();
}

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

void collect(Node& node, Tensor g, const char* from, int input) {
  if (observers) [[unlikely]]
    Observers::gradient(from, input, g);
  check(g.dtype() == arithmetic_dtype(node.dtype), from, "The gradient of input ", input, " is ",
        name(g.dtype()), ", the input ", name(node.dtype));
  if (g.shape() != node.shape) g = sum_to(from, input, g, node.shape);
  add_to(place(node), std::move(g));
}

void collect(Node& node, RowGrad g, const char* from, int input) {
  if (observers) [[unlikely]]
    Observers::gradient(from, input, g);
  check(g.dtype() == arithmetic_dtype(node.dtype) && g.shape() == node.shape, from,
        "The row gradient of input ", input, " is ", name(g.dtype()), " ", g.shape(), ", the input ",
        name(node.dtype), " ", node.shape);
  if (!node.leaf) return collect(node, g.dense(), from, input);
  add_to(place(node), std::move(g));
}

void collect(Node& node, SliceGrad g, const char* from, int input) {
  Tensor& sum = place(node).dense;
  if (observers || !adds_in_place(sum) || g.values.dtype() != sum.dtype())
    return collect(node, unslice(g, node.shape), from, input);
  Tensor part = slice(sum, g.dim, g.start, g.end, g.step);
  scatter_into(part, map(from, kernels::Binary::add, part, g.values));
}

void collect_part(Node& op, int32_t output, Tensor g) {
  std::vector<Tensor>& parts = extras_of(op).parts;
  auto i = static_cast<size_t>(output);
  if (parts.size() <= i) parts.resize(i + 1);
  parts[i] = std::move(g);  // the only one: an output has one node
}

Tensor through_hooks(NodeExtras& extras, Tensor g) {
  for (size_t i = 0; i < extras.hooks.size(); ++i) {  // by index: a hook may add another
    std::shared_ptr<GradientHook> hook = extras.hooks[i];
    if (!*hook) continue;
    Tensor replaced = (*hook)(g);
    if (!replaced.defined()) continue;
    check(replaced.shape() == g.shape() && replaced.dtype() == g.dtype(), "register_hook",
          "A hook replaced a gradient ", name(g.dtype()), " ", g.shape(), " by ", name(replaced.dtype()), " ",
          replaced.shape(), ". Hint: a hook returns a gradient of the same form, or Tensor() to keep it");
    g = std::move(replaced);
  }
  if (extras.retain) capture(extras.retained, g);
  if (extras.capture) capture(extras.captured, g);
  return g;
}

void capture(Tensor& captured, const Tensor& g) { captured = captured.defined() ? captured + g : g; }

namespace {

// One thread at a time adds to a leaf's gradient.
class Adding {
 public:
  explicit Adding(Node& leaf) : adding_(leaf.adding) {
    while (adding_.exchange(true, std::memory_order_acquire)) adding_.wait(true);
  }
  ~Adding() {
    adding_.store(false, std::memory_order_release);
    adding_.notify_one();
  }
  Adding(const Adding&) = delete;
  Adding& operator=(const Adding&) = delete;

 private:
  std::atomic<bool>& adding_;
};

}  // namespace

void deliver(LeafVisit& visit) {
  Gradient incoming = std::move(visit.incoming);
  visit.incoming = Gradient();
  if (!incoming.defined()) return;
  Ref<Node> leaf(visit.leaf);
  NodeExtras* extras = leaf->extras.get();
  if (visit.capture || (extras && !extras->hooks.empty())) {
    if (incoming.rows) incoming.dense = incoming.rows->dense();
    incoming.rows.reset();
    if (extras) incoming.dense = through_hooks(*extras, std::move(incoming.dense));
  }
  if (visit.capture) return capture(visit.captured, incoming.dense);
  {
    Adding alone(*leaf);
    if (incoming.rows)
      add_to(leaf->gradient, std::move(*incoming.rows));
    else
      add_to(leaf->gradient, std::move(incoming.dense), true);
  }
  if (!extras || !extras->owner) return;
  Tensor owner = TensorAccess::tensor(Ref<Body>(extras->owner));
  for (size_t i = 0; i < extras->accumulate_hooks.size(); ++i)
    if (std::shared_ptr<AccumulateHook> hook = extras->accumulate_hooks[i]; *hook) (*hook)(owner);
}

}  // namespace lexigrad::detail
