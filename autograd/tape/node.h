// A node of the tape: the gradient rule of one op (or a leaf's place to collect), with edges to
// its inputs' nodes.
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

class Grads;
struct SliceGrad;

namespace detail {

struct NodeExtras;

/// What has been added up so far: a dense tensor, or rows of a table (leaves only).
struct Gradient {
  Tensor dense;
  std::unique_ptr<RowGrad> rows;

  Gradient();
  ~Gradient();
  Gradient(Gradient&&) noexcept;
  Gradient& operator=(Gradient&&) noexcept;
  bool defined() const { return dense.defined() || rows; }
};

/// Graphs belong to the thread that walks them; leaves are shared, so walks keep what they know of them
/// to themselves (LeafVisit).
struct Node : Counted {
  uint32_t edge_count = 0;
  uint32_t bytes = 0;  ///< of the whole block
  uint32_t edge_offset = 0;
  uint32_t scope = 0;  ///< the module that was running, see module_path.h
  Dtype dtype = Dtype::float32;
  bool leaf = false, spent = false;  ///< spent: what the rule saved is gone
  bool wanted = true;                ///< by the walk that last saw this node
  bool barrier = false;              ///< walks do not look behind it
  int32_t output = -1;               ///< which output of the op at its edge it collects for; -1: has a rule
  const char* name = "";
  void (*run)(Node&, const Tensor& dy, Grads& dx) = nullptr;
  void (*drop)(Node&) noexcept = nullptr;  ///< destroys the rule
  std::atomic<uint64_t> epoch{0};          ///< the walk that last saw this node
  int64_t pending = 0;                     ///< edges into it that the walk has still to follow
  std::atomic<uint32_t> visit{0};          ///< of a leaf: where the last walk that met it keeps its LeafVisit
  std::atomic<bool> adding{false};         ///< a thread adds to the gradient of this leaf
  Gradient gradient;                       ///< of a leaf: the user's; else of the running walk
  std::unique_ptr<NodeExtras> extras;
  Shape shape;  ///< of the tensor that this node made
  Node* next = nullptr;

  Node();
  ~Node();
  Ref<Node>* edges() { return reinterpret_cast<Ref<Node>*>(reinterpret_cast<char*>(this) + edge_offset); }
};

/// What few nodes need: hooks, and gradients that someone asked for.
struct NodeExtras {
  bool retain = false, capture = false;
  Tensor retained;            ///< for Tensor::grad() of a non-leaf
  Tensor captured;            ///< for grad(), of a non-leaf
  std::vector<Tensor> parts;  ///< of an op with several outputs: their gradients in the running walk
  std::vector<std::shared_ptr<GradientHook>> hooks;
  std::vector<std::shared_ptr<AccumulateHook>> accumulate_hooks;
  Body* owner = nullptr;  ///< of the leaf, while it lives
};

/// What one walk knows of a leaf.
struct LeafVisit {
  Node* leaf;
  uint64_t epoch = 0;  ///< the count that last saw it
  int64_t pending = 0;
  bool wanted = true, capture = false;
  Gradient incoming = {};  ///< in this walk
  Tensor captured = {};    ///< for grad()
};
/// The running walk's.
LeafVisit& visit_of(Node& leaf);

/// The node that collects x's gradient; null where x wants none.
Node* node_of(const Tensor& x);
NodeExtras& extras_of(Node& node);

void* allocate_node(size_t bytes);
void release_node(void* node, size_t bytes) noexcept;

inline constexpr const char* kLeafName = "AccumulateGrad";
Ref<Node> new_leaf(const Shape& shape, Dtype dtype);
/// Lets go of what the rule saved and of the inputs' nodes.
void spend(Node& node) noexcept;

/// Adds g to what `node` has collected: undoes broadcasting, checks dtype and shape; `from`
/// names the rule in errors.
void collect(Node& node, Tensor g, const char* from, int input);
void collect(Node& node, RowGrad g, const char* from, int input);
void collect(Node& node, SliceGrad g, const char* from, int input);
/// Brings the gradient of output `output` to an op with several.
void collect_part(Node& op, int32_t output, Tensor g);
/// The gradient of a node in the running walk, through its hooks and to retain_grad().
Tensor through_hooks(NodeExtras& extras, Tensor g);
/// Adds g to what grad() has of a tensor so far.
void capture(Tensor& captured, const Tensor& g);
/// Hands what a leaf has collected in this walk on to its hooks, to grad() or to
/// the user's gradient.
void deliver(LeafVisit& visit);

}  // namespace detail
}  // namespace lexigrad
