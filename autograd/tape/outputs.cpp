#include "lexigrad/autograd/tape/outputs.h"

#include <mutex>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/running_rule.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

size_t OutputGrads::checked(size_t i) const {
  check(i < size(), detail::running_rule(), "The gradient of output ", i, " was read, the op has ", size(),
        size() == 1 ? " output" : " outputs");
  return i;
}

Tensor OutputGrads::zeros_of(size_t i) const { return zeros(shapes_[i], arithmetic_dtype(dtypes_[i])); }

std::vector<Tensor> OutputGrads::present() const {
  std::vector<Tensor> out;
  for (size_t i = 0; i < size(); ++i)
    if (has(i)) out.push_back(parts_[i]);
  return out;
}

OutputGrads OutputGrads::on_tape() const {
  OutputGrads out = *this;
  for (size_t i = 0; i < size(); ++i)
    if (Tensor part = (*this)[i]; !part.requires_grad())
      out.parts_[i] = is_floating(part.dtype()) ? part.detach().requires_grad_() : part;
  return out;
}

namespace detail {

/// Collects the gradient of one output of the op that is its only edge.
struct OutputNode : Node {
  OpOutputs* known = nullptr;  ///< of the op, while the two live, where its rule reads the outputs

  static void drop_from_op(Node& node) noexcept;
};

namespace {

// Guards OpOutputs::nodes_ and OutputNode::known, which look at each other without owning.
ForkMutex acquaintances;

// Another owner of a node, unless its last one has gone.
Ref<Node> owner_of(Node* node) {
  for (int32_t n = node->references.load(); n > 0;)
    if (node->references.compare_exchange_weak(n, n + 1)) {
      Ref<Node> owner(node);
      node->references.fetch_sub(1);
      return owner;
    }
  return {};
}

OutputNode* new_output(const Ref<Node>& op, size_t i, const Shape& shape, Dtype dtype) {
  constexpr size_t offset = (sizeof(OutputNode) + 7) / 8 * 8, bytes = offset + sizeof(Ref<Node>);
  Shape own = shape;  // before there is a node that could be lost
  auto* node = new (allocate_node(bytes)) OutputNode;
  node->name = op->name;
  node->scope = op->scope;
  node->bytes = bytes;
  node->edge_offset = offset;
  node->edge_count = 1;
  node->output = static_cast<int32_t>(i);
  node->shape = std::move(own);
  node->dtype = dtype;
  new (&node->edges()[0]) Ref<Node>(op);
  return node;
}

}  // namespace

void OutputNode::drop_from_op(Node& node) noexcept {
  auto& self = static_cast<OutputNode&>(node);
  std::lock_guard lock(acquaintances);
  if (!self.known) return;
  OutputNode*& listed = self.known->nodes_[static_cast<size_t>(self.output)];
  if (listed == &self) listed = nullptr;
  self.known = nullptr;
}

OpOutputs::OpOutputs(const std::vector<Tensor>& outputs, bool reads) {
  for (const Tensor& y : outputs) {
    shapes_.push_back(y.shape());
    dtypes_.push_back(y.dtype());
    if (reads) saved_.emplace_back(y);
  }
  if (reads) nodes_.resize(outputs.size());
}

OpOutputs::~OpOutputs() {
  if (nodes_.empty()) return;
  std::lock_guard lock(acquaintances);
  for (OutputNode* node : nodes_)
    if (node) node->known = nullptr;
}

Ref<Node> OpOutputs::place(const Ref<Node>& op, size_t i) {
  if (nodes_.empty()) return Ref<Node>(new_output(op, i, shapes_[i], dtypes_[i]));
  std::lock_guard lock(acquaintances);
  if (nodes_[i])
    if (Ref<Node> living = owner_of(nodes_[i])) return living;
  OutputNode* node = new_output(op, i, shapes_[i], dtypes_[i]);
  node->known = this;
  node->drop = OutputNode::drop_from_op;
  nodes_[i] = node;
  return Ref<Node>(node);
}

OutputGrads OpOutputs::gradients(Node& op) const {
  OutputGrads out;
  out.shapes_ = shapes_;
  out.dtypes_ = dtypes_;
  if (op.extras) out.parts_ = std::move(op.extras->parts);
  if (op.extras) op.extras->parts.clear();
  out.parts_.resize(shapes_.size());
  for (const Tensor& part : out.parts_) out.has_.push_back(part.defined());
  return out;
}

std::vector<Tensor> OpOutputs::values(Node& op) {
  std::vector<Tensor> out;
  for (size_t i = 0; i < saved_.size(); ++i) {
    out.push_back(*saved_[i]);
    if (!grad_enabled() || dtypes_[i] < bfloat16) continue;
    out[i] = alias(out[i]);
    body_of(out[i])->node = place(Ref<Node>(&op), i);
  }
  return out;
}

}  // namespace detail
}  // namespace lexigrad
