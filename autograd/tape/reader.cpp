#include "lexigrad/autograd/tape/reader.h"

#include <algorithm>
#include <unordered_map>

#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad {

using detail::Node;
using detail::Ref;

struct ReaderAccess {
  static TapeNode view(Node* node) { return TapeNode(Ref<Node>(node)); }
  static Node* node(const TapeNode& view) { return view.node_.get(); }
};

TapeNode::TapeNode(const Tensor& x) : node_(detail::node_of(x)) {}
bool TapeNode::is_leaf() const { return node_->leaf; }
int64_t TapeNode::output() const { return node_->output; }
const char* TapeNode::name() const { return node_->name; }
std::string TapeNode::module_path() const { return detail::scope_path(node_->scope); }
const Shape& TapeNode::shape() const { return node_->shape; }
Dtype TapeNode::dtype() const { return node_->dtype; }

std::vector<TapeNode> TapeNode::inputs() const {
  std::vector<TapeNode> out;
  for (uint32_t i = 0; i < node_->edge_count; ++i)
    if (const Ref<Node>& input = node_->edges()[i]) out.push_back(TapeNode(input));
  return out;
}

namespace {

template <class F>
void each_input(Node* node, const F& f) {
  for (uint32_t i = 0; i < node->edge_count; ++i)
    if (Node* input = node->edges()[i].get()) f(input);
}

}  // namespace

std::vector<TapeNode> tape_of(const Tensor& x) {
  Node* root = detail::node_of(x);
  if (!root) return {};
  std::unordered_map<Node*, int64_t> uses{{root, 0}};
  std::vector<Node*> stack{root};
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    each_input(node, [&](Node* input) {
      if (uses[input]++ == 0) stack.push_back(input);
    });
  }
  std::vector<TapeNode> out;
  stack.push_back(root);
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    out.push_back(ReaderAccess::view(node));
    each_input(node, [&](Node* input) {
      if (--uses[input] == 0) stack.push_back(input);
    });
  }
  std::reverse(out.begin(), out.end());
  return out;
}

class OpListener::Observer : public detail::TapeObserver {
 public:
  explicit Observer(Function heard) : heard_(std::move(heard)) {}

 private:
  void made(const char* op, std::span<const Tensor> outputs, const Tensor* const* inputs,
            int count) override {
    heard_(op, outputs, {inputs, static_cast<size_t>(count)});
  }
  Function heard_;
};

OpListener::OpListener(Function heard) : observer_(std::make_unique<Observer>(std::move(heard))) {}
OpListener::~OpListener() = default;

namespace {

// Sets gradients and hooks of a graph's nodes aside, while it lives.
class SetAside {
 public:
  explicit SetAside(const std::vector<TapeNode>& nodes) {
    for (const TapeNode& view : nodes) {
      Node* node = ReaderAccess::node(view);
      if (!node->leaf && !node->extras) continue;
      kept_.push_back({Ref<Node>(node), std::move(node->gradient), std::move(node->extras)});
      node->gradient = detail::Gradient();
    }
  }
  ~SetAside() {
    for (Kept& kept : kept_) {
      kept.node->gradient = std::move(kept.gradient);
      kept.node->extras = std::move(kept.extras);
    }
  }
  SetAside(const SetAside&) = delete;
  SetAside& operator=(const SetAside&) = delete;

 private:
  struct Kept {
    Ref<Node> node;
    detail::Gradient gradient;
    std::unique_ptr<detail::NodeExtras> extras;
  };
  std::vector<Kept> kept_;
};

class WalkObserver : public detail::TapeObserver {
 public:
  WalkObserver(const Tensor& x, const WalkListener& listener) : now_(x), listener_(listener) {}

 private:
  void running(Node& node, std::span<const Tensor> dy) override {
    now_ = ReaderAccess::view(&node);
    listener_.running(now_, dy);
  }
  void read(const Tensor& saved) override { listener_.reads(now_, saved); }

  TapeNode now_;
  const WalkListener& listener_;
};

}  // namespace

void walk_back(const Tensor& x, const WalkListener& listener) {
  std::vector<TapeNode> nodes = tape_of(x);
  SetAside aside(nodes);
  {
    WalkObserver observer(x, listener);
    x.backward({.retain_graph = true});
  }
  for (const TapeNode& node : nodes) {
    const detail::Gradient& g = ReaderAccess::node(node)->gradient;
    if (node.is_leaf() && g.defined()) listener.collected(node, g.dense, g.rows.get());
  }
}

}  // namespace lexigrad
