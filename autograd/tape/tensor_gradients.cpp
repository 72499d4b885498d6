// Tensor's members about gradients; backward() is in grad.cpp.
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

bool Tensor::requires_grad() const { return static_cast<bool>(detail::get(*this).node); }
bool Tensor::is_leaf() const { return !detail::get(*this).node || body_->node->leaf; }

const Tensor& Tensor::requires_grad_(bool on) const {
  check(is_leaf(), "requires_grad_", "Only a leaf can be switched; this tensor was made by ",
        is_leaf() ? "" : body_->node->name, ". Hint: detach() gives a leaf");
  check(!on || is_floating(arithmetic_dtype(dtype())), "requires_grad_",
        "Only float32, float64 and bfloat16 can have gradients, this tensor is ", name(dtype()));
  if (!on) {
    if (body_->owns_hooks) detail::disown(*body_);
    body_->node = detail::Ref<detail::Node>();
  }
  if (on && !body_->node) body_->node = detail::new_leaf(shape(), dtype());
  return *this;
}

const Tensor& Tensor::retain_grad() const {
  check(requires_grad(), "retain_grad",
        "This tensor has no gradient to keep: nothing that made it requires one");
  if (body_->node->leaf) return *this;
  detail::extras_of(*body_->node).retain = true;
  return *this;
}

namespace {
Tensor collected(const detail::Node& node) {
  if (node.leaf) return node.gradient.rows ? node.gradient.rows->dense() : node.gradient.dense;
  return node.extras ? node.extras->retained : Tensor();
}

void check_form(const Tensor& x, Dtype dtype, const Shape& shape) {
  check(shape == x.shape() && dtype == arithmetic_dtype(x.dtype()), "set_grad", "The gradient is ",
        name(dtype), " ", shape, ", the tensor ", name(x.dtype()), " ", x.shape(),
        x.dtype() == bfloat16 ? ". Hint: its gradient is float32" : "");
}
}  // namespace

bool Tensor::has_grad() const {
  if (!requires_grad()) return false;
  const detail::Node& node = *body_->node;
  return node.leaf ? node.gradient.defined() : node.extras && node.extras->retained.defined();
}
Tensor Tensor::grad() const { return requires_grad() ? collected(*body_->node) : Tensor(); }
const RowGrad* Tensor::row_grad() const {
  return requires_grad() && is_leaf() ? body_->node->gradient.rows.get() : nullptr;
}

void Tensor::zero_grad() const { set_grad(Tensor()); }

void Tensor::set_grad(const Tensor& grad) const {
  if (!requires_grad() && !grad.defined()) return;
  check(requires_grad() && is_leaf(), "set_grad", "Only a leaf that requires a gradient can be given one");
  if (grad.defined()) check_form(*this, grad.dtype(), grad.shape());
  body_->node->gradient = detail::Gradient();
  body_->node->gradient.dense = grad.defined() ? grad.detach() : grad;
}

void Tensor::set_grad(RowGrad grad) const {
  zero_grad();
  check(requires_grad(), "set_grad", "Only a leaf that requires a gradient can be given one");
  check_form(*this, grad.dtype(), grad.shape());
  body_->node->gradient.rows = std::make_unique<RowGrad>(std::move(grad));
}

Hook Tensor::register_hook(GradientHook hook) const {
  check(requires_grad(), "register_hook", "This tensor gets no gradient: nothing that made it requires one");
  auto shared = std::make_shared<GradientHook>(std::move(hook));
  detail::extras_of(*body_->node).hooks.push_back(shared);
  return Hook([weak = std::weak_ptr(shared)] {
    if (auto f = weak.lock()) *f = nullptr;
  });
}

Hook Tensor::register_accumulate_hook(AccumulateHook hook) const {
  check(requires_grad() && is_leaf(), "register_accumulate_hook",
        "Only a leaf that requires a gradient accumulates one. Hint: register_hook() is for all tensors");
  auto shared = std::make_shared<AccumulateHook>(std::move(hook));
  detail::NodeExtras& extras = detail::extras_of(*body_->node);
  extras.accumulate_hooks.push_back(shared);
  extras.owner = body_.get();
  body_->owns_hooks = true;
  return Hook([weak = std::weak_ptr(shared)] {
    if (auto f = weak.lock()) *f = nullptr;
  });
}

}  // namespace lexigrad
