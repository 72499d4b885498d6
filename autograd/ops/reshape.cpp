#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// `shape` with its -1 worked out.
Shape filled(const char* op, const Tensor& x, const Shape& shape) {
  Shape out = shape;
  int64_t open = -1;
  for (int64_t d = 0; d < shape.rank(); ++d) {
    check(shape[d] >= -1 && (shape[d] >= 0 || open < 0), op, "Shape ", to_string(shape),
          " must hold sizes >= 0 and at most one -1");
    if (shape[d] < 0) open = d;
  }
  if (open >= 0) out[open] = 1;
  int64_t known = out.numel();
  if (open >= 0 && known > 0) out[open] = x.numel() / known;
  check(out.numel() == x.numel() && (open < 0 || known > 0), op, "A tensor of shape ", to_string(x.shape()),
        " (", x.numel(), " elements) cannot take shape ", to_string(shape),
        ". Hint: the sizes must multiply to that number; one may be -1");
  return out;
}

// Strides that show x in `shape` without a copy, or an empty list where none do (Shape{}
// for rank 0 needs none).
bool strides_for(const Tensor& x, const Shape& shape, Shape& strides) {
  strides = contiguous_strides(shape);
  if (x.is_contiguous()) return true;
  int64_t d = shape.rank() - 1;
  for (int64_t s = x.rank() - 1; s >= 0;) {  // runs of x's dimensions that are laid out as one
    int64_t size = x.shape()[s], stride = x.strides()[s];
    while (--s >= 0 && (x.shape()[s] == 1 || x.strides()[s] == stride * size)) size *= x.shape()[s];
    int64_t covered = 1;
    while (d >= 0 && covered < size) {
      strides[d] = stride * covered;
      covered *= shape[d--];
    }
    while (d >= 0 && shape[d] == 1) strides[d--] = stride;
    if (covered != size) return false;
  }
  return true;
}

Tensor reshaped(const Tensor& x, const Tensor& y) {
  return record("view", y, {x},
                [shape = x.shape()](const Tensor& dy, Grads& dx) { dx[0] += reshape(dy, shape); });
}

}  // namespace

Tensor view(const Tensor& x, const Shape& shape) {
  Shape out = filled("view", x, shape), strides;
  check(strides_for(x, out, strides), "view", "Shape ", to_string(x.shape()), " with strides ",
        to_string(x.strides()), " cannot be seen as ", to_string(out),
        " without a copy. Hint: reshape() copies where it must");
  return reshaped(x, detail::new_view(x, out, strides, 0));
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape out = filled("reshape", x, shape), strides;
  if (strides_for(x, out, strides)) return reshaped(x, detail::new_view(x, out, strides, 0));
  return reshaped(x, detail::new_view(x.detach().contiguous(), out, contiguous_strides(out), 0));
}

static Tensor same_values(const Tensor& x, const Shape& shape) {
  return from_values<double>(x.to_vector<double>(), shape);
}

EXAMPLE(
    reshape, .shapes = {{{3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return reshape(in[0], {2, -1});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return same_values(in[0], {2, 6});
        },
    .bad =
        [] {
          reshape(ones({2, 3}), {4, 2});
        },
    .error =
        "[reshape] A tensor of shape [2, 3] (6 elements) cannot take shape [4, 2]. Hint: the sizes must "
        "multiply to that number; one may be -1");
EXAMPLE(
    reshape, .shapes = {{{3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return reshape(in[0].t(), {6, 2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> v;
          for (int64_t i = 0; i < 12; ++i) v.push_back(in[0].data<double>()[i % 3 * 4 + i / 3]);
          return from_values<double>(v, {6, 2});
        });
EXAMPLE(
    view, .shapes = {{{3, 4}}, {{12}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return view(in[0], {2, 3, 2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return same_values(in[0], {2, 3, 2});
        },
    .bad =
        [] {
          view(ones({2, 3}).t(), {6});
        },
    .error =
        "[view] Shape [3, 2] with strides [1, 3] cannot be seen as [6] without a copy. Hint: reshape() "
        "copies where "
        "it must");

}  // namespace lexigrad
