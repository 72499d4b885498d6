// A node of the tape: the gradient rule of one op (or a leaf's place to collect), with edges to its inputs'
// nodes.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "lexigrad/autograd/tensor.h"

namespace lexigrad {

class Grads;

namespace detail {

struct NodeExtras;  // what few nodes need: a retained gradient

struct Node : Counted {
  uint32_t edge_count = 0;
  uint32_t bytes = 0;  // of the whole block
  uint32_t edge_offset = 0;
  Dtype dtype = Dtype::float32;
  bool leaf = false, spent = false;  // spent: what the rule saved is gone
  const char* name = "";
  void (*run)(Node&, const Tensor& dy, Grads& dx) = nullptr;
  void (*drop)(Node&) noexcept = nullptr;  // destroys the rule
  uint64_t epoch = 0;                      // the walk that last saw this node
  int64_t pending = 0;                     // edges into it that the walk has still to follow
  Tensor grad;                             // collected so far, dense
  std::unique_ptr<RowGrad> rows;           // or as rows (leaves only)
  std::unique_ptr<NodeExtras> extras;
  Shape shape;  // of the tensor that this node made
  Node* next = nullptr;

  Node();
  ~Node();
  Ref<Node>* edges() { return reinterpret_cast<Ref<Node>*>(reinterpret_cast<char*>(this) + edge_offset); }
};

struct NodeExtras {
  bool retain = false;
  Tensor retained;
};

/// The node that collects x's gradient; null where x wants none.
Node* node_of(const Tensor& x);

inline constexpr const char* leaf_name = "AccumulateGrad";
Ref<Node> new_leaf(const Shape& shape, Dtype dtype);

/// Adds g to what `node` has collected: undoes broadcasting, checks dtype and shape; `from` names the rule in
/// errors.
void collect(Node& node, Tensor g, const char* from, int input);
void collect(Node& node, RowGrad g, const char* from, int input);

}  // namespace detail
}  // namespace lexigrad
