// Changes in place. Each bumps the storage's version, by which rules notice that what
// they saved is gone.
#include "lexigrad/autograd/ops/shared/inplace.h"

#include <algorithm>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/elementwise.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace detail {

void changed(const char* op, const Tensor& x) {
  Body& body = *body_of(x);
  body.storage->changed_by = op;
  body.version = body.storage->version.fetch_add(1, std::memory_order_relaxed) + 1;
}

// Where each dimension steps over all that the ones with smaller strides reach, no element is met twice.
void check_target(const char* op, const Tensor& x) {
  const Body& body = get(x);
  if (body.contiguous || body.numel == 0) return;
  std::vector<std::pair<int64_t, int64_t>> dims;  // stride, dimension
  for (int64_t d = 0; d < body.shape.rank(); ++d)
    if (body.shape[d] > 1) dims.emplace_back(body.strides[d], d);
  std::sort(dims.begin(), dims.end());
  int64_t reached = 0;
  for (auto [stride, d] : dims) {
    check(stride > reached, op, "Elements of this tensor share memory along dimension ", d,
          ". Hint: change a clone()");
    reached += (body.shape[d] - 1) * stride;
  }
}

void check_not_view(const char* op, const Tensor& x) {
  check(!body_of(x)->view, op,
        "This tensor is a view on the tape: a change through it would not reach what it views. "
        "Hint: change what it views, make a new tensor, or work on x.detach()");
}

void overwrite(const char* op, const Tensor& x) {
  check_target(op, x);
  if (get(x).node && !x.is_leaf() && grad_enabled()) {
    check_not_view(op, x);
    body_of(x)->node = Ref<Node>();
  }
  changed(op, x);
}

namespace {

void write(const Tensor& x, const Tensor& values) {
  if (x.is_contiguous())
    convert_into(x, values);
  else
    scatter_into(x, values);
}

// True if a change of x by `other` goes on the tape.
bool is_recorded(const char* op, const Tensor& x, const Tensor& other) {
  if (!grad_enabled() || !(x.requires_grad() || other.requires_grad())) return false;
  check(
      x.is_leaf() ? !x.requires_grad() : true, op,
      "A leaf that requires a gradient cannot be changed in place while ops are recorded. Hint: NoGrad off;");
  check_not_view(op, x);
  return true;
}

}  // namespace

void replace(const char* op, const Tensor& x, const Tensor& y) {
  check_target(op, x);
  bool recorded = is_recorded(op, x, y);
  check(y.dtype() == x.dtype(), op, "The result is ", lexigrad::name(y.dtype()), ", the tensor ",
        lexigrad::name(x.dtype()), ". Hint: use the form without _");
  write(x, y.detach());
  if (recorded) body_of(x)->node = body_of(y)->node;
  changed(op, x);
}

namespace {

// x = op(x, other), in place. What the op's rule keeps of x must outlive the change: the op gets a copy.
const Tensor& update(const char* name, Tensor (*op)(const Tensor&, const Tensor&), kernels::Binary f,
                     const Tensor& x, const Tensor& other) {
  check(broadcast(name, x.shape(), other.shape()) == x.shape(), name, "A tensor of shape ", other.shape(),
        " does not fit into shape ", x.shape());
  bool recorded = is_recorded(name, x, other);
  bool direct = !observers && !recorded && x.is_contiguous() && x.dtype() == other.dtype() &&
                x.dtype() != boolean && x.dtype() != bfloat16 &&
                !(f == kernels::Binary::div && x.dtype() == int64) && !x.shares_storage(other);
  if (direct) {
    map_into(f, x, other, x);
    changed(name, x);
  } else {
    replace(name, x, recorded ? op(clone(x), x.shares_storage(other) ? clone(other) : other) : op(x, other));
  }
  return x;
}

}  // namespace
}  // namespace detail

void increment_version(const Tensor& x, const char* by) {
  detail::get(x);
  detail::changed(by, x);
}

const Tensor& Tensor::add_(const Tensor& other) const {
  return detail::update("add_", lexigrad::add, kernels::Binary::add, *this, other);
}
const Tensor& Tensor::sub_(const Tensor& other) const {
  return detail::update("sub_", lexigrad::sub, kernels::Binary::sub, *this, other);
}
const Tensor& Tensor::mul_(const Tensor& other) const {
  return detail::update("mul_", lexigrad::mul, kernels::Binary::mul, *this, other);
}
const Tensor& Tensor::div_(const Tensor& other) const {
  return detail::update("div_", lexigrad::div, kernels::Binary::div, *this, other);
}
const Tensor& Tensor::add_(Scalar number) const { return add_(detail::scalar_like(*this, number)); }
const Tensor& Tensor::sub_(Scalar number) const { return sub_(detail::scalar_like(*this, number)); }
const Tensor& Tensor::mul_(Scalar number) const { return mul_(detail::scalar_like(*this, number)); }
const Tensor& Tensor::div_(Scalar number) const { return div_(detail::scalar_like(*this, number)); }

const Tensor& Tensor::copy_(const Tensor& source) const {
  check(broadcast("copy_", source.shape(), shape()) == shape(), "copy_", "A tensor of shape ", source.shape(),
        " does not fit into shape ", shape());
  bool starts_leaf = requires_grad() && is_leaf();  // values for a parameter, off the tape
  if (grad_enabled() && source.requires_grad() && is_floating(dtype()) && !starts_leaf) {
    detail::replace("copy_", *this, detail::identity(lexigrad::expand(source, shape()).to(dtype())));
    return *this;
  }
  Shape strides = detail::broadcast_strides(source.shape(), source.strides(), shape());
  Tensor from = detail::new_view(source, shape(), strides, 0);
  if (shares_storage(source)) from = from.clone();
  detail::overwrite("copy_", *this);
  detail::write(*this, from);
  return *this;
}

const Tensor& Tensor::fill_(Scalar value) const {
  detail::overwrite("fill_", *this);
  detail::write(*this, lexigrad::expand(full({}, value, dtype()), shape()));
  return *this;
}

const Tensor& Tensor::zero_() const { return fill_(0); }

const Tensor& Tensor::append_rows_(const Tensor& rows) const {
  check(rank() >= 1 && is_leaf() && is_contiguous() && rows.rank() == rank() &&
            rows.shape().without(0) == shape().without(0),
        "append_rows_", "Rows ", rows.shape(), " do not go below a tensor ", shape(),
        " (valid: a contiguous leaf, and rows of its width)");
  Shape longer = shape();
  longer[0] += rows.size(0);
  Tensor grown = empty(longer, dtype());
  detail::convert_into(detail::new_view(grown, shape(), strides(), 0), detach());
  detail::convert_into(detail::new_view(grown, rows.shape(), contiguous_strides(rows.shape()), numel()),
                       rows.detach());
  const detail::Body& from = detail::get(grown);
  from.storage->version = body_->storage->version.load(std::memory_order_relaxed);
  body_->storage = from.storage;
  body_->data = from.data;
  body_->numel = from.numel;
  body_->shape = longer;
  body_->strides = from.strides;
  body_->contiguous = true;
  body_->view = false;
  detail::changed("append_rows_", *this);
  if (!body_->node) return *this;
  body_->node->shape = longer;
  body_->node->gradient = detail::Gradient();
  return *this;
}

}  // namespace lexigrad
