// The tape: how an op records its gradient rule, and the walk back.
#pragma once
#include <functional>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

#include "lexigrad/autograd/node.h"
#include "lexigrad/autograd/row_grad.h"
#include "lexigrad/autograd/tensor.h"

namespace lexigrad {

/// False inside a NoGrad scope of this thread.
bool grad_enabled();

/// While one of these lives, ops of this thread are not recorded.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Where a rule puts the gradients of its inputs: dx[0] += dy * b. The engine sums over broadcast dimensions,
/// checks shape and dtype, and ignores what no one asked for.
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

   private:
    friend class Grads;
    Slot(detail::Node* node, const char* from, int input) : node_(node), from_(from), input_(input) {}
    detail::Node* node_;
    const char* from_;
    int input_;
  };
  explicit Grads(detail::Node& node) : node_(node) {}
  Slot operator[](int input) const { return {node_.edges()[input].get(), node_.name, input}; }
  int count() const { return static_cast<int>(node_.edge_count); }
  /// True if input `input` wants a gradient; a rule may skip costly work for one that does not.
  bool needs(int input) const { return static_cast<bool>(node_.edges()[input]); }

 private:
  detail::Node& node_;
};

namespace detail {
void check_inputs(const char* name, size_t count, size_t limit);
bool wants_grad(const Tensor* const* inputs, int count);
void* allocate_node(size_t bytes);
Tensor attach(Tensor y, Ref<Node> node, const Tensor* const* inputs, int count);

template <class Rule>
struct RuleNode : Node {
  Rule rule;
  explicit RuleNode(Rule&& r) : rule(std::move(r)) {}
};
template <class Rule>
Node* make_node(const char* name, int edge_count, Rule&& rule) {
  using NodeType = RuleNode<Rule>;
  size_t offset = (sizeof(NodeType) + 7) / 8 * 8;
  size_t bytes = offset + static_cast<size_t>(edge_count) * sizeof(Ref<Node>);
  auto* node = new (allocate_node(bytes)) NodeType(std::move(rule));
  node->name = name;
  node->bytes = static_cast<uint32_t>(bytes);
  node->edge_offset = static_cast<uint32_t>(offset);
  node->edge_count = static_cast<uint32_t>(edge_count);
  node->drop = [](Node& n) noexcept { static_cast<NodeType&>(n).rule.~Rule(); };
  return node;
}

template <class Rule>
Tensor record_pointers(const char* name, Tensor y, const Tensor* const* inputs, int count, Rule&& rule) {
  if (!wants_grad(inputs, count)) return attach(std::move(y), Ref<Node>(), inputs, 0);
  using Stored = std::decay_t<Rule>;
  if constexpr (std::is_invocable_v<Stored&, const Tensor&, const Tensor&, Grads&>) {
    struct Both {
      Stored rule;
      Tensor output;  // y's storage, off the tape: y itself would be a cycle
    };
    auto* node = make_node(name, count, Both{std::forward<Rule>(rule), y.detach()});
    node->run = [](Node& n, const Tensor& dy, Grads& dx) {
      auto& both = static_cast<RuleNode<Both>&>(n).rule;
      both.rule(dy, both.output, dx);
    };
    return attach(std::move(y), Ref<Node>(node), inputs, count);
  } else {
    static_assert(
        std::is_invocable_v<Stored&, const Tensor&, Grads&>,
        "a rule takes (const Tensor& dy, Grads& dx) or (const Tensor& dy, const Tensor& y, Grads& dx)");
    auto* node = make_node(name, count, Stored(std::forward<Rule>(rule)));
    node->run = [](Node& n, const Tensor& dy, Grads& dx) { static_cast<RuleNode<Stored>&>(n).rule(dy, dx); };
    return attach(std::move(y), Ref<Node>(node), inputs, count);
  }
}
}  // namespace detail

/// Puts an op on the tape: `y` was computed from `inputs`, and `rule` adds the inputs' gradients to dx given
/// dy, the gradient of y. A rule may capture inputs; one that needs the OUTPUT takes it as its second
/// argument instead. Returns y on the tape (off it, where no input wants a gradient). `name` must outlive the
/// tape: a literal.
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
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  return detail::record_pointers(name, std::move(y), pointers.data(), static_cast<int>(pointers.size()),
                                 std::forward<Rule>(rule));
}

}  // namespace lexigrad
