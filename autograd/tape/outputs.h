// Ops with several outputs: one node with the rule, and for each output a node that hands its
// gradient on to it.
#pragma once
#include <vector>

#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/saved.h"

namespace lexigrad {
namespace detail {
class OpOutputs;
}

/// The gradients of an op's outputs, for its rule.
class OutputGrads {
 public:
  /// For an op with the single output whose gradient is `dy`.
  explicit OutputGrads(const Tensor& dy) : parts_{dy}, has_{true} {}

  size_t size() const { return parts_.size(); }
  /// False where no gradient reached output `i`: a rule needs no work for it.
  bool has(size_t i) const { return has_[checked(i)]; }
  /// The gradient of output `i`; zeros where none reached it.
  Tensor operator[](size_t i) const { return parts_[checked(i)].defined() ? parts_[i] : zeros_of(i); }
  /// The gradients that there are.
  std::vector<Tensor> present() const;
  /// The same gradients, each on the tape: as leaves, zeros too, where they are off it.
  OutputGrads on_tape() const;

 private:
  friend class detail::OpOutputs;
  OutputGrads() = default;
  size_t checked(size_t i) const;
  Tensor zeros_of(size_t i) const;

  std::vector<Tensor> parts_;
  std::vector<bool> has_;
  std::vector<Shape> shapes_;
  std::vector<Dtype> dtypes_;
};

namespace detail {

struct OutputNode;

/// What an op's node knows of its outputs.
class OpOutputs {
 public:
  /// Keeps the outputs themselves, off the tape, where the rule `reads` them.
  OpOutputs(const std::vector<Tensor>& outputs, bool reads);
  ~OpOutputs();
  OpOutputs(OpOutputs&&) = default;

  /// The node of output `i`: the one that lives, or a new one.
  Ref<Node> place(const Ref<Node>& op, size_t i);
  /// Takes what the running walk has brought to `op`.
  OutputGrads gradients(Node& op) const;
  /// The outputs, with their places on the tape if a graph of gradients is recorded.
  std::vector<Tensor> values(Node& op);

 private:
  friend struct OutputNode;
  std::vector<Shape> shapes_;
  std::vector<Dtype> dtypes_;
  std::vector<Saved> saved_;        ///< empty where the rule does not read the outputs
  std::vector<OutputNode*> nodes_;  ///< that live, of outputs that the rule reads
};

}  // namespace detail
}  // namespace lexigrad
