#include "lexigrad/autograd/tape/grad.h"

#include <utility>

#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tape/walk.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace detail {
namespace {

// Marks what grad() returns the gradients of, while it lives: leaves in the walk, which has counted its
// edges, others in their nodes.
class Captures {
 public:
  Captures(const std::vector<Tensor>& inputs, Walk& walk) : inputs_(inputs), walk_(walk) {
    for (const Tensor& x : inputs_) {
      if (x.is_leaf()) {
        if (LeafVisit* visit = walk_.find(*node_of(x))) visit->capture = true;
        before_.emplace_back();
        continue;
      }
      NodeExtras& extras = extras_of(*node_of(x));
      before_.emplace_back(extras.capture, std::exchange(extras.captured, Tensor()));
      extras.capture = true;
    }
  }
  ~Captures() {
    for (size_t i = inputs_.size(); i-- > 0;) {
      if (inputs_[i].is_leaf()) continue;
      NodeExtras& extras = *node_of(inputs_[i])->extras;
      extras.capture = before_[i].first;
      extras.captured = std::move(before_[i].second);
    }
  }
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;
  Tensor operator[](size_t i) const {
    Node& node = *node_of(inputs_[i]);
    if (!node.leaf) return node.extras->captured;
    LeafVisit* visit = walk_.find(node);
    return visit ? visit->captured : Tensor();
  }

 private:
  std::vector<Tensor> inputs_;
  Walk& walk_;
  std::vector<std::pair<bool, Tensor>> before_;  // of a walk that this one runs in
};

void check_seed(const char* op, const Tensor& y, const Tensor& seed) {
  check(seed.shape() == y.shape() && seed.dtype() == arithmetic_dtype(y.dtype()), op,
        "The gradient given is ", name(seed.dtype()), " ", seed.shape(), ", the tensor ", name(y.dtype()),
        " ", y.shape(), y.dtype() == bfloat16 ? ". Hint: its gradient is float32" : "");
}

}  // namespace
}  // namespace detail

void Tensor::backward(const BackwardOptions& options) const {
  check(numel() == 1, "backward", "Needs a scalar, got shape ", shape(),
        ". Hint: reduce with sum() or mean(), or pass a gradient of that shape");
  backward(ones(shape(), arithmetic_dtype(dtype())), options);
}

void Tensor::backward(const Tensor& seed, const BackwardOptions& options) const {
  lexigrad::backward({*this}, {seed}, options);
}

void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& seeds,
              const BackwardOptions& options) {
  check(outputs.size() == seeds.size(), "backward", seeds.size(), " gradients for ", outputs.size(),
        " tensors. Hint: one for each");
  std::vector<detail::Node*> roots;
  for (size_t i = 0; i < outputs.size(); ++i) {
    roots.push_back(detail::node_of(outputs[i]));
    check(roots[i] != nullptr, "backward",
          "Nothing that made this tensor requires a gradient. Hint: call requires_grad_() on the inputs, "
          "or leave the NoGrad scope");
    detail::check_seed("backward", outputs[i], seeds[i]);
  }
  detail::Recording mode(options.create_graph);
  detail::Walk walk("backward", roots);
  if (const detail::Node* spent = walk.count_edges(true)) detail::fail_spent(*spent);
  for (size_t i = 0; i < outputs.size(); ++i)
    detail::collect(*roots[i], seeds[i], "backward", static_cast<int>(i));
  walk.run(options.retain_graph || options.create_graph);
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  const std::vector<Tensor>& seeds = options.grad_outputs;
  check(seeds.empty() || seeds.size() == outputs.size(), "grad", seeds.size(), " grad_outputs for ",
        outputs.size(), " outputs");
  for (size_t i = 0; i < inputs.size(); ++i)
    check(inputs[i].requires_grad(), "grad", "Input ", i,
          " does not require a gradient. Hint: requires_grad_() before the outputs are computed");
  detail::Recording mode(options.create_graph);
  std::vector<detail::Node*> roots;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& y = outputs[i];
    check(y.requires_grad(), "grad", "Nothing that made output ", i, " requires a gradient");
    check(!seeds.empty() || y.numel() == 1, "grad", "Output ", i, " has shape ", y.shape(),
          ". Hint: reduce it to a scalar, or give grad_outputs");
    if (!seeds.empty()) detail::check_seed("grad", y, seeds[i]);
    roots.push_back(detail::node_of(y));
  }
  detail::Walk walk("grad", roots);
  const detail::Node* spent = walk.count_edges(true);
  detail::Captures captures(inputs, walk);
  walk.want_captured();
  walk.count_edges(false);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (roots[i]->wanted)
      detail::collect(
          *roots[i],
          seeds.empty() ? ones(outputs[i].shape(), arithmetic_dtype(outputs[i].dtype())) : seeds[i], "grad",
          static_cast<int>(i));
  walk.run(options.retain_graph || options.create_graph);
  std::vector<Tensor> found;
  for (size_t i = 0; i < inputs.size(); ++i) {
    found.push_back(captures[i]);
    if (found.back().defined() || options.allow_unused) continue;
    if (spent) detail::fail_spent(*spent);
    fail("grad", text("Input ", i,
                      " has no part in the outputs. Hint: {.allow_unused = true} gives Tensor() for it"));
  }
  return found;
}

std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  return grad(std::vector<Tensor>{output}, inputs, options);
}

namespace detail {

namespace {

using Composed = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

// Gradients of the outputs of composed(inputs) for which dy has one.
void add_composed(const Composed& composed, const std::vector<Tensor>& inputs, const OutputGrads& dy,
                  Grads& dx) {
  std::vector<Tensor> cut, asked;
  for (const Tensor& x : inputs) {
    cut.push_back(x.defined() && x.requires_grad() ? identity(x) : x);
    if (x.defined() && x.requires_grad()) {
      node_of(cut.back())->barrier = true;
      asked.push_back(cut.back());
    }
  }
  std::vector<Tensor> all = composed(cut), outputs;
  for (size_t i = 0; i < all.size(); ++i)
    if (dy.has(i)) outputs.push_back(all[i]);
  std::vector<Tensor> found =
      grad(outputs, asked, {.grad_outputs = dy.present(), .create_graph = true, .allow_unused = true});
  for (size_t i = 0, next = 0; i < inputs.size(); ++i) {
    if (!cut[i].defined() || !cut[i].requires_grad()) continue;
    node_of(cut[i])->barrier = false;
    if (found[next].defined()) dx[static_cast<int>(i)] += found[next];
    ++next;
  }
}

}  // namespace

void composed_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& composed,
                        const std::vector<Tensor>& inputs, const Tensor& dy, Grads& dx) {
  add_composed([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{composed(in)}; }, inputs,
               OutputGrads(dy), dx);
}

void composed_gradients(const Composed& composed, const std::vector<Tensor>& inputs, const OutputGrads& dy,
                        Grads& dx) {
  add_composed(composed, inputs, dy, dx);
}

}  // namespace detail
}  // namespace lexigrad
