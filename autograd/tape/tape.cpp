#include "lexigrad/autograd/tape/tape.h"

#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

bool Grads::is_wanted(detail::Node& node) { return node.leaf ? detail::visit_of(node).wanted : node.wanted; }

void Grads::fail_input(int input) const {
  fail(node_.name, text("The rule has ", count(), count() == 1 ? " input" : " inputs", ", it wrote dx[",
                        input, "]. Hint: dx[i] is the gradient of input i of record(), counted from 0"));
}

Tensor Grads::once(const Tensor& g, const std::vector<Tensor>& dy, std::string why) const {
  if (!grad_enabled()) return g;
  std::vector<Tensor> sources = dy;
  for (int i = 0; i < count(); ++i) {
    sources.push_back(empty({0}));  // no more than the input's place on the tape
    detail::body_of(sources.back())->node = node_.edges()[i];
  }
  return record(node_.name, g.detach(), sources, [why = std::move(why)](const Tensor&, Grads&) {
    const char* rule = detail::running_rule();
    fail(rule, text("The gradient of ", rule, " cannot be differentiated again: ", why));
  });
}

namespace detail {

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

namespace {

void take_places(const char* name, Node& node, const Tensor* const* inputs, int count) {
  for (int i = 0; i < count; ++i) {
    const Body& input = *body_of(*inputs[i]);
    if (input.view && input.node && !input.node->leaf &&
        input.version != input.storage->version.load(std::memory_order_relaxed)) [[unlikely]]
      fail(name, text("Input ", i, " is a view, made by ", input.node->name, ", of a tensor that ",
                      input.storage->changed_by, " changed in place later. Hint: make the view again"));
    node.edges()[i] = input.node;
  }
}

// y itself where no other handle has it.
Tensor placed(Tensor y, Ref<Node> node) {
  Body* body = body_of(y);
  if (body->node || body->references.load(std::memory_order_relaxed) != 1) {
    y = alias(y);
    body = body_of(y);
  }
  body->node = std::move(node);
  return y;
}

}  // namespace

Tensor attach(const char* name, Tensor y, Ref<Node> node, const Tensor* const* inputs, int count) {
  node->shape = body_of(y)->shape;
  node->dtype = body_of(y)->dtype;
  take_places(name, *node, inputs, count);
  y = placed(std::move(y), std::move(node));
  if (observers) [[unlikely]]
    Observers::made(name, {&y, 1}, inputs, count);
  return y;
}

std::vector<Tensor> attach(const char* name, std::vector<Tensor> outputs, const Ref<Node>& op,
                           OpOutputs& known, const Tensor* const* inputs, int count) {
  take_places(name, *op, inputs, count);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].dtype() >= bfloat16) outputs[i] = placed(std::move(outputs[i]), known.place(op, i));
  if (observers) [[unlikely]]
    Observers::made(name, outputs, inputs, count);
  return outputs;
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
