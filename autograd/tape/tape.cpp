#include "lexigrad/autograd/tape/tape.h"

#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {
constinit thread_local const char* running_rule = "backward";
}  // namespace

// An alias: x itself may get another place on the tape, by a change in place, and lead back to the rule. A
// leaf keeps its place.
Saved::Saved(const Tensor& x) {
  if (!x.defined()) return;
  x_ = x.is_leaf() && x.requires_grad() ? x : detail::alias(x);
  version_ = detail::body_of(x)->storage->version.load(std::memory_order_relaxed);
}

bool Saved::stale() const {
  return x_.defined() && detail::body_of(x_)->storage->version.load(std::memory_order_relaxed) != version_;
}

void Saved::fail_stale() const {
  fail(running_rule,
       text("A tensor ", name(x_.dtype()), " ", x_.shape(), " that ", running_rule,
            " keeps for backward was changed in place by ", detail::body_of(x_)->storage->changed_by,
            ". Hint: change a clone(), or use the form without _"));
}

Tensor Grads::once(const Tensor& g, const Tensor& dy, std::string why) const {
  if (!grad_enabled()) return g;
  std::vector<Tensor> sources{dy};
  for (int i = 0; i < count(); ++i) {
    sources.push_back(empty({0}));  // no more than the input's place on the tape
    detail::body_of(sources.back())->node = node_.edges()[i];
  }
  return record(node_.name, g.detach(), sources, [why = std::move(why)](const Tensor&, Grads&) {
    fail(running_rule, text("The gradient of ", running_rule, " cannot be differentiated again: ", why));
  });
}

namespace detail {

RunningRule::RunningRule(const Node& node) : before_(running_rule), scope_(current_scope) {
  running_rule = node.name;
  current_scope = node.scope;
}
RunningRule::~RunningRule() {
  running_rule = before_;
  current_scope = scope_;
}

void check_inputs(const char* name, size_t count, size_t limit) {
  check(count <= limit, name, "An op was recorded with ", count, " inputs in a list (at most ", limit,
        "). Hint: pass them as a std::vector<Tensor>");
}

bool wants_grad(const Tensor* const* inputs, int count) {
  if (!grad_enabled()) return false;
  for (int i = 0; i < count; ++i)
    if (get(*inputs[i]).node) return true;
  return false;
}

Tensor attach(const char* name, Tensor y, Ref<Node> node, const Tensor* const* inputs, int count) {
  Body* body = body_of(y);
  node->shape = body->shape;
  node->dtype = body->dtype;
  for (int i = 0; i < count; ++i) {
    const Body& input = *body_of(*inputs[i]);
    if (input.view && input.node && !input.node->leaf &&
        input.version != input.storage->version.load(std::memory_order_relaxed)) [[unlikely]]
      fail(name, text("Input ", i, " is a view, made by ", input.node->name, ", of a tensor that ",
                      input.storage->changed_by, " changed in place later. Hint: make the view again"));
    node->edges()[i] = input.node;
  }
  if (body->node || body->references.load(std::memory_order_relaxed) != 1) {
    y = alias(y);
    body = body_of(y);
  }
  body->node = std::move(node);
  if (observers) [[unlikely]]
    Observers::made(name, y, inputs, count);
  return y;
}

Tensor output_of(Node& node, const Tensor& y) {
  if (!grad_enabled()) return y;
  Tensor output = alias(y);
  body_of(output)->node = Ref<Node>(&node);
  return output;
}

Tensor identity(const Tensor& x) {
  return record("identity", alias(x), {x}, [](const Tensor& dy, Grads& dx) { dx[0] += dy; });
}

}  // namespace detail
}  // namespace lexigrad
