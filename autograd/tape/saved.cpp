#include "lexigrad/autograd/tape/saved.h"

#include "lexigrad/autograd/tape/running_rule.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

// An alias: x itself may get another place on the tape, by a change in place, and lead back to
// the rule. A leaf keeps its place.
Saved::Saved(const Tensor& x) {
  if (!x.defined()) return;
  x_ = x.is_leaf() && x.requires_grad() ? x : detail::alias(x);
  version_ = detail::body_of(x)->storage->version.load(std::memory_order_relaxed);
}

bool Saved::stale() const {
  return x_.defined() && detail::body_of(x_)->storage->version.load(std::memory_order_relaxed) != version_;
}

void Saved::fail_stale() const {
  fail(detail::running_rule(),
       text("A tensor ", name(x_.dtype()), " ", x_.shape(), " that ", detail::running_rule(),
            " keeps for backward was changed in place by ", detail::body_of(x_)->storage->changed_by,
            ". Hint: change a clone(), or use the form without _"));
}

}  // namespace lexigrad
