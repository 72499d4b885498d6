// The tape: how an op records its gradient rule, and the walk back.
#pragma once
#include <functional>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/outputs.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tape/running_rule.h"
#include "lexigrad/autograd/tape/saved.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {
namespace detail {
class Walk;
}

/// Where a rule puts the gradients of its inputs: dx[0] += dy * b. The engine sums over
/// broadcast dimensions, checks shape and dtype, and ignores what no one asked for.
class Grads {
 public:
  class Slot {
   public:
    void operator+=(Tensor g) const {
      if (node_) detail::collect(*node_, std::move(g), from_, input_);
    }
    void operator+=(RowGrad g) const {
      if (node_) detail::collect(*node_, std::move(g), from_, input_);
    }
    void operator+=(SliceGrad g) const {
      if (node_) detail::collect(*node_, std::move(g), from_, input_);
    }

   private:
    friend class Grads;
    Slot(detail::Node* node, const char* from, int input) : node_(node), from_(from), input_(input) {}
    detail::Node* node_;
    const char* from_;
    int input_;
  };
  Slot operator[](int input) const { return {wanted(input), node_.name, input}; }
  int count() const { return static_cast<int>(node_.edge_count); }
  /// True if input `input` wants a gradient; a rule may skip costly work for one that does not.
  bool needs(int input) const { return wanted(input) != nullptr; }
  /// True if the walk drops what the rule has saved: it may hand that on.
  bool last() const { return last_; }
  /// g, which was made off the tape, for a walk that records gradients: as made from dy (one or
  /// several) and the op's inputs, by a rule that throws `why`. g itself in other walks.
  Tensor once(const Tensor& g, const std::vector<Tensor>& dy, std::string why) const;
  Tensor once(const Tensor& g, const Tensor& dy, std::string why) const {
    return once(g, std::vector<Tensor>{dy}, std::move(why));
  }

 private:
  friend class detail::Walk;
  Grads(detail::Node& node, bool last, bool selective) : node_(node), last_(last), selective_(selective) {}
  detail::Node* wanted(int input) const {
    if (static_cast<uint32_t>(input) >= node_.edge_count) [[unlikely]]
      fail_input(input);
    detail::Node* node = node_.edges()[input].get();
    return node && (!selective_ || is_wanted(*node)) ? node : nullptr;
  }
  static bool is_wanted(detail::Node& node);
  [[noreturn]] void fail_input(int input) const;
  detail::Node& node_;
  bool last_, selective_;
};

namespace detail {
/// For rules of fused ops where grad_enabled(), that is, where the gradients go on the tape
/// themselves: adds the gradients of composed(inputs), given dy, to dx.
void composed_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& composed,
                        const std::vector<Tensor>& inputs, const Tensor& dy, Grads& dx);
void composed_gradients(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& composed,
                        const std::vector<Tensor>& inputs, const OutputGrads& dy, Grads& dx);
/// x with a node of its own.
Tensor identity(const Tensor& x);
void check_inputs(const char* name, size_t count, size_t limit);
bool wants_grad(const Tensor* const* inputs, int count);
/// y's values with `node` for their place on the tape, if a graph of gradients is recorded.
Tensor output_of(Node& node, const Tensor& y);
Tensor attach(const char* name, Tensor y, Ref<Node> node, const Tensor* const* inputs, int count);
std::vector<Tensor> attach(const char* name, std::vector<Tensor> outputs, const Ref<Node>& op,
                           OpOutputs& known, const Tensor* const* inputs, int count);

template <class Rule>
struct RuleNode : Node {
  Rule rule;
  explicit RuleNode(Rule&& r) : rule(std::move(r)) {}
};
template <class Rule>
RuleNode<Rule>* make_node(const char* name, int edge_count, Rule&& rule) {
  using NodeType = RuleNode<Rule>;
  size_t offset = (sizeof(NodeType) + 7) / 8 * 8;
  size_t bytes = offset + static_cast<size_t>(edge_count) * sizeof(Ref<Node>);
  void* room = allocate_node(bytes);
  NodeType* node = nullptr;
  try {
    node = new (room) NodeType(std::move(rule));
  } catch (...) {  // a rule that captures a const vector is copied
    release_node(room, bytes);
    throw;
  }
  node->name = name;
  node->scope = current_scope;
  node->bytes = static_cast<uint32_t>(bytes);
  node->edge_offset = static_cast<uint32_t>(offset);
  node->edge_count = static_cast<uint32_t>(edge_count);
  node->drop = [](Node& n) noexcept { static_cast<NodeType&>(n).rule.~Rule(); };
  for (int i = 0; i < edge_count; ++i) new (&node->edges()[i]) Ref<Node>();
  return node;
}

