// A view of the tape for reading, and what runs on it: for pictures and audits.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// A node of the tape, kept alive: an op, a leaf, or one output of an op with several. Such an
/// op is a node, and each of its outputs is another, with the op for its only input.
class TapeNode {
 public:
  /// The node of x's gradient; an empty one where x wants none.
  explicit TapeNode(const Tensor& x);

  explicit operator bool() const { return static_cast<bool>(node_); }
  /// The same for the same node, and for no other while a TapeNode of it lives.
  const void* id() const { return node_.get(); }
  bool is_leaf() const;
  /// Which output of its input this is; -1 for leaves and ops.
  int64_t output() const;
  /// "mul", also for each output of an op with several; "AccumulateGrad" for a leaf.
  const char* name() const;
  /// "NextTokenModel.token": the module that ran; empty outside any.
  std::string module_path() const;
  /// Shape of the tensor that the node made; rank 0 and float32 for an op with several outputs.
  const Shape& shape() const;
  Dtype dtype() const;
  /// The nodes that want a gradient of what was made from them, in the order
  /// of the op's inputs.
  std::vector<TapeNode> inputs() const;

 private:
  friend struct ReaderAccess;
  explicit TapeNode(detail::Ref<detail::Node> node) : node_(std::move(node)) {}
  detail::Ref<detail::Node> node_;
};

/// Every node that leads to x, inputs before what is made of them; x's own is the last.
std::vector<TapeNode> tape_of(const Tensor& x);

/// While one lives, calls a function for every op of this thread: its name, its outputs,
/// which have their places on the tape, and its inputs. Ops that the function itself
/// calls are not seen.
class [[nodiscard]] OpListener {
 public:
  using Function = std::function<void(const char* op, std::span<const Tensor> outputs,
                                      std::span<const Tensor* const> inputs)>;
  explicit OpListener(Function heard);
  ~OpListener();
  OpListener(const OpListener&) = delete;
  OpListener& operator=(const OpListener&) = delete;

 private:
  class Observer;
  std::unique_ptr<Observer> observer_;
};

/// What walk_back() tells.
struct WalkListener {
  /// A rule is about to run on the gradients of its outputs; undefined or left out where
  /// nothing reached one.
  std::function<void(const TapeNode& op, std::span<const Tensor> gradients)> running;
  /// The rule reads a tensor that it kept.
  std::function<void(const TapeNode& op, const Tensor& saved)> reads;
  /// At the end, for each leaf that has got a gradient: the rows where it is a table's,
  /// else the dense one.
  std::function<void(const TapeNode& leaf, const Tensor& dense, const RowGrad* rows)> collected;
};

/// Walks back from x (one element) as backward() does, and leaves the tape and all gradients as
/// they were; hooks do not run.
void walk_back(const Tensor& x, const WalkListener& listener);

}  // namespace lexigrad
