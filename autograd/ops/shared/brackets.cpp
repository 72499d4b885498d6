#include "lexigrad/autograd/ops/shared/brackets.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/inplace.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace detail {
namespace {

using Kind = Index::Kind;

bool is_mask(const Index& index) { return index.kind == Kind::tensor && index.tensor.dtype() == boolean; }

int64_t consumed(const std::vector<Index>& at) {
  int64_t dims = 0;
  for (const Index& each : at)
    dims += is_mask(each) ? each.tensor.rank() : each.kind != Kind::none && each.kind != Kind::ellipsis;
  return dims;
}

std::vector<Tensor> ids_of_mask(const char* op, const Tensor& mask, const Shape& shape, int64_t dim) {
  check(mask.rank() > 0, op,
        "A mask needs dimensions, this one is a scalar. Hint: where(mask, a, b) takes it");
  for (int64_t d = 0; d < mask.rank(); ++d)
    check(dim + d < shape.rank() && mask.shape()[d] == shape[dim + d], op, "A mask of shape ", mask.shape(),
          " does not fit the dimensions from ", dim, " on of a tensor of shape ", shape);
  return where(mask);
}

// x with numbers, slices, None and ... applied, and the ids for some of its dimensions.
struct Chosen {
  Tensor view;
  std::vector<Tensor> ids = {};
  std::vector<int64_t> dims = {};
};

void choose(Chosen& chosen, const Index& index, int64_t left, int64_t& dim) {
  Tensor& x = chosen.view;
  auto ids = [&](const Tensor& each) {
    chosen.ids.push_back(each);
    chosen.dims.push_back(dim++);
  };
  switch (index.kind) {
    case Kind::number:
      x = select(x, dim, index.number);
      break;
    case Kind::slice:
      x = slice(x, dim++, index.slice.start.value_or(0),
                index.slice.end.value_or(std::numeric_limits<int64_t>::max()), index.slice.step);
      break;
    case Kind::none:
      x = unsqueeze(x, dim++);
      break;
    case Kind::ellipsis:
      dim += left;
      break;
    case Kind::tensor:
      if (!is_mask(index)) return ids(index.tensor);
      for (const Tensor& each : ids_of_mask("brackets", index.tensor, x.shape(), dim)) ids(each);
  }
}

Chosen chosen_of(const Tensor& x, const std::vector<Index>& at) {
  int64_t left = x.rank() - consumed(at), dim = 0;
  check(left >= 0, "brackets", "There are indices for ", x.rank() - left, " dimensions, the tensor of shape ",
        x.shape(), " has ", x.rank());
  auto dots = std::count_if(at.begin(), at.end(), [](const Index& i) { return i.kind == Kind::ellipsis; });
  check(dots <= 1, "brackets", "Ellipsis stands ", dots, " times. Hint: once, for all that is left");
  Chosen out{x};
  for (const Index& each : at) choose(out, each, left, dim);
  return out;
}

// The order of dimensions that puts `first` before the others.
std::vector<int64_t> to_front(const std::vector<int64_t>& first, int64_t rank) {
  std::vector<int64_t> order = first;
  for (int64_t d = 0; d < rank; ++d)
    if (std::find(first.begin(), first.end(), d) == first.end()) order.push_back(d);
  return order;
}

// Dimensions 0..count-1 moved behind the `before` ones that follow them.
Tensor moved_back(const Tensor& x, int64_t count, int64_t before) {
  std::vector<int64_t> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin(), order.begin() + count, order.begin() + count + before);
  return permute(x, order);
}

int64_t rank_together(const std::vector<Tensor>& ids) {
  int64_t rank = 0;
  for (const Tensor& each : ids) rank = std::max(rank, each.rank());
  return rank;
}

// Where each element that the brackets choose stands in x, counted in row-major order.
Tensor positions(const Tensor& x, const std::vector<Index>& at) {
  NoGrad off;
  return at_brackets(arange(x.numel()).reshape(x.shape()), at);
}

}  // namespace

Tensor at_brackets(const Tensor& x, const std::vector<Index>& at) {
  Chosen chosen = chosen_of(x, at);
  if (chosen.ids.empty()) return chosen.view;
  const std::vector<int64_t>& dims = chosen.dims;
  Tensor y = index(permute(chosen.view, to_front(dims, chosen.view.rank())), chosen.ids);
  bool together = dims.back() - dims.front() + 1 == static_cast<int64_t>(dims.size());
  return together ? moved_back(y, rank_together(chosen.ids), dims.front()) : y;
}

void assign(const Tensor& x, const std::vector<Index>& at, const Tensor& value) {
  bool recorded = grad_enabled() && (x.requires_grad() || value.requires_grad());
  Chosen chosen = chosen_of(x.detach(), at);
  if (chosen.ids.empty() && !recorded) return static_cast<void>(chosen.view.copy_(value));
  Tensor places = positions(x, at);
  check(broadcast("brackets", value.shape(), places.shape()) == places.shape(), "brackets",
        "A value of shape ", value.shape(), " does not fit into the elements chosen, of shape ",
        places.shape());
  Tensor values = expand(value.to(x.dtype()), places.shape()).reshape({-1});
  replace("x[...] =", x, index_put(x.reshape({-1}), {places.reshape({-1})}, values).reshape(x.shape()));
}

std::vector<Tensor> without_masks(const char* op, const std::vector<Tensor>& ids, const Shape& shape) {
  std::vector<Tensor> out;
  for (const Tensor& each : ids) {
    if (each.dtype() != boolean) {
      out.push_back(each);
      continue;
    }
    for (const Tensor& column : ids_of_mask(op, each, shape, static_cast<int64_t>(out.size())))
      out.push_back(column);
  }
  return out;
}

}  // namespace detail

Indexed::Indexed(const Tensor& base, std::vector<Index> at)
    : Tensor(detail::at_brackets(base, at)), base_(base), at_(std::move(at)) {}

const Indexed& Indexed::operator=(const Tensor& value) && {
  detail::assign(base_, at_, value);
  return *this;
}
const Indexed& Indexed::operator=(Scalar value) && {
  return std::move(*this) = detail::scalar_like(*this, value);
}
const Indexed& Indexed::operator+=(const Tensor& value) && { return std::move(*this) = *this + value; }
const Indexed& Indexed::operator-=(const Tensor& value) && { return std::move(*this) = *this - value; }
const Indexed& Indexed::operator*=(const Tensor& value) && { return std::move(*this) = *this * value; }
const Indexed& Indexed::operator/=(const Tensor& value) && { return std::move(*this) = *this / value; }
const Indexed& Indexed::operator+=(Scalar value) && { return std::move(*this) = *this + value; }
const Indexed& Indexed::operator-=(Scalar value) && { return std::move(*this) = *this - value; }
const Indexed& Indexed::operator*=(Scalar value) && { return std::move(*this) = *this * value; }
const Indexed& Indexed::operator/=(Scalar value) && { return std::move(*this) = *this / value; }

Indexed Tensor::operator[](const Index& at) const { return Indexed(*this, {at}); }
Indexed Tensor::operator[](std::initializer_list<Index> at) const { return Indexed(*this, at); }

}  // namespace lexigrad