template <class Rule>
Tensor record_pointers(const char* name, Tensor y, const Tensor* const* inputs, int count, Rule&& rule) {
  if (!wants_grad(inputs, count)) {
    if (observers) [[unlikely]]
      Observers::made(name, {&y, 1}, inputs, count);
    return y;
  }
  using Stored = std::decay_t<Rule>;
  if constexpr (std::is_invocable_v<Stored&, const Tensor&, const Tensor&, Grads&>) {
    struct Both {
      Stored rule;
      Saved output;  ///< y's storage, off the tape: y itself would be a cycle
    };
    auto* node = make_node(name, count, Both{std::forward<Rule>(rule), Saved(y)});
    node->run = [](Node& n, const Tensor& dy, Grads& dx) {
      auto& both = static_cast<RuleNode<Both>&>(n).rule;
      both.rule(dy, output_of(n, both.output), dx);
    };
    return attach(name, std::move(y), Ref<Node>(node), inputs, count);
  } else {
    static_assert(
        std::is_invocable_v<Stored&, const Tensor&, Grads&>,
        "a rule takes (const Tensor& dy, Grads& dx) or (const Tensor& dy, const Tensor& y, Grads& dx)");
    auto* node = make_node(name, count, Stored(std::forward<Rule>(rule)));
    node->run = [](Node& n, const Tensor& dy, Grads& dx) { static_cast<RuleNode<Stored>&>(n).rule(dy, dx); };
    return attach(name, std::move(y), Ref<Node>(node), inputs, count);
  }
}

template <class Rule>
std::vector<Tensor> record_pointers(const char* name, std::vector<Tensor> outputs,
                                    const Tensor* const* inputs, int count, Rule&& rule) {
  using Stored = std::decay_t<Rule>;
  constexpr bool reads = std::is_invocable_v<Stored&, const OutputGrads&, const std::vector<Tensor>&, Grads&>;
  static_assert(reads || std::is_invocable_v<Stored&, const OutputGrads&, Grads&>,
                "a rule of several outputs takes (const OutputGrads& dy, Grads& dx) or "
                "(const OutputGrads& dy, const std::vector<Tensor>& y, Grads& dx)");
  if (!wants_grad(inputs, count)) {
    if (observers) [[unlikely]]
      Observers::made(name, outputs, inputs, count);
    return outputs;
  }
  struct Both {
    Stored rule;
    OpOutputs outputs;
  };
  auto* node = make_node(name, count, Both{std::forward<Rule>(rule), OpOutputs(outputs, reads)});
  node->run = [](Node& n, const Tensor&, Grads& dx) {
    auto& both = static_cast<RuleNode<Both>&>(n).rule;
    OutputGrads dy = both.outputs.gradients(n);
    if constexpr (reads)
      both.rule(dy, both.outputs.values(n), dx);
    else
      both.rule(dy, dx);
  };
  return attach(name, std::move(outputs), Ref<Node>(node), node->rule.outputs, inputs, count);
}

template <class Rule, class Output>
Output record_vector(const char* name, Output y, const std::vector<Tensor>& inputs, Rule&& rule) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  return record_pointers(name, std::move(y), pointers.data(), static_cast<int>(pointers.size()),
                         std::forward<Rule>(rule));
}
}  // namespace detail

/// Puts an op on the tape: `y` was computed from `inputs`, and `rule` adds the inputs'
/// gradients to dx given dy, the gradient of y. A rule captures the inputs that it needs as
/// Saved; one that needs the OUTPUT takes it as its second argument instead. Made of ops on
/// what it has saved, it can be differentiated again; where it calls kernels, it asks
/// grad_enabled() and has another way. Returns y on the tape (off it, where no input wants a
/// gradient). `name` must outlive the tape: a literal.
template <class Rule>
Tensor record(const char* name, Tensor y, std::initializer_list<std::reference_wrapper<const Tensor>> inputs,
              Rule&& rule) {
  const Tensor* pointers[8];
  detail::check_inputs(name, inputs.size(), 8);
  int count = 0;
  for (const Tensor& input : inputs) pointers[count++] = &input;
  return detail::record_pointers(name, std::move(y), pointers, count, std::forward<Rule>(rule));
}

/// The same for any number of inputs.
template <class Rule>
Tensor record(const char* name, Tensor y, const std::vector<Tensor>& inputs, Rule&& rule) {
  return detail::record_vector(name, std::move(y), inputs, std::forward<Rule>(rule));
}

/// The same for an op with several outputs and ONE rule, which takes their gradients as
/// OutputGrads: zeros for an output that nothing used, for which has(i) is false and no work
/// needed. The rule runs once in a walk that reaches any of the outputs; where it needs the
/// outputs, it takes them as a std::vector<Tensor> in between. Outputs of whole numbers and
/// bools stay off the tape.
template <class Rule>
std::vector<Tensor> record(const char* name, std::vector<Tensor> outputs, const std::vector<Tensor>& inputs,
                           Rule&& rule) {
  return detail::record_vector(name, std::move(outputs), inputs, std::forward<Rule>(rule));
}

}  // namespace lexigrad
